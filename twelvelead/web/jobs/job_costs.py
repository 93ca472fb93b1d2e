"""What it takes to classify a recording: estimated before, learned from what recordings took."""

import math
import threading
from collections.abc import Sequence

from model_registry.entry import ModelEntry
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
    """Seconds a beat of each network, which is run once whoever needs it. Safe to use from many threads."""

    def __init__(self, registry: Registry, most: float = MOST) -> None:
        self.most, self._registry = most, registry
        self._learned: dict[str, float] = {}
        self._lock = threading.Lock()

    def seconds(self, keys: Sequence[str], beats: float) -> float:
        """What these models take for so many beats of one recording."""
        networks = {one.key: one for key in keys for one in self._registry.networks(key)}
        with self._lock:
            return beats * sum(map(self._of_beat, networks.values()))

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
        """Notes what each model took for a recording's beats, an ensemble in its networks' proportions."""
        count = len(answers.batch.beats)
        for one in answers.predictions if count >= LEAST_LEARNED else ():
            networks = self._registry.networks(one.model)
            usual = sum(SECONDS_A_BEAT[network.reads] for network in networks)
            took = one.timings_ms["run"] / 1000 / count
            took = min(max(took, usual * _BOUNDS[0]), usual * _BOUNDS[1])
            with self._lock:
                slower = took / sum(map(self._of_beat, networks))
                for network in networks:
                    self._learned[network.key] = self._of_beat(network) * (1 + slower) / 2

    def _of_beat(self, network: ModelEntry) -> float:
        return self._learned.get(network.key, SECONDS_A_BEAT[network.reads])


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
