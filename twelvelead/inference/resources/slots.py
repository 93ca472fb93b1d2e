"""Who may compute now: as many at once as there are cores for them, the others wait."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from model_registry.errors import Busy
from twelvelead.inference.resources.limits import Deadline

Aside = Callable[[Deadline], AbstractContextManager[None]]


class _Queue:
    """A semaphore that hands a slot to who has waited longest: who asks again at once waits too.

    With Python's own, a thread that works in short slots, one after the other, starves all others.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    def acquire(self, timeout: float) -> bool:
        """Whether a slot came within `timeout` seconds."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            mine = threading.Event()
            self._waiting.append(mine)
        if mine.wait(timeout):
            return True
        with self._lock:
            if not mine.is_set():
                self._waiting.remove(mine)
            return mine.is_set()

    def release(self) -> None:
        """Hands the slot on."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1


class Slots:
    """`count` slots at once. running and waiting tell how many have one, and how many want one."""

    def __init__(self, count: int) -> None:
        self.running = self.waiting = 0
        self._count = count
        self._free = _Queue(count)
        self._lock = threading.Lock()
        self._since: dict[int, list[float]] = {}  # when each thread took the slots that it has

    @contextmanager
    def slot(self, deadline: Deadline) -> Iterator[None]:
        """A slot for as long as the block runs. Raises Busy where none was free before the deadline."""
        self._take(deadline)
        try:
            yield
        finally:
            self._give()

    @contextmanager
    def aside(self, deadline: Deadline) -> Iterator[None]:
        """Leaves this thread's slot to others while the block waits; nothing where it has none.

        Raises Busy where it gets none again before the deadline; then it has lost it.
        """
        slots = 0
        while self._give():
            slots += 1
        try:
            yield
        finally:
            for _ in range(slots):
                self._take(deadline)

    def are_held(self, seconds: float) -> bool:
        """Whether every slot was taken longer ago than that, and not given back."""
        with self._lock:
            before = time.monotonic() - seconds
            held = [since for some in self._since.values() for since in some if since < before]
            return len(held) >= self._count

    def _take(self, deadline: Deadline) -> None:
        with self._lock:
            self.waiting += 1
        try:
            got = self._free.acquire(timeout=min(deadline.left(), threading.TIMEOUT_MAX))
        finally:
            with self._lock:
                self.waiting -= 1
        if not got:
            raise Busy("Too many pages are being worked on; ask again in a while.")
        with self._lock:
            self.running += 1
            self._since.setdefault(threading.get_ident(), []).append(time.monotonic())

    def _give(self) -> bool:
        """Gives this thread's slot back; whether it had one."""
        me = threading.get_ident()
        with self._lock:
            mine = self._since.get(me)
            if mine is None:
                return False
            mine.pop()
            if not mine:
                del self._since[me]
            self.running -= 1
        self._free.release()
        return True


@contextmanager
def nobody_waits(deadline: Deadline) -> Iterator[None]:  # noqa: ARG001 - as `Slots.aside`
    """For who computes without slots."""
    yield
