"""Downloads of public data: over https alone, each file checked."""
