"""What the rhythm around a beat says of it: one number a beat, by name.

Each model's entry lists the names that it reads. All come from the same recording as the beat, without
any label. Intervals are held against others in octaves, log2 of their quotient, cut at -2 and 2: an
interval half as long as another one is at -1. Where the recording has no such interval, its median stands in.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg.beats.beats import Beats, Window

Floats = npt.NDArray[np.float64]
Context = Callable[[Beats], Floats]

NEAR = 10  # intervals on each side of a beat that count as near
SHAPE = Window(rate=120.0, before=48, length=96, band=(0.5, 40.0))  # 0.4 s on each side of R
QRS, P_WAVE = slice(36, 66), slice(12, 42)  # of SHAPE: -100 to 150 ms, -300 to -50 ms
LEAST = 1e-3  # s, or mV: what is divided by is at least that
ALIKE = 0.06  # of an interval: two that differ less are alike
OCTAVES = 2.0  # at most, either way
BLOCK = 4096  # beats
NONE = np.zeros(0)


def rr_before(beats: Beats) -> Floats:
    """(m,) seconds since the beat before."""
    return beats.rr_before


def rr_after(beats: Beats) -> Floats:
    """(m,) seconds to the next beat."""
    return beats.rr_after


def rr_before_share(beats: Beats) -> Floats:
    """(m,) `rr_before` divided by the recording's median interval (de Chazal 2004 takes the mean)."""
    return np.asarray(beats.rr_before / beats.usual_rr)


def rr_after_share(beats: Beats) -> Floats:
    """(m,) `rr_after` divided by the recording's median interval."""
    return np.asarray(beats.rr_after / beats.usual_rr)


def rr_at(beats: Beats, step: int) -> Floats:
    """(m,) seconds: step -1 is the interval before a beat, -2 the one before that, 1 the one after."""
    reach = np.full(abs(step), beats.usual_rr)
    around = np.concatenate([reach, beats.rr, reach])
    begin = abs(step) + (step if step < 0 else step - 1)
    return around[begin : begin + len(beats)]


def rr_near(beats: Beats) -> Floats:
    """(m,) seconds: the median of the ten intervals before and the ten after each beat."""
    near = _near(beats)
    return _in_blocks(beats, lambda some: np.median(near[some], axis=1))


def rr_to_near(beats: Beats, step: int) -> Floats:
    """(m,) octaves from `rr_near` to the interval `step`, as of `rr_at`."""
    return _octaves(rr_at(beats, step), rr_near(beats))


def rr_to_quantile(beats: Beats, step: int, share: float) -> Floats:
    """(m,) octaves from a quantile of the recording's intervals to the interval `step`.

    A high quantile is the slow rhythm also where most beats come early and the median is theirs.
    """
    usual = float(np.quantile(beats.rr, share)) if len(beats.rr) else beats.usual_rr
    return _octaves(rr_at(beats, step), np.asarray(usual))


def rr_to_mean(beats: Beats, step: int) -> Floats:
    """(m,) octaves from the recording's mean interval to the interval `step` (de Chazal 2004)."""
    mean = float(np.mean(beats.rr)) if len(beats.rr) else beats.usual_rr
    return _octaves(rr_at(beats, step), np.asarray(mean))


def rr_rank(beats: Beats, step: int) -> Floats:
    """(m,) 0..1: the share of the recording's intervals that are shorter than the interval `step`."""
    if not len(beats.rr):
        return np.full(len(beats), 0.5)
    return np.asarray(np.searchsorted(np.sort(beats.rr), rr_at(beats, step)) / len(beats.rr))


def rr_turn(beats: Beats) -> Floats:
    """(m,) octaves from the interval after a beat to the one before it."""
    return _octaves(beats.rr_before, beats.rr_after)


def rr_unrest(beats: Beats) -> Floats:
    """(m,) how irregular the rhythm is nearby: the median change between intervals / `rr_near`."""
    near = _near(beats)
    steps = _in_blocks(beats, lambda some: np.median(np.abs(np.diff(near[some], axis=1)), axis=1))
    return np.asarray(steps / np.maximum(rr_near(beats), LEAST))


def rr_spread(beats: Beats) -> Floats:
    """(m,) octaves from the 10th to the 90th percentile of the recording's intervals."""
    low, high = np.quantile(beats.rr, (0.1, 0.9)) if len(beats.rr) else (1.0, 1.0)
    return np.full(len(beats), float(_octaves(np.asarray(high), np.asarray(low))))


def rr_spread_near(beats: Beats) -> Floats:
    """(m,) the same of the intervals nearby."""
    near = _near(beats)

    def spread(some: slice) -> Floats:
        low, high = np.quantile(near[some], (0.1, 0.9), axis=1)
        return _octaves(high, low)

    return _in_blocks(beats, spread)


def rr_company(beats: Beats, step: int) -> Floats:
    """(m,) 0..1: the share of intervals nearby that are within 6 % of the interval `step`.

    Low in atrial fibrillation, and for a single early beat.
    """
    near, own = _near(beats), np.maximum(rr_at(beats, step), LEAST)[:, np.newaxis]

    def share(some: slice) -> Floats:
        return np.asarray((np.abs(near[some] / own[some] - 1) <= ALIKE).mean(axis=1))

    return _in_blocks(beats, share)


