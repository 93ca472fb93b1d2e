"""Following one row's trace from left to right through the runs of ink in its columns.

The cheapest way through all columns, found by dynamic programming (Viterbi), as in A. H. Fortune,
M. P. Coppa, K. A. Haq, H. Patel and L. G. Tereshchenko, "Digitizing ECG image: a new method and
open-source software code" (2022): there a way costs its
jumps and turns. Here runs that touch cost nothing, gaps and moves cost by their length, and what is
far from the row's own height costs a little in each column, so that a neighbour is never adopted.
"""

from dataclasses import dataclass

import numpy as np

from ecg.digitise.ink import TOO_MUCH, Floats, Indices, Runs
from ecg.errors import UnreadableTraces
from ecg.page.frame import Mask

GAP_COST, MOVE_COST, AWAY_COST = 1.0, 0.02, 0.03  # per mm
SKIP_COST = 4.0  # of a column passed over
NAME_COST = 0.5  # of a column's run that may be a letter of the lead's name
NAME_MM, NAME_WIDE_MM = (
    (0.5, 6.0),
    8.0,
)  # where names stand: mm above 0 mV, from the lead's beginning
NEAR_MM = 12.0  # from the row's height: no cost up to here
FINE = 4  # places in each column of pixels
APART = 0.35  # of the pen: edges that differ less tell the same
MOST_NEAR = 120  # runs of a column; 61 at most on 50 pages of the public set
REACH_MM = 45.0  # farther from the row's height is no trace of it


@dataclass(frozen=True)
class TracePath:
    """The run that each column's trace was seen in: edges in px, NaN where a column has none."""

    top: Floats
    bottom: Floats

    @property
    def centre(self) -> Floats:
        """The middle of each run, px from the top."""
        return (self.top + self.bottom) / 2

    @property
    def missing(self) -> float:
        """The share of columns without a run."""
        return float(np.isnan(self.top).mean())

    @property
    def jumps(self) -> float:
        """How many px of paper lie between runs that follow each other, in all."""
        seen = np.flatnonzero(~np.isnan(self.top))
        top, bottom = self.top[seen], self.bottom[seen]
        return float(
            np.maximum(np.maximum(top[1:] - bottom[:-1], top[:-1] - bottom[1:]), 0.0).sum()
        )


def follow(columns: list[Runs], height: float, px_per_mm: float) -> TracePath:
    """The trace of the row at `height` px, through all `columns`, in order.

    A column may be passed over at a price, as where a peak leaves the frame. Raises UnreadableTraces
    where a column has far more runs than a page's, each of which may follow on each of its neighbour's.
    """
    ways = [_near(column, height, REACH_MM * px_per_mm) for column in columns]
    if any(runs.top.size > MOST_NEAR for runs in ways):
        raise UnreadableTraces(TOO_MUCH)
    nodes, backs = _Nodes(Runs(np.zeros(0), np.zeros(0)), np.zeros(0)), []
    for x, runs in enumerate(ways):
        own = _own_costs(runs, height, px_per_mm, named=x < NAME_WIDE_MM * px_per_mm)
        nodes, back = _step(nodes, runs, own, px_per_mm)
        backs.append(back)
    top, bottom = np.full(len(columns), np.nan), np.full(len(columns), np.nan)
    at = int(nodes.costs.argmin()) if nodes.costs.size else 0
    for x in range(len(columns) - 1, -1, -1):
        runs = ways[x]
        if at < runs.top.size:
            top[x], bottom[x] = runs.top[at], runs.bottom[at]
        at = int(backs[x][at]) if backs[x].size else 0
    return TracePath(top, bottom)


@dataclass(frozen=True)
class _Nodes:
    """The runs that a path may stand on at one column, and the least cost of getting to each.

    The last may be the run of an earlier column, for a path that passes this column over.
    """

    runs: Runs
    costs: Floats


