"""What a time or sample column tells: the rate, and whether samples are missing."""

import math

import numpy as np
import numpy.typing as npt

from ecg.errors import UnreadableSignal
from ecg.signal.csv.layout import Layout
from ecg.signal.csv.text import begin_sentence
from ecg.signal.signal import RATES

Column = npt.NDArray[np.float64]

MILLISECONDS = ("ms", "msec", "msecs")
MICROSECONDS = ("us", "µs", "μs")
DAY = 86_400.0  # s
EXACT = 1e-6  # how near the steps of sample numbers are to each other
SHORTEST = 1e-9  # s: shorter is no time between two samples
ROUNDED = 0.002  # s: how coarsely the first and last times may be rounded


class Track:
    """A time or sample column while it is read, part by part: each step is held to the first ones."""

    def __init__(self, layout: Layout, column: int) -> None:
        self._layout = layout
        self._column = column
        self._count = 0
        self._first = 0.0
        self._last = np.empty(0)
        self._nights = 0
        self._step = 0.0

    def add(self, values: Column) -> None:
        """The next rows' values, finite.

        Raises UnreadableSignal, with row and column, where they don't rise by the same step, the
        median of the first part's (half a step more or less is rounding).
        """
        if self._layout.roles[self._column] == "clock":
            values = self._past_midnight(values)
        before = self._count - self._last.size
        track = np.concatenate([self._last, values])
        if not self._count:
            self._first = float(track[0])
        if track.size > 1:
            if self._count < 2:
                self._step = float(np.median(np.diff(track)))
            self._check_steady(track, before)
        self._count += values.size
        self._last = track[-1:]

    def rate(self) -> tuple[float | None, list[str]]:
        """The rate in Hz that a time column tells, None of a sample column, and notes.

        A time column without a unit is in seconds where a step is below half a unit; else in
        milliseconds; where it rises by one it counts samples. Raises UnreadableSignal for a rate
        outside RATES.
        """
        if self._count < 2 or self._layout.roles[self._column] == "sample":
            return None, []
        scale, note = _scale(self._layout, self._column, self._step)
        if scale is None:
            return None, [note]
        duration = (float(self._last[0]) - self._first) * scale
        period = duration / (self._count - 1)
        rate = 1 / period if period > SHORTEST else math.inf
        if math.isfinite(rate) and abs(rate - round(rate)) <= rate * (ROUNDED / duration + 1e-6):
            rate = float(round(rate))
        if not RATES[0] <= rate <= RATES[1]:
            told = f"{rate:.4g}" if math.isfinite(rate) else f"more than {1 / SHORTEST:.4g}"
            raise UnreadableSignal(
                f"The times in {self._layout.words(self._column)} tell {told} Hz, and {RATES[0]:g} to "
                f"{RATES[1]:g} Hz can be read: name their unit in the header, as in “time (ms)”."
            )
        return rate, [note] if note else []

    def _past_midnight(self, times: Column) -> Column:
        """Times of day as seconds that go on rising after midnight."""
        last = self._last - DAY * self._nights
        falls = np.diff(np.concatenate([last if last.size else times[:1], times])) < -0.5 * DAY
        nights = self._nights + np.cumsum(falls)
        self._nights = int(nights[-1])
        days: Column = times + DAY * nights
        return days

    def _check_steady(self, track: Column, before: int) -> None:
        """`before`: how many values stand before these in the column."""
        step, is_sample = self._step, self._layout.roles[self._column] == "sample"
        steps, least = np.diff(track), EXACT if is_sample else 0.0
        even = np.abs(steps - step) <= 0.5 * step + 1e-9 * np.abs(track[1:])
        if is_sample:
            even = np.abs(steps - step) < EXACT
        if step > least and even.all():
            return
        place = int(np.argmin(even)) if step > least else int(np.argmax(steps <= least))
        raise UnreadableSignal(
            f"Row {self._layout.first + before + place + 2}, {self._layout.words(self._column)}: the "
            f"{'number' if is_sample else 'time'} goes from {track[place]:.10g} to "
            f"{track[place + 1]:.10g}, where a step of {max(step, 0):.6g} is usual; samples must be "
            "evenly spaced, without gaps."
        )


def _scale(layout: Layout, column: int, step: float) -> tuple[float | None, str]:
    """Seconds per unit of the column, None where it counts samples; a note where that was guessed."""
    name, unit = layout.names[column].lower(), layout.units[column].lower()
    if layout.roles[column] == "clock":
        return 1.0, ""
    if unit in MILLISECONDS or name.endswith(("ms", "msec", "msecs")):
        return 1e-3, ""
    if unit in MICROSECONDS or name.endswith(MICROSECONDS):
        return 1e-6, ""
    if unit or name.startswith("sec") or name.endswith(("_s", " s")) or step < 0.5:
        return 1.0, ""
    if step == 1:
        return None, f"{begin_sentence(layout.words(column))} rises by 1: read as sample numbers."
    return 1e-3, f"The times in {layout.words(column)} are read as milliseconds."
