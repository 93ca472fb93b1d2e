"""Where the line is flat, jumps about or stays at the recorder's limit: seen at the recording's own rate."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg.signal.quality.windows import CELL, Trace

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

FLAT = 0.02  # mV from lowest to highest in half a second: less is no heart's trace
PART = 0.5  # s
FLAT_PARTS = 6  # in a row, 3 s: longer than any line between two beats
JUMP = 1.5  # mV, and
JUMP_SHARE = 1.5  # times the height of the trace before and after: from one level to another
DRIFT_SHARE = 3.0  # times how far it goes in half a second before and after: a drift is no jump
JUMPS = (
    2  # in the window around a cell, for all of it to be bad: a single one harms what is beside it
)
AT_LIMIT = 0.025  # s that a trace stays at its very highest or lowest value when it is cut off
CUT_SHARE = 0.02  # of a cell that is spent so
NEAR_LIMIT = 0.001  # of the range: what counts as the very highest value
FAR = 0.35  # of the range: a limit is that far from the middle, the line between two beats is not
SAMPLES_FOR_MEDIAN = 100_000
SAMPLES_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Levels:
    """Of each part of half a second: its lowest, highest and mean value, mV.

    cut: the share of it, 0 to 1, that stands at the recorder's limit.
    """

    low: Floats
    high: Floats
    mean: Floats
    cut: Floats


def read_levels(trace: Trace, rate: float) -> Levels:
    """Those of a lead, float32 (n,), mV, at `rate` Hz; a last part that is shorter counts too."""
    size = max(1, round(PART * rate))
    lowest, highest = float(trace.min()), float(trace.max())
    near, far = NEAR_LIMIT * (highest - lowest), FAR * (highest - lowest)
    middle = float(np.median(trace[:: max(1, trace.size // SAMPLES_FOR_MEDIAN)]))
    limits = [limit for limit in (lowest, highest) if abs(limit - middle) > far]
    found = []
    step = max(1, SAMPLES_AT_ONCE // size) * size
    for begin in range(0, trace.size, step):
        values = trace[begin : begin + step]
        values = np.pad(values, (0, -values.size % size), mode="edge").reshape(-1, size)
        at_limit = np.zeros(values.shape, np.bool_)
        for limit in limits:
            at_limit |= np.abs(values - limit) <= near
        stays = of_runs(at_limit.reshape(-1), max(3, round(AT_LIMIT * rate)))
        found.append(
            (
                values.min(axis=1),
                values.max(axis=1),
                values.mean(axis=1, dtype=np.float64),
                stays.reshape(at_limit.shape).mean(axis=1),
            )
        )
    return Levels(
        *(np.concatenate(column).astype(np.float64) for column in zip(*found, strict=True))
    )


def flat_cells(levels: Levels, cells: int) -> Flags:
    """(cells,) which are flat for half of their time or more, in a stretch without any deflection."""
    flat = of_runs(levels.high - levels.low < FLAT, FLAT_PARTS)
    return np.asarray(_per_cell(flat, cells).mean(axis=1) >= 0.5)


def jumps(levels: Levels) -> Flags:
    """(parts,) in which the line goes from one level to another, and stays there."""
    height = levels.high - levels.low
    least = np.maximum(JUMP, JUMP_SHARE * np.maximum(height[2:], height[:-2]))
    drift = np.abs(np.diff(levels.mean, prepend=levels.mean[:1], append=levels.mean[-1:]))
    least = np.maximum(least, DRIFT_SHARE * np.maximum(drift[:-3], drift[3:]))  # before and after
    far = np.abs(levels.mean[2:] - levels.mean[:-2]) > least
    return np.pad(far, 1)[: height.size]  # the part between the two, which holds the jump


def jumping_cells(jumping: Flags, cells: int) -> Flags:
    """(cells,) around which the line jumps more than once. jumping: (parts,) where it does."""
    begins = (
        np.diff(jumping.astype(np.int8), prepend=0) == 1
    )  # a jump is told by the parts beside it too
    counts = np.pad(_per_cell(begins, cells).sum(axis=1), 1)
    return np.asarray(counts[:-2] + counts[1:-1] + counts[2:] >= JUMPS)


def cut_cells(levels: Levels, cells: int) -> Flags:
    """(cells,) in which the trace stands at the recorder's limit."""
    return np.asarray(_per_cell(levels.cut, cells).mean(axis=1) >= CUT_SHARE)


def of_runs(flags: Flags, least: int) -> Flags:
    """(n,) those of `flags` that stand in a row of at least so many."""
    edges = np.flatnonzero(np.diff(flags, prepend=False, append=False))
    short = np.diff(edges)[::2] < least
    kept = flags.copy()
    for begin, end in zip(edges[::2][short], edges[1::2][short], strict=True):
        kept[begin:end] = False
    return kept


def _per_cell(values: npt.NDArray[np.generic], cells: int) -> npt.NDArray[Any]:
    """(cells, parts of one): the parts of each cell; beyond the end the last one again."""
    parts = round(CELL / PART)
    return np.pad(values, (0, max(0, cells * parts - values.size)), mode="edge")[
        : cells * parts
    ].reshape(cells, parts)
