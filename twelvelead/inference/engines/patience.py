"""How long a framework's process is waited for, and how one sees that it will not answer any more."""

import time
from dataclasses import dataclass

from twelvelead.inference.engines.process_state import STOPPED, is_working, process_state

LOOK = 0.25  # s between two looks at a process that is asked
UNKNOWN, UNKNOWN_EACH = (
    20.0,
    5.0,
)  # s of computing that a model's first run may take, and for each page
USUAL, LEAST = 20.0, 5.0  # times what its last run took for as many; never less than so many s
STOOD_STILL, WAS_STOPPED = "stood still", "was stopped"
TOOK_TOO_LONG, WAS_LATE = "took far longer than usual", "did not answer in time"


@dataclass(frozen=True)
class Patience:
    """still: seconds that a process may sleep while it is asked, no thread of it computing or reading.

    work: seconds that it may compute, of all its threads together.
    """

    still: float = 30.0
    work: float = float("inf")


LOADING = Patience()  # starting and loading read from disks, and take what they take
RUNNING_STILL = 5.0  # s: a run computes all the time


def for_run(count: int, each: float | None, threads: int) -> Patience:
    """For a run of `count` pages, of which the last run took `each` seconds; None for a first run."""
    if each is None:
        return Patience(RUNNING_STILL, threads * (UNKNOWN + UNKNOWN_EACH * count))
    return Patience(RUNNING_STILL, threads * max(LEAST, USUAL * each * count))


class Vigil:
    """Looks at a process, again and again while it is asked; where the system tells of none, sees nothing."""

    def __init__(self, pid: int, patience: Patience) -> None:
        self._pid, self._patience = pid, patience
        found = process_state(pid)
        self._begun = self._last = found.seconds if found else 0.0
        self._moved_at = time.monotonic()
        self._was_stopped = False

    def look(self) -> str:
        """What is wrong with it, in words; empty where nothing is."""
        found = process_state(self._pid)
        if found is None:
            return ""  # it ended, which who asked it sees at its pipe
        if found.state == STOPPED:
            if self._was_stopped:  # for two looks: who stops it with all others goes on at once
                return WAS_STOPPED
            self._was_stopped = True
            return ""
        self._was_stopped = False
        if found.seconds - self._begun > self._patience.work:
            return TOOK_TOO_LONG
        return "" if self._moves(found.seconds) else STOOD_STILL

    def _moves(self, seconds: float) -> bool:
        now = time.monotonic()
        if seconds > self._last:
            self._last, self._moved_at = seconds, now
        elif now - self._moved_at > self._patience.still:
            if not is_working(self._pid):
                return False
            self._moved_at = now
        return True
