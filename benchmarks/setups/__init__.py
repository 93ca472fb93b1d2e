"""The systems that are compared, and how each is started and asked."""
