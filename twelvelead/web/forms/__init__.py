"""What a request holds: its files, and the models that it chose."""
