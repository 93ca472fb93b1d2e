"""What a time or sample column tells: the rate, and whether samples are missing."""

import numpy as np

from ecg.csv_columns import Column
from ecg.csv_layout import Layout
from ecg.errors import UnreadableSignal
from ecg.signal import RATES
from ecg.signal_text import begin_sentence

MILLISECONDS = ("ms", "msec", "msecs")
MICROSECONDS = ("us", "µs", "μs")
DAY = 86_400.0  # s
ROUNDED = 0.002  # s: how coarsely the first and last times may be rounded


def read_track(track: Column, column: int, layout: Layout) -> tuple[float | None, list[str]]:
    """The rate in Hz that a time column tells, None of a sample column, and notes.

    A time column without a unit is in seconds where a step is below half a unit; else in
    milliseconds; where it rises by one it counts samples. Raises UnreadableSignal, with row and
    column, where it doesn't rise by the same step (half a step more or less is rounding).
    """
    if track.size < 2:
        return None, []
    if layout.roles[column] == "clock":
        track = _past_midnight(track)
    step = float(np.median(np.diff(track)))
    _check_steady(track, step, (column, layout))
    mean = float(track[-1] - track[0]) / (track.size - 1)
    if layout.roles[column] == "sample":
        return None, []
    scale, note = _scale(layout, column, step)
    if scale is None:
        return None, [note]
    duration = float(track[-1] - track[0]) * scale
    rate = 1 / (mean * scale)
    if abs(rate - round(rate)) <= rate * (ROUNDED / duration + 1e-6):
        rate = float(round(rate))
    if not RATES[0] <= rate <= RATES[1]:
        raise UnreadableSignal(
            f"The times in {layout.words(column)} tell {rate:.4g} Hz, and {RATES[0]:g} to "
            f"{RATES[1]:g} Hz can be read: name their unit in the header, as in “time (ms)”."
        )
    return rate, [note] if note else []


def _past_midnight(track: Column) -> Column:
    """Times of day as seconds that go on rising after midnight."""
    nights = np.cumsum(np.diff(track, prepend=track[0]) < -0.5 * DAY)
    days: Column = track + DAY * nights
    return days


def _check_steady(track: Column, step: float, where: tuple[int, Layout]) -> None:
    column, layout = where
    steps = np.diff(track)
    even = np.abs(steps - step) <= 0.5 * step + 1e-9 * np.abs(track[1:])
    if layout.roles[column] == "sample":
        even = np.abs(steps - step) < 1e-6
    if step > 0 and even.all():
        return
    place = int(np.argmin(even)) if step > 0 else int(np.argmax(steps <= 0))
    kind = "number" if layout.roles[column] == "sample" else "time"
    raise UnreadableSignal(
        f"Row {layout.first + place + 2}, {layout.words(column)}: the {kind} goes from "
        f"{track[place]:.10g} to {track[place + 1]:.10g}, where a step of "
        f"{max(step, 0):.6g} is usual; samples must be evenly spaced, without gaps."
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
