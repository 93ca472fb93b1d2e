"""Memory under hostile requests."""
