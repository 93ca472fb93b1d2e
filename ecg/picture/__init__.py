"""A picture in any format: its header checked, its pixels decoded, brought upright."""
