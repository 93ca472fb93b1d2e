"""What recipes of one framework share: the loop over batches, and the trained network."""
