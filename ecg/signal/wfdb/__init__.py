"""Recordings as WFDB records."""
