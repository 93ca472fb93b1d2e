"""Which recording comes next: the shortest, of who had least lately, unless another waited long."""

import time
from collections.abc import Sequence

from twelvelead.web.jobs.job import Job

HALF_LIFE = 300.0  # s in which half of what a client had is forgotten
FORGOTTEN = 0.1  # s: less is nothing


class JobOrder:
    """Compares recordings by their score; not safe by itself, its caller has the lock.

    A score is in seconds: what it will take, plus what its client had lately, minus what it has
    waited. The lowest is next, so that short ones pass long ones, clients take turns, and one that
    waits as long as it will take is passed by no newcomer.
    """

    def __init__(self, half_life: float = HALF_LIFE) -> None:
        self._half_life = half_life
        self._had: dict[
            str, tuple[float, float]
        ] = {}  # client -> seconds, and when that was counted

    def charge(self, job: Job) -> None:
        """Counts a recording that is over for its client."""
        now = time.monotonic()
        self._had[job.client] = (self._lately(job.client, now) + job.cost, now)
        gone = [client for client in self._had if self._lately(client, now) < FORGOTTEN]
        for client in gone:
            del self._had[client]

    def first(self, jobs: Sequence[Job], before: Job | None = None) -> Job | None:
        """The next of those that wait; with `before`, only one half as long that may pass that one."""
        now = time.monotonic()
        waiting = [one for one in jobs if one.state == "waiting"]
        found = min(waiting, key=lambda one: self._score(one, now), default=None)
        if found is None or before is None:
            return found
        passes = found.remaining < before.remaining / 2
        return found if passes and self._score(found, now) < self._score(before, now) else None

    def ahead_of(self, job: Job, jobs: Sequence[Job]) -> list[Job]:
        """Those that are worked on, or will be, before one that waits."""
        if job.state != "waiting":
            return []
        now = time.monotonic()
        score, others = self._score(job, now), [one for one in jobs if one is not job]
        waiting = [one for one in others if one.state == "waiting"]
        ahead = [one for one in waiting if self._score(one, now) <= score]
        return [one for one in others if one.state == "running"] + ahead

    def _score(self, job: Job, now: float) -> float:
        waited = job.waited if job.state == "running" else now - job.came
        return job.remaining + self._lately(job.client, now) - waited

    def _lately(self, client: str, now: float) -> float:
        seconds, when = self._had.get(client, (0.0, now))
        return float(seconds * 0.5 ** ((now - when) / self._half_life))
