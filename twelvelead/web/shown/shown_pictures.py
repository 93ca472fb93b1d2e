"""Pictures as they were shown lately, within a bound of bytes; each is drawn once, however many ask."""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable

from model_registry.errors import Busy
from twelvelead.inference.resources.limits import Deadline

Name = tuple[str, str]  # what is shown, and as what


class ShownPictures:
    """Encoded pictures, at most `most` bytes of them: what was asked for longest ago goes first.

    Safe to use from many threads.
    """

    def __init__(self, most: int) -> None:
        self._most, self._size = most, 0
        self._drawn: OrderedDict[Name, bytes] = OrderedDict()
        self._lock = threading.Lock()
        self._drawing = defaultdict[Name, threading.Lock](threading.Lock)
        self._asking = defaultdict[Name, int](int)

    def find(self, name: Name) -> bytes | None:
        """What was drawn under this name, None where it is not kept."""
        with self._lock:
            if name in self._drawn:
                self._drawn.move_to_end(name)
            return self._drawn.get(name)

    def draw(self, name: Name, draw: Callable[[], bytes], deadline: Deadline) -> bytes:
        """The picture of this name, drawn by one of those who ask for it at the same time.

        Raises Busy where the others did not draw it before the deadline, and what `draw` raises.
        """
        with self._lock:
            drawing = self._drawing[name]
            self._asking[name] += 1
        try:
            if not drawing.acquire(timeout=min(deadline.left(), threading.TIMEOUT_MAX)):
                raise Busy("Too many pictures are being drawn; ask again in a while.")
            try:
                found = self.find(name)
                return self._keep(name, draw()) if found is None else found
            finally:
                drawing.release()
        finally:
            self._leave(name)

    def _leave(self, name: Name) -> None:
        with self._lock:
            self._asking[name] -= 1
            if not self._asking[name]:
                del self._asking[name], self._drawing[name]

    def _keep(self, name: Name, drawn: bytes) -> bytes:
        with self._lock:
            self._drawn[name] = drawn
            self._size += len(drawn)
            while self._size > self._most:
                _, gone = self._drawn.popitem(last=False)
                self._size -= len(gone)
        return drawn
