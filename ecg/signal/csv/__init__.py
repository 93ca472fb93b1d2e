"""Recordings as tables of numbers."""