def _step(before: _Nodes, runs: Runs, own: Floats, px_per_mm: float) -> tuple[_Nodes, Indices]:
    """The nodes of the next column, and from which of `before` each is reached."""
    if not before.costs.size:
        return _Nodes(runs, own), np.zeros(runs.top.size, np.intp)
    steps = before.costs[:, None] + _costs(before.runs, runs) / px_per_mm
    back = steps.argmin(axis=0)
    best = int(before.costs.argmin())
    top = np.append(runs.top, before.runs.top[best])
    bottom = np.append(runs.bottom, before.runs.bottom[best])
    costs = np.append(own + steps[back, np.arange(back.size)], before.costs[best] + SKIP_COST)
    return _Nodes(Runs(top, bottom), costs), np.append(back, best)


def _own_costs(runs: Runs, height: float, px_per_mm: float, *, named: bool) -> Floats:
    """What each run costs by where it lies; `named`: the lead's name may stand in this column."""
    away = np.abs(runs.centre - height) / px_per_mm
    costs: Floats = AWAY_COST * np.maximum(away - NEAR_MM, 0.0)
    return costs + NAME_COST * _in_name(runs, height, px_per_mm) if named else costs


def heights(path: TracePath, thickness: float) -> Floats:
    """Where the middle of the pen was, px from the top, FINE times in each column of pixels.

    Ink is the curve made thick by a round pen of `thickness` px: grey dilation by a disc. Shrinking
    its upper edge by the disc gives the curve where it bends down, its lower edge where it bends up
    (closing and opening; J. Serra, Image Analysis and Mathematical Morphology, 1982), and both the
    same elsewhere. Where they differ, the one that leads away from the surroundings is taken.
    """
    seen = np.flatnonzero(~np.isnan(path.top))
    wanted = (np.arange(path.top.size * FINE) + 0.5) / FINE - 0.5
    upper = _shrunk(np.interp(wanted, seen, path.top[seen]), thickness / 2)
    lower = -_shrunk(-np.interp(wanted, seen, path.bottom[seen]), thickness / 2)
    apart = lower - upper > APART * thickness
    middle = (upper + lower) / 2
    if apart.all():
        return middle
    around = np.interp(wanted, wanted[~apart], middle[~apart])
    rises = around - upper >= lower - around
    return np.where(apart, np.where(rises, upper, lower), middle)


def _shrunk(edge: Floats, radius: float) -> Floats:
    """An upper edge, px from the top, FINE times a column, as far down as a disc below it may go."""
    reach = int(radius * FINE)
    padded = np.pad(edge, reach, constant_values=-np.inf)
    moved = np.arange(-reach, reach + 1)
    lifts = np.sqrt(np.maximum(radius**2 - (moved / FINE) ** 2, 0.0))
    shifted = [
        padded[reach + move : reach + move + edge.size] + lift
        for move, lift in zip(moved.tolist(), lifts.tolist(), strict=True)
    ]
    moved_most: Floats = np.max(shifted, axis=0)
    return moved_most


def _near(column: Runs, height: float, reach: float) -> Runs:
    near = np.abs(column.centre - height) <= reach
    return Runs(column.top[near], column.bottom[near])


def _in_name(runs: Runs, height: float, px_per_mm: float) -> Mask:
    """Which runs lie wholly where the lead's name stands."""
    above = (height - runs.top) / px_per_mm, (height - runs.bottom) / px_per_mm
    inside: Mask = (above[0] < NAME_MM[1]) & (above[1] > NAME_MM[0])
    return inside


def _costs(before: Runs, after: Runs) -> Floats:
    """(before, after) costs in px."""
    gap = np.maximum(
        np.maximum(
            after.top[None] - before.bottom[:, None], before.top[:, None] - after.bottom[None]
        ),
        0.0,
    )
    move = np.abs(after.centre[None] - before.centre[:, None])
    return GAP_COST * gap + MOVE_COST * move
