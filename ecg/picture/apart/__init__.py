"""Formats whose libraries are loaded for them alone, in a process of their own."""
