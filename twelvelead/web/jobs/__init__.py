"""Recordings that are classified in the background, each for the session that sent it."""
