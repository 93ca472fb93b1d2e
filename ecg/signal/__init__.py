"""A recording: read from a table or a WFDB record, checked."""
