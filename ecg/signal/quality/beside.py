"""Beats beside loud stretches, found again as if those were silent: they hide what is half a minute away."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ecg.beats.beats import Beats
from ecg.beats.r_peaks import find_r_peaks
from ecg.interrupt import Check, unhurried
from ecg.signal.quality.stretch import ELECTRODE_OFF, NOISE, SATURATED, UnreadStretch
from ecg.signal.quality.windows import Trace
from ecg.signal.signal import SampleIndices

LOUD = (NOISE, ELECTRODE_OFF, SATURATED)
JUMP = 1.5  # s: a stretch of ELECTRODE_OFF that is no longer is a jump, which can be taken back
LEVEL = 0.1  # s before and after a jump that tell how far it goes
NEAR = 30.0  # s beside a loud stretch in which beats are found again
PIECE = 600.0  # s that are looked at together
MARGIN = 60.0  # s beside a piece that are looked at too

Flags = npt.NDArray[np.bool_]


def find_beside(
    beats: Beats, stretches: Sequence[UnreadStretch], check: Check = unhurried
) -> Beats:
    """The beats of a lead with those near its loud stretches, and at its jumps, found again.

    stretches: rising and apart. What lies inside of loud ones stays. `check` is asked between pieces
    of ten minutes.
    """
    loud = [one for one in stretches if one.reason in LOUD]
    if not loud:
        return beats
    trace, rate, peaks = beats.trace, beats.rate, beats.indices
    spans = np.round(np.array([(one.start_s, one.end_s) for one in loud]) * rate).astype(np.int64)
    jumps = np.array([_is_jump(one) for one in loud])
    reach = round(NEAR * rate)
    found = [peaks[~_are_near(peaks, (spans, jumps), reach)]]
    step, margin = round(PIECE * rate), round(MARGIN * rate)
    for begin in range(0, trace.size, step):
        check()
        first, last = max(0, begin - margin), min(trace.size, begin + step + margin)
        here = (spans[:, 0] < last) & (spans[:, 1] > first)
        if not here.any():
            continue
        quiet = trace[first:last].copy()
        _take_jumps_back(quiet, spans[here & jumps] - first, round(LEVEL * rate))
        _silence(quiet, spans[here & ~jumps] - first)
        again = first + find_r_peaks(quiet, rate)
        again = again[(again >= begin) & (again < begin + step)]
        found.append(again[_are_near(again, (spans, jumps), reach)])
    return Beats(trace, rate, np.unique(np.concatenate(found)))


def _is_jump(one: UnreadStretch) -> bool:
    return one.reason == ELECTRODE_OFF and one.end_s - one.start_s <= JUMP


def _are_near(places: SampleIndices, loud: tuple[SampleIndices, Flags], reach: int) -> Flags:
    """Which places lie beside a span and in none, or in one of those that are jumps.

    loud: spans (k, 2), rising, and which of them are jumps, (k,).
    """
    spans, jumps = loud
    after = np.searchsorted(spans[:, 0], places, "right")
    far = 2 * reach + int(places[-1] if places.size else 0) + int(spans[-1, 1])
    ends = np.concatenate([[-far], spans[:, 1]])[after]
    begins = np.concatenate([spans[:, 0], [far]])[after]
    inside = places < ends
    beside = (places - ends < reach) | (begins - places <= reach)
    return np.where(inside, np.concatenate([[False], jumps])[after], beside)


def _take_jumps_back(trace: Trace, spans: SampleIndices, width: int) -> None:
    """Brings what follows each jump to the level before it. width: samples that tell a level."""
    for begin, end in np.clip(spans, 0, trace.size).tolist():
        if end - begin < 3:
            continue
        place = begin + int(np.abs(trace[begin + 1 : end] - trace[begin : end - 1]).argmax())
        before = trace[max(0, place - width) : place + 1]
        behind = trace[place + 1 : place + 1 + width]
        trace[place + 1 :] -= np.median(behind) - np.median(before)


def _silence(trace: Trace, spans: SampleIndices) -> None:
    """Puts a straight line in place of each span."""
    for begin, end in np.clip(spans, 0, trace.size).tolist():
        before = trace[begin - 1] if begin else trace[min(end, trace.size - 1)]
        behind = trace[end] if end < trace.size else before
        trace[begin:end] = np.linspace(before, behind, end - begin)
