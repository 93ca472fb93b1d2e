"""Where one lead can't be read, and why. `docs/signal_quality.md` tells how well this finds it.

Each cell of two seconds is judged by the six seconds around it. Of several reasons the one that explains the
others is told: a line that is flat or cut off is also noise to the other measures.
"""

from collections.abc import Mapping

import numpy as np

from ecg.interrupt import Check, unhurried
from ecg.reason import Reason
from ecg.signal.quality.levels import cut_cells, flat_cells, jumping_cells, read_levels
from ecg.signal.quality.measures import Flags, Measures, measure
from ecg.signal.quality.pacing import paced_cells, read_strokes
from ecg.signal.quality.stretch import (
    ELECTRODE_OFF,
    FLUTTER,
    NOISE,
    NOT_AN_ECG,
    PACED,
    SATURATED,
    UnreadStretch,
)
from ecg.signal.quality.windows import CELL, Floats, Trace, count_cells, pieces
from ecg.signal.signal import SampleIndices

BLUNTEST = -2.35  # of sharpness: below are pulse waves, breath and the like
FLATTEST = 0.95  # of contrast: they are below this too
MOST_UNREAD = 0.9  # of the cells: where more are noise, nothing tells that it is an ECG at all


def find_stretches(
    trace: Trace, rate: float, peaks: SampleIndices, check: Check = unhurried
) -> tuple[UnreadStretch, ...]:
    """Stretches of one lead whose beats should get no label, rising and apart.

    trace: float32 (n,), mV, finite, either way up. rate: Hz, 50 or more. peaks: int64 (m,), samples of its
    beats, rising, as `ecg.beats.r_peaks` finds them. `check` is asked between pieces of half an hour.
    """
    cells = count_cells(trace.size, rate)
    parts = []
    for piece in pieces(trace, rate, peaks):
        check()
        parts.append(measure(piece))
    measures = Measures.together(parts)
    if is_no_ecg(measures):
        return (UnreadStretch(0.0, trace.size / rate, NOT_AN_ECG),)
    levels = read_levels(trace, rate)
    marks = {  # the first that is true of a cell is told
        SATURATED: cut_cells(levels, cells),
        ELECTRODE_OFF: flat_cells(levels, cells) | jumping_cells(levels, cells),
        FLUTTER: _settled(flutter_score(measures) > 0),
        NOISE: _settled(noise_score(measures) > 0),
    }
    strokes = read_strokes(trace, rate, peaks)
    if strokes is not None:
        marks[PACED] = _settled(paced_cells(strokes, peaks / rate, measures.sharpness))
    return _stretches(marks, trace.size / rate)


def noise_score(of: Measures) -> Floats:
    """(cells,) above 0 where beats look unlike each other, hardly stand out, or two detectors disagree."""
    score = 53.8 - 37.2 * of.likeness - 24.8 * of.agreement - 4.0 * of.contrast
    return np.asarray(score)


def flutter_score(of: Measures) -> Floats:
    """(cells,) above 0 where the trace is a wave without beats that stand out."""
    score = 21.0 - 2.05 * of.contrast - 15.15 * of.sameness - 12.7 * of.leakage
    looks_like_noise = -8.73 * of.leakage - 5.72 * of.sharpness < 0.74
    return np.where(looks_like_noise, np.minimum(score, 0.0), score)


def is_no_ecg(of: Measures) -> bool:
    """Whether hardly any of a lead shows heartbeats, or nothing in it is as sharp as a QRS complex."""
    blunt = (np.median(of.sharpness) < BLUNTEST) and (np.median(of.contrast) < FLATTEST)
    return bool(blunt or (noise_score(of) > 0).mean() > MOST_UNREAD)


def _settled(flags: Flags) -> Flags:
    """Which cells are bad by each window that holds them: what begins in a window marks nothing before it.

    flags: (cells,), whether the window around each is bad; a good one between two bad ones counts as bad.
    """
    closed = np.pad(flags, 1, mode="edge")
    closed[1:-1] |= closed[:-2] & closed[2:]
    return np.asarray(closed[:-2] & closed[1:-1] & closed[2:])


def _stretches(marks: Mapping[Reason, Flags], seconds: float) -> tuple[UnreadStretch, ...]:
    """Cells in a row that have the same reason, the first of `marks` that holds for each."""
    reasons = list(marks)
    flags = np.stack(list(marks.values()))
    which = np.where(flags.any(axis=0), flags.argmax(axis=0), -1)
    edges = np.flatnonzero(np.diff(which, prepend=-2, append=-2))
    return tuple(
        UnreadStretch(float(begin * CELL), float(min(end * CELL, seconds)), reasons[which[begin]])
        for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
        if which[begin] >= 0
    )
