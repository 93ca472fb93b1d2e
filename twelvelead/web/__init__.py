"""Showing models: pages, API, probes. Views are a few lines; what is wrong becomes a status in one table."""
