"""Who may compute now: as many at once as there are cores for them, the others wait."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from inference.limits import Deadline
from model_registry.errors import Busy


class Turns:
    """`count` turns at once. running and waiting tell how many have one, and how many want one."""

    def __init__(self, count: int) -> None:
        self.running = self.waiting = 0
        self._free = threading.Semaphore(count)
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, deadline: Deadline) -> Iterator[None]:
        """A turn for as long as the block runs. Raises Busy where none was free before the deadline."""
        self._count(waiting=1)
        try:
            got = self._free.acquire(timeout=min(deadline.left(), threading.TIMEOUT_MAX))
        finally:
            self._count(waiting=-1)
        if not got:
            raise Busy("Too many pages are being worked on; ask again in a while.")
        self._count(running=1)
        try:
            yield
        finally:
            self._count(running=-1)
            self._free.release()

    def _count(self, running: int = 0, waiting: int = 0) -> None:
        with self._lock:
            self.running += running
            self.waiting += waiting
