"""How well stretches that can't be read are found: records, what is asked of them, and tables."""
