"""Measures Twelvelead against its peers, side by side in one run. Not shipped, not in the image."""
