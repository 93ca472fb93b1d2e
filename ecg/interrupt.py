"""How work on an upload is stopped before it is done.

Functions whose time grows with their input take a `check` and call it between short steps. It raises
whatever its maker wants to learn, such as that nobody waits for the answer any more.
"""

from collections.abc import Callable

Check = Callable[[], None]


def unhurried() -> None:
    """The check that never stops anything."""
