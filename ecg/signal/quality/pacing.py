"""Beats that a pacemaker drives: told by its spike, or by a broad complex that begins steeply.

A spike lasts a millisecond or two. A recorder of 250 Hz and more shows it as the steepest place
before the QRS complex, always as long before it. One that rounds it off, as those of the MIT-BIH Arrhythmia
Database, shows at best a complex whose first stroke is far steeper than a ventricle's that is not driven by
its own bundles. What neither shows can't be told: docs/signal_quality.md says how much that is.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecg.signal.quality.windows import CELL, WINDOW, Floats, Trace
from ecg.signal.signal import SampleIndices

LEAST_RATE = 200.0  # Hz: below, no spike is left
STROKE = 0.004  # s over which steepness is measured
BEFORE, AFTER = 0.25, 0.30  # s around R
SPIKE_UNTIL = 0.15  # s after R, in which the steepest place is looked for
SLOPE = 0.02  # s over which the complex's own slope is measured
MOVING = 0.15  # of the steepest such slope: where the complex lasts
EARLY = -0.035  # s: a spike is at least that far before R
STEADY = 0.02  # s that its place varies, at the median
NOISE_STROKES = 4.0  # times the usual stroke are taken off: noise makes as much
STEEP, LONG, BLUNT = 0.09, 0.15, -1.2  # of the height, s, of sharpness: a driven complex has these
LEAST_BEATS = 3  # in a window: of fewer nothing is said
BEATS_AT_ONCE = 2048

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Strokes:
    """Of each beat, (m,).

    place: s from R to its steepest place. steep: how much of its height that makes, beyond noise. lasts:
    s that it goes up or down.
    """

    place: Floats
    steep: Floats
    lasts: Floats


def find_paced(trace: Trace, rate: float, peaks: SampleIndices, sharpness: Floats) -> Flags:
    """(cells,) where the beats at `peaks`, samples of a lead at `rate` Hz, look driven by a pacemaker.

    sharpness: of each cell, see `ecg.signal.quality.measures`. None where the rate is too low to tell.
    """
    if rate < LEAST_RATE:
        return np.zeros(sharpness.size, np.bool_)
    return paced_cells(read_strokes(trace, rate, peaks), peaks / rate, sharpness)


def read_strokes(trace: Trace, rate: float, peaks: SampleIndices) -> Strokes:
    """Those of beats at `peaks`, rising samples of a lead of `rate` Hz."""
    parts = [
        _strokes(trace, rate, peaks[first : first + BEATS_AT_ONCE])
        for first in range(0, peaks.size, BEATS_AT_ONCE)
    ]
    empty = [np.zeros((3, 0))]
    return Strokes(*np.concatenate(parts or empty, axis=1))


def _strokes(trace: Trace, rate: float, peaks: SampleIndices) -> Floats:
    """(3, m): the rows of `Strokes`."""
    around = np.arange(-round(BEFORE * rate), round(AFTER * rate) + 1)
    values = trace[np.clip(peaks[:, np.newaxis] + around, 0, trace.size - 1)]
    short, wide = max(1, round(STROKE * rate)), max(2, round(SLOPE * rate))
    strokes = np.abs(values[:, short:] - values[:, :-short])
    until = round((BEFORE + SPIKE_UNTIL) * rate)
    usual = NOISE_STROKES * np.median(strokes, axis=1)
    steepest = strokes[:, :until].argmax(axis=1)
    slopes = np.abs(values[:, wide:] - values[:, :-wide])
    return np.stack(
        [
            (steepest + short) / rate - BEFORE,
            (strokes[:, :until].max(axis=1) - usual) / np.maximum(np.ptp(values, axis=1), 1e-6),
            (slopes > MOVING * slopes.max(axis=1, keepdims=True)).sum(axis=1) / rate,
        ]
    ).astype(np.float64)


def paced_cells(strokes: Strokes, times: Floats, sharpness: Floats) -> Flags:
    """(cells,) where the beats of the window around a cell, at `times` (s, rising), look driven."""
    begins = (np.arange(sharpness.size) + 0.5) * CELL - WINDOW / 2
    first, last = np.searchsorted(times, begins), np.searchsorted(times, begins + WINDOW)
    early = np.concatenate([[0], np.cumsum(strokes.place < EARLY)])
    likely = (sharpness < BLUNT) | (2 * (early[last] - early[first]) > last - first)
    found = np.zeros(first.size, np.bool_)
    for cell in np.flatnonzero(likely & (last - first >= LEAST_BEATS)):
        some = slice(first[cell], last[cell])
        place = np.median(strokes.place[some])
        if place < EARLY:
            found[cell] = np.median(np.abs(strokes.place[some] - place)) < STEADY
        elif sharpness[cell] < BLUNT:
            long = np.median(strokes.lasts[some]) > LONG
            found[cell] = long and np.median(strokes.steep[some]) > STEEP
    return found
