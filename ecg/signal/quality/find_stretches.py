"""Where one lead can't be read, and why. `docs/signal_quality.md` tells how well this finds it.

Each cell of two seconds is judged by the six seconds around it, jumps by half a second. Of several reasons
the one that explains the others is told: a line that is flat or cut off is also noise to the other measures.
"""

from collections.abc import Mapping

import numpy as np

from ecg.interrupt import Check, unhurried
from ecg.reason import Reason
from ecg.signal.quality.levels import PART, cut_cells, flat_cells, jumping_cells, jumps, read_levels
from ecg.signal.quality.measures import Flags, Measures, measure
from ecg.signal.quality.pacing import find_paced
from ecg.signal.quality.stretch import (
    ELECTRODE_OFF,
    FLUTTER,
    NOISE,
    NOT_AN_ECG,
    PACED,
    SATURATED,
    UnreadStretch,
)
from ecg.signal.quality.windows import CELL, Floats, Trace, pieces
from ecg.signal.signal import SampleIndices

BLUNTEST = -2.6  # of sharpness: below are pulse waves, breath and the like
BLUNT, SHARP = (
    -2.35,
    -0.21,
)  # outside are these, and waves of 8 to 20 Hz alone, as of a brain at rest,
FLATTEST = 0.95  # where contrast is below this too
MOST_UNREAD = 0.9  # of the cells: where more are noise, nothing tells that it is an ECG at all


def find_stretches(
    trace: Trace, rate: float, peaks: SampleIndices, check: Check = unhurried
) -> tuple[UnreadStretch, ...]:
    """Stretches of one lead whose beats should get no label, rising and apart.

    trace: float32 (n,), mV, finite, either way up. rate: Hz, 50 or more. peaks: int64 (m,), samples of its
    beats, rising, as `ecg.beats.r_peaks` finds them. `check` is asked between pieces of half an hour.
    """
    parts = []
    for piece in pieces(trace, rate, peaks):
        check()
        parts.append(measure(piece))
    measures = Measures.together(parts)
    if is_no_ecg(measures):
        return (UnreadStretch(0.0, trace.size / rate, NOT_AN_ECG),)
    noise = _settled(noise_score(measures) > 0)
    paced = _closed(find_paced(trace, rate, peaks, measures.sharpness))
    flutter = _closed(flutter_score(measures) > 0)
    flutter |= (noise | paced) & _beside(flutter)  # half of a window that flutters looks like these
    levels, cells = read_levels(trace, rate), noise.size
    jumping = jumps(levels)
    off = _in_parts(flat_cells(levels, cells) | jumping_cells(jumping, cells))
    off[: jumping.size] |= jumping[: off.size]
    marks = {  # the first that is true of a part is told
        SATURATED: _in_parts(cut_cells(levels, cells)),
        ELECTRODE_OFF: off,
        FLUTTER: _in_parts(flutter),
        NOISE: _in_parts(noise),
        PACED: _in_parts(paced),
    }
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
    """Whether hardly any of a lead shows heartbeats, or all of it is far blunter or sharper than any ECG."""
    sharpness, contrast = (float(np.median(one)) for one in (of.sharpness, of.contrast))
    unlike = not BLUNT < sharpness < SHARP and contrast < FLATTEST
    unlike |= sharpness < BLUNTEST
    return bool(unlike or (noise_score(of) > 0).mean() > MOST_UNREAD)


def _closed(flags: Flags) -> Flags:
    """With each cell that stands between two that are marked."""
    closed = flags.copy()
    closed[1:-1] |= flags[:-2] & flags[2:]
    return closed


def _beside(flags: Flags) -> Flags:
    """The cells next to those that are marked."""
    padded = np.pad(flags, 1)
    return np.asarray(padded[:-2] | padded[2:])


def _settled(flags: Flags) -> Flags:
    """Which cells are bad by each window that holds them, of those whose windows are bad.

    A little noise in a window is enough for it to be bad: without this it would mark what is beside it.
    """
    padded = np.pad(_closed(flags), 1, mode="edge")
    return np.asarray(padded[:-2] & padded[1:-1] & padded[2:])


def _in_parts(flags: Flags) -> Flags:
    """(parts,) what is true of the cell that each part of half a second lies in."""
    return np.repeat(flags, round(CELL / PART))


def _stretches(marks: Mapping[Reason, Flags], seconds: float) -> tuple[UnreadStretch, ...]:
    """Parts in a row that have the same reason, the first of `marks` that holds for each."""
    reasons = list(marks)
    flags = np.stack(list(marks.values()))
    which = np.where(flags.any(axis=0), flags.argmax(axis=0), -1)
    edges = np.flatnonzero(np.diff(which, prepend=-2, append=-2))
    return tuple(
        UnreadStretch(float(begin * PART), float(min(end * PART, seconds)), reasons[which[begin]])
        for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
        if which[begin] >= 0 and begin * PART < seconds
    )
