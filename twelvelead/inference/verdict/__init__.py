"""What several models together come to."""
