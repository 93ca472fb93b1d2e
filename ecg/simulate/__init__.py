"""Simulated signals, pages, beats and recordings, and the samples that ship."""
