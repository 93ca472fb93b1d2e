"""Who is let in, and how what they sent is read."""
