"""One readable run a model."""
