"""What it takes to classify a recording: estimated before, learned from what recordings took."""

import math
import threading
from collections.abc import Sequence

from model_registry.registry import Registry
from twelvelead.inference.batch import Recording
from twelvelead.inference.prediction import Answers

# s a beat of one network on one core: twice as fast, or eight times, happens; see _BOUNDS
SECONDS_A_BEAT = {"segment": 0.0004, "beat_picture": 0.016, "page": 0.016}
_BOUNDS = (1 / 16, 8.0)  # times that, between which a cost that was learned must lie
BEATS_A_SECOND = 1.25  # of a recording whose beats are not found yet
LEAST_LEARNED = 200  # beats: fewer tell nothing
MOST = 300.0  # s for one recording


class TooMuchWork(ValueError):
    """A recording that would keep its models busy for longer than one may."""


class JobCosts:
    """Seconds a beat of each model. Safe to use from many threads."""

    def __init__(self, registry: Registry, most: float = MOST) -> None:
        self.most, self._registry = most, registry
        self._learned: dict[str, float] = {}
        self._lock = threading.Lock()

    def seconds(self, keys: Sequence[str], beats: float) -> float:
        """What these models take for so many beats of one recording."""
        return beats * sum(self._of_beat(key) for key in keys)

    def check(self, keys: Sequence[str], beats: float, length: float) -> float:
        """The same; raises TooMuchWork, which says what would fit. length: s of the recording."""
        needed = self.seconds(keys, beats)
        if needed > self.most:
            fitting = [key for key in keys if self.seconds([key], beats) <= self.most]
            alone = f" (by itself, {_or(fitting)} would do)" if fitting and len(keys) > 1 else ""
            raise TooMuchWork(
                f"It would take about {in_time(needed)} to ask {_models(len(keys))} about this "
                f"recording, and {in_time(self.most)} are the most: ask fewer models{alone}, or send "
                f"a piece of at most {in_time(length * self.most / needed)}."
            )
        return needed

    def learn(self, answers: Answers[Recording]) -> None:
        """Notes what each model took for a recording's beats."""
        count = len(answers.batch.beats)
        for one in answers.predictions if count >= LEAST_LEARNED else ():
            usual = self._usual(one.model)
            took = one.timings_ms["run"] / 1000 / count
            took = min(max(took, usual * _BOUNDS[0]), usual * _BOUNDS[1])
            with self._lock:
                before = self._learned.get(one.model, usual)
                self._learned[one.model] = (before + took) / 2

    def _of_beat(self, key: str) -> float:
        with self._lock:
            return self._learned.get(key) or self._usual(key)

    def _usual(self, key: str) -> float:
        networks = self._registry.networks(key)
        return sum(SECONDS_A_BEAT[one.reads] for one in networks)


def in_time(seconds: float) -> str:
    """A length of time as people say it, rounded down where it is long."""
    if seconds < 100:
        return f"{max(1, seconds):.0f} s"
    if seconds < 6000:
        return f"{int(seconds / 60)} min"
    return f"{int(seconds / 360) / 10:g} h"


def told_wait(seconds: float) -> int:
    """A wait in whole seconds, rounded up to what `in_time` says of it: minutes where it is long."""
    unit = 1 if seconds <= 99 else 60 if seconds <= 5940 else 360
    return max(1, unit * math.ceil(seconds / unit))


def _models(count: int) -> str:
    return "this model" if count == 1 else f"these {count} models"


def _or(names: Sequence[str]) -> str:
    return " or ".join(names)
