"""What models are: one folder of data each, read and checked. Runs nothing, imports no framework."""
