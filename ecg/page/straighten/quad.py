"""The frame as four lines that close: the largest such figure among the long lines of a picture."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecg.page.straighten.lines import PIECE, Line

Floats = npt.NDArray[np.float64]

END, END_DRAWN = 0.08, 0.5  # so much at either end of a side is drawn to this share: they meet
MOST_UNEQUAL = 0.6  # of a side against the one opposite it


@dataclass(frozen=True)
class _Crossings:
    """Where upright lines (n) cross level ones (m): x and y, (n, m), and what is drawn between."""

    x: Floats
    y: Floats
    upright: Floats  # (n, m, m): the share that is drawn of an upright line between two level ones
    level: Floats  # (m, n, n)


@dataclass(frozen=True)
class Demand:
    """What counts as a figure: the share of each side that is drawn, of the picture that it takes."""

    drawn: float
    area: float


LIKELY = Demand(drawn=0.84, area=0.12)  # something else must confirm it
CERTAIN = Demand(drawn=0.93, area=0.35)  # it is a frame by itself


def largest_closed(
    upright: list[Line], level: list[Line], size: tuple[int, int], demand: Demand = LIKELY
) -> Floats | None:
    """The corners (4, 2), x and y clockwise from the upper left one, of the largest closed figure.

    size: (width, height) of the picture. None where no four lines close.
    """
    if len(upright) < 2 or len(level) < 2:
        return None
    crossings = _cross(upright, level)
    best, found = 4 * demand.area * size[0] * size[1], None
    beside = (crossings.upright >= demand.drawn).sum(axis=0) >= 2
    above = crossings.y.mean(axis=0)
    for top, bottom in np.argwhere(beside & (above[:, np.newaxis] < above)):
        for quad, worth in _between(crossings, int(top), int(bottom), demand.drawn):
            if worth > best:
                best, found = worth, quad
    return found


def _between(at: _Crossings, top: int, bottom: int, closed: float) -> list[tuple[Floats, float]]:
    """The best figure between two level lines with its worth, or nothing."""
    high = at.y[:, bottom] - at.y[:, top]
    sides = np.flatnonzero((at.upright[:, top, bottom] >= closed) & (high > 0))
    if sides.size < 2:
        return []
    left, right = (one.ravel() for one in np.meshgrid(sides, sides, indexing="ij"))
    above = at.x[right, top] - at.x[left, top]
    below = at.x[right, bottom] - at.x[left, bottom]
    drawn = np.minimum(at.level[top, left, right], at.level[bottom, left, right])
    fits = (drawn >= closed) & (np.minimum(above, below) > 0)
    fits &= np.minimum(above, below) > MOST_UNEQUAL * np.maximum(above, below)
    fits &= np.minimum(high[left], high[right]) > MOST_UNEQUAL * np.maximum(high[left], high[right])
    if not fits.any():
        return []
    worth = np.where(fits, (above + below) * (high[left] + high[right]), 0.0)
    one, other = left[worth.argmax()], right[worth.argmax()]
    ends = ((one, top), (other, top), (other, bottom), (one, bottom))
    return [(np.array([[at.x[end], at.y[end]] for end in ends]), float(worth.max()))]


def _cross(upright: list[Line], level: list[Line]) -> _Crossings:
    a, b = (np.array([[getattr(line, name)] for line in upright]) for name in ("offset", "slope"))
    c, d = (np.array([getattr(line, name) for line in level]) for name in ("offset", "slope"))
    y = (c + d * a) / (1 - b * d)
    x = a + b * y
    return _Crossings(x, y, _drawn(upright, y), _drawn(level, x.T))


def _drawn(lines: list[Line], places: Floats) -> Floats:
    """(n, m, m): for each line the share drawn between each two of its m places; 0 where it ends early.

    In reverse order of the places it is 0 too.
    """
    shares = []
    for line, along in zip(lines, places, strict=True):
        counts = np.concatenate([[0], np.cumsum(line.covered)])
        begin, end = np.meshgrid(along / PIECE, along / PIECE, indexing="ij")
        tip = END * (end - begin)
        share = _share(counts, begin, end)
        tips = np.minimum(_share(counts, begin, begin + tip), _share(counts, end - tip, end))
        shares.append(np.where(tips >= END_DRAWN, share, 0.0))
    return np.stack(shares)


def _share(counts: npt.NDArray[np.intp], begin: Floats, end: Floats) -> Floats:
    """How much is drawn between two places, by the counts up to each; 0 where they are in reverse order."""
    first, last = (np.round(place).astype(np.intp) for place in (begin, end))
    ends = [counts[np.clip(place, 0, counts.size - 1)] for place in (first, last)]
    return np.where(last > first, (ends[1] - ends[0]) / np.maximum(last - first, 1), 0.0)
