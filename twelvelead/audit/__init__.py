"""What a data folder holds twice, and what stands on both sides of a split."""
