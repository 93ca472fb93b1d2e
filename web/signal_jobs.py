"""Recordings that are being classified, or were lately: kept in memory, each for the session that sent it."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from ecg.signal import Signal
from inference.beat_predictor import SignalAnswers, Watch
from inference.limits import Deadline

State = Literal["waiting", "running", "done", "failed"]
Work = Callable[["Job", Watch], SignalAnswers]

ID_BYTES = 24  # 192 bits that nobody guesses
SWEEP = 30.0  # s between looks for what is to be forgotten
RETRY = 20  # s, of those for whom there is no room


class UnknownRecording(LookupError):
    """No recording of this name belongs to this session, or it was forgotten."""


class NoRoom(RuntimeError):
    """More recordings than are kept at once; `retry_after` in whole seconds."""

    retry_after = RETRY


class Dropped(Exception):
    """Nobody waits for this recording any more."""


@dataclass(frozen=True)
class JobLimits:
    """each: recordings that a session keeps. most: of all sessions; memory: bytes of all samples.

    kept: seconds after the last look at it. patience: seconds that the models of one may take.
    """

    each: int = 3
    most: int = 24
    memory: int = 300_000_000
    kept: float = 1800.0
    patience: float = 600.0


LIMITS = JobLimits()


@dataclass(eq=False)
class Job:
    """One recording. signal: with one lead; leads: all that it came with. keys: the models asked."""

    owner: str
    signal: Signal
    leads: tuple[str, ...]
    keys: tuple[str, ...]
    id: str = field(default_factory=lambda: secrets.token_urlsafe(ID_BYTES))
    state: State = "waiting"
    share: float = 0.0
    answers: SignalAnswers | None = None
    error: Exception | None = None
    seen: float = field(default_factory=time.monotonic)
    dropped: bool = False
    shown: dict[str, Any] = field(default_factory=dict)  # what pages made of it, by name

    @property
    def memory(self) -> int:
        return int(self.signal.samples.nbytes)

    @property
    def is_over(self) -> bool:
        return self.state in ("done", "failed")


class SignalJobs:
    """Runs `work` for one recording after another. Safe to use from many threads."""

    def __init__(self, work: Work, limits: JobLimits = LIMITS) -> None:
        self._work, self._limits = work, limits
        self._jobs: dict[str, Job] = {}  # in the order in which they came
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._jobs)

    def add(self, job: Job) -> Job:
        """Takes a recording in; the session's oldest, and finished ones of others, make room.

        Raises NoRoom where there is none.
        """
        with self._changed:
            self._sweep()
            own = [one for one in self._jobs.values() if one.owner == job.owner]
            for one in own[: max(0, len(own) - self._limits.each + 1)]:
                self._drop(one)
            over = [one for one in self._jobs.values() if one.is_over]
            for one in sorted(over, key=lambda one: one.seen):
                if self._has_room(job):
                    break
                self._drop(one)
            if not self._has_room(job):
                raise NoRoom(
                    f"Too many recordings are being classified: send it again in {RETRY} s."
                )
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

    def place(self, job: Job) -> int:
        """How many are before it."""
        with self._changed:
            waiting = [one for one in self._jobs.values() if one.state == "waiting"]
            running = sum(one.state == "running" for one in self._jobs.values())
            return running + (waiting.index(job) if job in waiting else 0)

    def _has_room(self, job: Job) -> bool:
        memory = sum(one.memory for one in self._jobs.values()) + job.memory
        return len(self._jobs) < self._limits.most and memory <= self._limits.memory

    def _drop(self, job: Job) -> None:
        job.dropped = True
        self._jobs.pop(job.id, None)

    def _sweep(self) -> None:
        long_ago = time.monotonic() - self._limits.kept
        for job in [one for one in self._jobs.values() if one.seen < long_ago]:
            self._drop(job)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="recordings", daemon=True)
            self._thread.start()

    def _next(self) -> Job:
        """The first that waits, as soon as there is one."""
        with self._changed:
            while True:
                self._sweep()
                waiting = [one for one in self._jobs.values() if one.state == "waiting"]
                if waiting:
                    waiting[0].state = "running"
                    return waiting[0]
                self._changed.wait(SWEEP)

    def _run(self) -> None:
        while True:
            self._classify(self._next())

    def _classify(self, job: Job) -> None:
        def note(share: float) -> None:
            job.share = share
            if job.dropped:
                raise Dropped

        try:
            job.answers = self._work(job, Watch(Deadline(self._limits.patience), note))
            job.share, job.state = 1.0, "done"
        except Exception as error:  # noqa: BLE001 - it is told when somebody asks for the recording
            job.error, job.state = error, "failed"
