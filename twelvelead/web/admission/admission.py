"""Who is let in: as many requests, and bytes, as can be answered in time. Nobody waits here."""

import math
import threading
import time
from collections import Counter, deque

RECENT = 16  # requests whose durations count
PART = 4  # of the room: one in so many places is given when all are slow
FEWEST = 2  # places that are given then: one client never has all of them
LONGEST_WAIT = 60  # s, of those that are told


class Admission:
    """Room for `room` requests at once. Safe to use from many threads.

    patience: seconds. Where those who left lately stayed longer, on average, only a part of the room
    is given: a short queue of slow models keeps within the deadline, a long one of fast models too.
    shared: whether one client may have half of the places at most, so that others find some. kept:
    places beside the room for clients who have none, where others took all.
    """

    clock = staticmethod(time.monotonic)  # s

    def __init__(
        self, room: int, patience: float = math.inf, *, shared: bool = False, kept: int = 0
    ) -> None:
        self.room, self._patience, self._shared, self._kept = room, patience, shared, kept
        self._inside = 0
        self._of_client: Counter[str] = Counter()
        self._beside: set[str] = set()  # clients with one of the places that are kept
        self._entered: list[float] = []  # when each of those inside came
        self._seconds: deque[float] = deque(maxlen=RECENT)
        self._lock = threading.Lock()

    @property
    def inside(self) -> int:
        """How many are in."""
        return self._inside

    def enter(self, client: str = "") -> bool:
        """Takes a place, False where there is none for this client, "" for nobody's; never waits."""
        with self._lock:
            given = self.room if self._stayed() <= self._patience else self._few()
            each = math.ceil(given / 2) if self._shared and client else given
            own = self._of_client[client]
            if self._inside >= given or own >= each:
                if not client or own or len(self._beside) >= self._kept:
                    return False
                self._beside.add(client)
            self._inside += 1
            self._entered.append(self.clock())
            self._of_client[client] += 1
            return True

    def leave(self, seconds: float, client: str = "") -> None:
        """Gives the place back after `seconds`."""
        with self._lock:
            self._inside -= 1
            self._beside.discard(client)
            self._of_client[client] -= 1
            if not self._of_client[client]:
                del self._of_client[client]
            came = self.clock() - seconds
            self._entered.remove(min(self._entered, key=lambda one: abs(one - came)))
            self._seconds.append(seconds)

    def retry_after(self) -> int:
        """Seconds, 1 to 60, until some of those inside will have left.

        As long as recent ones stayed; where those inside have already stayed longer, as long as they.
        """
        with self._lock:
            longest = self.clock() - min(self._entered, default=self.clock())
            stayed = max(self._stayed(), longest)
        return min(LONGEST_WAIT, max(1, math.ceil(stayed)))

    def _few(self) -> int:
        return max(math.ceil(self.room / PART), min(FEWEST, self.room))

    def _stayed(self) -> float:
        return sum(self._seconds) / len(self._seconds) if self._seconds else 0.0


class MemoryRoom:
    """Room for `most` bytes at once, or for one alone that is larger. Safe to use from many threads."""

    def __init__(self, most: int) -> None:
        self.most, self._held = most, 0
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Bytes of those that are in."""
        return self._held

    @property
    def free(self) -> int:
        """Bytes that there is room for."""
        return max(0, self.most - self._held)

    def enter(self, size: int) -> bool:
        """Takes room for `size` bytes, False where there is none; never waits."""
        with self._lock:
            if self._held and self._held + size > self.most:
                return False
            self._held += size
            return True

    def leave(self, size: int) -> None:
        """Gives the room for `size` bytes back."""
        with self._lock:
            self._held -= size