def likeness(beats: Beats, part: slice) -> Floats:
    """(m,) -1..1: the correlation of a part of the beat with that of the recording's median beat."""
    if not len(beats):
        return NONE
    shapes = np.concatenate(
        [_shapes(beats, some)[:, part].astype(np.float32) for some in blocks(beats)]
    )
    usual = np.array([[np.median(column.astype(np.float64)) for column in shapes.T]])
    return _in_blocks(beats, lambda some: _correlation(shapes[some].astype(np.float64), usual))


def likeness_before(beats: Beats, part: slice) -> Floats:
    """(m,) -1..1: the correlation of a part of the beat with that of the beat before."""

    def correlate(some: slice) -> Floats:
        shapes = _shapes(beats, slice(max(0, some.start - 1), some.stop))[:, part]
        shapes = shapes if some.start else np.concatenate([shapes[:1], shapes])
        return _correlation(shapes[1:], shapes[:-1])

    return _in_blocks(beats, correlate)


def height_share(beats: Beats) -> Floats:
    """(m,) octaves from the recording's median range of a beat to this beat's."""
    ranges = _in_blocks(beats, lambda some: np.ptp(_shapes(beats, some), axis=1))
    return _octaves(ranges, np.asarray(np.median(ranges))) if len(beats) else NONE


def blocks(beats: Beats) -> list[slice]:
    """All beats, some thousands at a time: a beat's window takes a hundred times the memory of its index."""
    return [slice(n, min(n + BLOCK, len(beats))) for n in range(0, len(beats), BLOCK)]


def _in_blocks(beats: Beats, work: Callable[[slice], npt.NDArray[Any]]) -> Floats:
    """(m,) what `work` gives for the beats of each block."""
    return np.concatenate([NONE, *(work(some) for some in blocks(beats))])


def _shapes(beats: Beats, some: slice) -> Floats:
    return beats.windows(SHAPE, some).astype(np.float64)


def _near(beats: Beats) -> Floats:
    ends = np.full(NEAR, beats.usual_rr)
    around = np.concatenate([ends, beats.rr, ends])
    return np.lib.stride_tricks.sliding_window_view(around, 2 * NEAR)[: len(beats)]


def _octaves(value: Floats, other: Floats) -> Floats:
    shares = np.maximum(value, LEAST) / np.maximum(other, LEAST)
    return np.asarray(np.clip(np.log2(shares), -OCTAVES, OCTAVES))


def _correlation(one: Floats, other: Floats) -> Floats:
    one = one - one.mean(axis=1, keepdims=True)
    other = other - other.mean(axis=1, keepdims=True)
    power = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    return np.asarray((one * other).sum(axis=1) / np.maximum(power, 1e-9))


STEPS: Mapping[str, int] = MappingProxyType(
    {"rr_before": -1, "rr_before_2": -2, "rr_before_3": -3, "rr_before_4": -4}
    | {"rr_after": 1, "rr_after_2": 2, "rr_after_3": 3, "rr_after_4": 4}
)
QUANTILES: Mapping[str, float] = MappingProxyType({"quarter": 0.25, "median": 0.5, "slow": 0.9})

_CONTEXTS: dict[str, Context] = {
    "rr_before": rr_before,
    "rr_after": rr_after,
    "rr_before_share": rr_before_share,
    "rr_after_share": rr_after_share,
    "rr_near": rr_near,
    "rr_turn": rr_turn,
    "rr_unrest": rr_unrest,
    "rr_spread": rr_spread,
    "rr_spread_near": rr_spread_near,
    "rr_company": partial(rr_company, step=-1),
    "rr_company_after": partial(rr_company, step=1),
    "qrs_likeness": partial(likeness, part=QRS),
    "p_likeness": partial(likeness, part=P_WAVE),
    "qrs_likeness_before": partial(likeness_before, part=QRS),
    "p_likeness_before": partial(likeness_before, part=P_WAVE),
    "height_share": height_share,
}
for _name, _step in STEPS.items():
    _CONTEXTS[f"{_name}_to_near"] = partial(rr_to_near, step=_step)
for _name in ("rr_before", "rr_after"):
    _CONTEXTS[f"{_name}_to_mean"] = partial(rr_to_mean, step=STEPS[_name])
    _CONTEXTS[f"{_name}_rank"] = partial(rr_rank, step=STEPS[_name])
    for _title, _share in QUANTILES.items():
        _CONTEXTS[f"{_name}_to_{_title}"] = partial(rr_to_quantile, step=STEPS[_name], share=_share)
CONTEXTS: Mapping[str, Context] = MappingProxyType(_CONTEXTS)


def read_context(beats: Beats, name: str) -> Floats:
    """(m,) numbers, computed once for these beats."""
    if name not in beats.kept:
        beats.kept[name] = CONTEXTS[name](beats)
    return beats.kept[name]
