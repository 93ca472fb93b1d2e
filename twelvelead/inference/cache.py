"""Answers of the last minute, so that the same page sent again costs nothing."""

import threading
import time
from collections import OrderedDict
from typing import Generic, TypeVar

V = TypeVar("V")

MOST = 4096  # values: a few hundred bytes each


class Cache(Generic[V]):
    """Values by name, each for `seconds`, at most `most` of them: the oldest go first."""

    def __init__(self, seconds: float, most: int = MOST) -> None:
        self._seconds, self._most = seconds, most
        self._values: OrderedDict[tuple[str, ...], tuple[float, V]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, *name: str) -> V | None:
        """What was put under this name, None where nothing was or its time is over."""
        with self._lock:
            until, value = self._values.get(name, (0.0, None))
            return value if until > time.monotonic() else None

    def put(self, value: V, *name: str) -> None:
        """Keeps a value under a name; nothing where values are kept for 0 seconds."""
        if self._seconds <= 0:
            return
        with self._lock:
            self._values[name] = time.monotonic() + self._seconds, value
            self._values.move_to_end(name)
            while len(self._values) > self._most:
                self._values.popitem(last=False)

    def clear(self) -> None:
        """Keeps nothing of what was put so far."""
        with self._lock:
            self._values.clear()
