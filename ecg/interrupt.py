"""How long work on what somebody sent may be stopped before it ends.

Functions whose time grows with their input take a `check` and call it between steps that are each
short; it raises what its maker wants to be told, such as that nobody waits for the answer any more.
"""

from collections.abc import Callable

Check = Callable[[], None]


def unhurried() -> None:
    """Never stops anything."""
