"""The beats of a recording: found, cut out, drawn, written as files."""
