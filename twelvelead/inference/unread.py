"""Which beats of a recording get no label, and why: one place for page, API and command."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ecg.beats.beats import Beats
from ecg.reason import Reason
from ecg.signal.quality.stretch import Indices, UnreadStretch, stretch_at

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Unread:
    """reasons: that there are.

    which: int64 (n,), for each of n beats its reason in `reasons`, -1 for one that is read; empty where
    all are.
    """

    reasons: tuple[Reason, ...] = ()
    which: Indices = field(default_factory=lambda: np.zeros(0, np.int64))

    @classmethod
    def inside(cls, beats: Beats, stretches: Sequence[UnreadStretch]) -> "Unread":
        """The beats that lie in one of the stretches."""
        if not stretches:
            return cls()
        return cls(tuple(one.reason for one in stretches), stretch_at(beats.times, stretches))

    def read(self, count: int) -> Flags:
        """(count,) whether each beat is read."""
        return self.which < 0 if self.which.size else np.ones(count, np.bool_)

    def reasons_of(self, some: slice, count: int) -> list[Reason | None]:
        """Why each of the beats in `some`, out of `count`, gets no label; None for one that is read."""
        if not self.which.size:
            return [None] * len(range(count)[some])
        return [self.reasons[which] if which >= 0 else None for which in self.which[some].tolist()]

    def counts(self) -> dict[str, int]:
        """How many beats get no label, by the code of their reason; the most frequent first."""
        codes = [self.reasons[which].code for which in self.which[self.which >= 0].tolist()]
        return dict(Counter(codes).most_common())


ALL_READ = Unread()


def sure_intervals(beats: Beats, stretches: Sequence[UnreadStretch]) -> Flags:
    """(m - 1,) whether each interval between two of m beats lies outside of all stretches."""
    times = beats.times
    if len(times) < 2 or not stretches:
        return np.ones(max(0, len(times) - 1), np.bool_)
    starts = np.array([one.start_s for one in stretches])
    inside = stretch_at(times, stretches) >= 0
    before = np.searchsorted(starts, times, "right")  # stretches that began until each beat
    return np.asarray(~inside[:-1] & ~inside[1:] & (before[:-1] == before[1:]))
