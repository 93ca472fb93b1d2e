"""A lead as it is shown: the lowest and highest value of each bin, from levels made once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecg.signal.signal import Values

FACTOR = 16  # samples, or bins of the level below, in a bin
LEAST_BINS = 4096  # of the coarsest level

Level = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Stretch:
    """From `start` on, in s, a value each `step` s: low and high, or the samples alone in low."""

    start: float
    step: float
    low: Level
    high: Level | None


class ShownTrace:
    """One lead, float32 (n,), mV, at `rate` Hz, with bins of 16, 256, .. samples beside it."""

    def __init__(self, trace: Values, rate: float) -> None:
        self.trace, self.rate = trace, rate
        self._levels: list[tuple[Level, Level]] = []
        low = high = trace
        while len(low) > LEAST_BINS * FACTOR:
            low, high = _binned(low, FACTOR, np.minimum), _binned(high, FACTOR, np.maximum)
            self._levels.append((low, high))

    @property
    def seconds(self) -> float:
        return len(self.trace) / self.rate

    @property
    def usual_range(self) -> tuple[float, float]:
        """mV between which nearly all of the trace lies."""
        few = self.trace[:: max(1, len(self.trace) // 200_000)]
        low, high = np.percentile(few, [0.1, 99.9])
        room = max(0.1, 0.12 * float(high - low))
        return float(low) - room, float(high) + room

    def stretch(self, begin: float, end: float, points: int) -> Stretch:
        """What lies between two times, s, in at most about `points` values or bins."""
        first = max(0, int(begin * self.rate))
        last = min(len(self.trace), max(first + 1, int(np.ceil(end * self.rate)) + 1))
        first = min(first, last - 1)
        wanted = max(1, -(-(last - first) // points))  # samples a bin
        if wanted <= 2:
            return Stretch(first / self.rate, 1 / self.rate, self.trace[first:last], None)
        low, high, size = self.trace, self.trace, 1
        for level in self._levels:
            if size * FACTOR > wanted:
                break
            (low, high), size = level, size * FACTOR
        step = max(1, round(wanted / size))  # bins of this level in one that is sent
        some = slice(first // size, -(-last // size))
        return Stretch(
            some.start * size / self.rate,
            step * size / self.rate,
            _binned(low[some], step, np.minimum),
            _binned(high[some], step, np.maximum),
        )


def _binned(values: Level, size: int, take: np.ufunc) -> Level:
    """The least, or most, of every `size` values; the last bin may hold fewer."""
    if size == 1:
        return values
    return np.asarray(take.reduceat(values, np.arange(0, len(values), size)))
