"""Pages, API and probes: a view is a few lines over what the other rooms give."""
