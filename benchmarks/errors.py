"""What can keep a figure from being measured, or all of them."""


class BenchmarkError(Exception):
    """Nothing can be measured; the message says why, and what would help."""


class NotMeasured(Exception):
    """One system or one figure can't be measured; the others can. The message stands in the table."""
