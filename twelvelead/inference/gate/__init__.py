"""Whether a picture is one that any model may answer, before any is asked."""
