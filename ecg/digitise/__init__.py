"""From a page back to the signals that it shows."""
