"""Recordings that are being classified, or were lately: kept in memory, each for the session that sent it."""

import secrets
import threading
import time
from collections.abc import Callable

from twelvelead.inference.batch import Recording
from twelvelead.inference.prediction import Answers
from twelvelead.inference.predictor import Asker
from twelvelead.inference.resources.limits import Deadline
from twelvelead.web.jobs.job import Job, JobLimits, NoRoom, UnknownRecording
from twelvelead.web.jobs.job_order import JobOrder
from twelvelead.web.jobs.job_room import make_room

__all__ = ["Job", "JobLimits", "NoRoom", "SignalJobs", "UnknownRecording"]

Work = Callable[[Job, Asker], Answers[Recording]]

SWEEP = 30.0  # s between looks for what is to be forgotten
MOST_BEGUN = (
    2  # recordings, each with its filtered traces in memory: one, and one that it lets pass
)

LIMITS = JobLimits()


class Dropped(Exception):
    """Nobody waits for this recording any more."""


class WorkTime(Deadline):
    """How long the models of one recording may work; others that it lets pass do not count."""

    def extend(self, seconds: float) -> None:
        """Moves the moment."""
        self._until += seconds


class SignalJobs:
    """Runs `work` for one recording at a time, short ones first. Safe to use from many threads.

    A recording lets shorter ones pass between two of its steps; `job_order` says which, and
    `job_room` how much of all this one client may have.
    """

    def __init__(self, work: Work, limits: JobLimits = LIMITS) -> None:
        self._work, self._limits = work, limits
        self._jobs: dict[str, Job] = {}  # in the order in which they came
        self._order = JobOrder()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def is_working(self) -> bool:
        """Whether recordings that wait are classified: not where the thread that does it has ended."""
        return self._thread is None or self._thread.is_alive()

    def add(self, job: Job) -> Job:
        """Takes a recording in; the session's oldest, and finished ones, make room.

        Raises NoRoom where there is none, and drops nothing then.
        """
        with self._changed:
            self._sweep()
            for one in make_room(job, list(self._jobs.values()), self._limits):
                self._drop(one)
            self._jobs[job.id] = job
            self._start()
            self._changed.notify()
        return job

    def find(self, wanted: str, owner: str | None) -> Job:
        """A session's own recording. Raises UnknownRecording."""
        with self._changed:
            self._sweep()
            job = self._jobs.get(wanted)
            if job is None or owner is None or not secrets.compare_digest(job.owner, owner):
                raise UnknownRecording(
                    "There is no such recording: it was sent in another session, or forgotten "
                    f"{self._limits.kept / 60:.0f} minutes after the last look at it. Send it again."
                )
            job.seen = time.monotonic()
            return job

    def forget(self, job: Job) -> None:
        """Ends its work, where it goes on, and keeps nothing of it."""
        with self._changed:
            self._drop(job)

    def close(self) -> None:
        """Ends all work between two of its steps: the server ends."""
        with self._changed:
            for job in self._jobs.values():
                job.dropped = True

    def before(self, job: Job) -> tuple[int, float]:
        """How many are worked on before it, and the seconds that these are estimated to take."""
        with self._changed:
            ahead = self._order.ahead_of(job, list(self._jobs.values()))
            return len(ahead), sum(one.remaining for one in ahead)

    def _drop(self, job: Job) -> None:
        job.dropped = True
        self._jobs.pop(job.id, None)

    def _sweep(self) -> None:
        long_ago = time.monotonic() - self._limits.kept
        for job in [one for one in self._jobs.values() if one.seen < long_ago]:
            self._drop(job)

    def _start(self) -> None:
        if not self.is_working or self._thread is None:
            self._thread = threading.Thread(target=self._run, name="recordings", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            self._classify(self._next())

    def _next(self) -> Job:
        """The one whose turn it is, as soon as there is one that waits."""
        with self._changed:
            while True:
                self._sweep()
                found = self._order.first(list(self._jobs.values()))
                if found is not None:
                    found.begin()
                    return found
                self._changed.wait(SWEEP)

    def _classify(self, job: Job, begun: int = 1) -> None:
        time_left = WorkTime(self._limits.patience)

        def note(share: float) -> None:
            job.share = share
            if job.dropped:
                raise Dropped
            if begun < MOST_BEGUN:
                time_left.extend(self._let_pass(job, begun))

        try:
            job.answers = self._work(job, Asker(time_left, note))
            job.share, job.state = 1.0, "done"
        except Exception as error:  # noqa: BLE001 - it is told when somebody asks for the recording
            job.error, job.state = error, "failed"
        with self._changed:
            self._order.charge(job)

    def _let_pass(self, job: Job, begun: int) -> float:
        """Classifies a shorter recording first, if one waits; the seconds that this took."""
        with self._changed:
            shorter = self._order.first(list(self._jobs.values()), before=job)
            if shorter is None:
                return 0.0
            shorter.begin()
        began = time.monotonic()
        job.paused = True
        self._classify(shorter, begun + 1)
        job.paused = False
        seconds = time.monotonic() - began
        job.waited += seconds
        return seconds
