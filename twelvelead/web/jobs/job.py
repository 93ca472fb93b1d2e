"""One recording that is being classified, or was lately, and what all of them together may take."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from ecg.signal.signal import Signal
from twelvelead.inference.batch import Recording
from twelvelead.inference.prediction import Answers
from twelvelead.web.jobs.job_costs import in_time, told_wait

State = Literal["waiting", "running", "done", "failed"]

ID_BYTES = 24  # 192 bits that nobody guesses
ALONE = ""  # the client of those that nobody tells apart


class UnknownRecording(LookupError):
    """No recording of this name belongs to this session, or it was forgotten."""


class NoRoom(RuntimeError):
    """More recordings than are kept, or worked on, at once; `retry_after` in s, told as {wait}."""

    def __init__(self, told: str, seconds: float) -> None:
        self.retry_after = told_wait(seconds)
        super().__init__(told.format(wait=in_time(self.retry_after)))


@dataclass(frozen=True)
class JobLimits:
    """each: recordings that a session keeps; client: that one client does; most: that all do.

    memory: bytes of all samples and answers, of which a client has half at most. kept: seconds after
    the last look at it. patience: seconds that the models of one may take. work: estimated seconds of
    what one client has unfinished; all_work: of what all have, beyond which only `short` ones come in.
    """

    each: int = 3
    client: int = 12
    most: int = 24
    memory: int = 300_000_000
    kept: float = 1800.0
    patience: float = 600.0
    work: float = 300.0
    all_work: float = 1200.0
    short: float = 20.0


@dataclass(eq=False)
class Job:
    """One recording. signal: with one lead; leads: all that it came with. keys: the models asked.

    client: who sent it, as far as that can be told. cost: s that it is estimated to take. waited: s
    until it began, and that it let others pass.
    """

    owner: str
    signal: Signal
    leads: tuple[str, ...]
    keys: tuple[str, ...]
    client: str = ALONE
    cost: float = 1.0
    id: str = field(default_factory=lambda: secrets.token_urlsafe(ID_BYTES))
    state: State = "waiting"
    share: float = 0.0
    answers: Answers[Recording] | None = None
    error: Exception | None = None
    came: float = field(default_factory=time.monotonic)
    seen: float = field(default_factory=time.monotonic)
    waited: float = 0.0
    paused: bool = False
    dropped: bool = False
    shown: dict[str, Any] = field(default_factory=dict)  # what pages made of it, by name

    @property
    def memory(self) -> int:
        """Bytes of its samples, and of its answers once they are there."""
        answers = self.answers.predictions if self.answers is not None else ()
        return int(self.signal.values.nbytes + sum(one.probabilities.nbytes for one in answers))

    @property
    def is_over(self) -> bool:
        return self.state in ("done", "failed")

    @property
    def remaining(self) -> float:
        """Seconds that it is estimated to take from now on."""
        return 0.0 if self.is_over else self.cost * (1 - self.share)

    def begin(self) -> None:
        """It has its turn."""
        self.state, self.waited = "running", time.monotonic() - self.came
