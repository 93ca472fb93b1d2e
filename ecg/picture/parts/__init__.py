"""A file without what its pixels do not need: by format, which parts those are."""
