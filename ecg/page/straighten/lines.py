"""Long thin dark lines in a picture that may be turned and seen from the side.

A line is thinner than the paper around it is wide, so that a morphological closing across it takes it
away: what differs from that closing, in parts of the paper's brightness, is line. A Hough transform over
the ridges of this (Duda & Hart 1972) says where lines may be; each is then fitted to its ridges.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ecg.page.frame import Grey, Mask

Floats = npt.NDArray[np.float64]

THICKEST = 11  # px: what is broader is no line
FAINTEST = 0.045  # of the paper's brightness by which a line is darker
PAPER, DARKEST_PAPER = 90, 0.45  # percentile of the brightness, and the share of it in deep shadow
STEEPEST = np.deg2rad(
    27.0
)  # away from upright or level: 15 degrees of turning, the rest perspective
STEP = np.deg2rad(0.4)  # of the Hough transform
SHORTEST = 0.22  # of the picture's side along which it runs
MOST_RIDGES = 40_000  # pixels that vote: of more, as many are drawn
MOST_CANDIDATES, MOST_TRIED = 600, 100
MOST_LINES = 40  # of one direction that are looked at
APART = 5.0  # px at both ends: nearer ones are the same line
NEAR = (4.0, 2.5, 1.8)  # px from a line within which its ridges are, fit after fit
PIECE = 3  # px: a line is covered by pieces of this length


@dataclass(frozen=True)
class Line:
    """A nearly upright line: x = offset + slope * y. `covered`: of each piece, PIECE px of y, from 0.

    Nearly level lines are the same with x and y changed.
    """

    offset: float
    slope: float
    covered: Mask

    @property
    def length(self) -> float:
        """px of y in which it may be seen."""
        return float(self.covered.size * PIECE)

    def at(self, y: float) -> float:
        """x at this y."""
        return self.offset + self.slope * y

    def coverage(self, begin: float, end: float) -> float:
        """The share between two ys that is drawn; outside of the picture nothing is."""
        first, last = round(begin / PIECE), max(round(end / PIECE), round(begin / PIECE) + 1)
        inside = self.covered[max(0, first) : max(0, last)]
        return float(inside.sum()) / (last - first)


def find_lines(grey: Grey, faintest: float = FAINTEST) -> tuple[list[Line], list[Line]]:
    """The long lines of a picture, uint8 (height, width): nearly upright ones, nearly level ones.

    faintest: by which share of the paper's brightness they are darker.
    """
    return _find_upright(grey, faintest), _find_upright(np.ascontiguousarray(grey.T), faintest)


def _find_upright(grey: Grey, faintest: float) -> list[Line]:
    ridges = _ridges(grey, faintest)
    height = grey.shape[0]
    lines: list[Line] = []
    tried: list[tuple[float, float]] = []
    for offset, slope in _candidates(ridges):
        ends = offset, offset + slope * height
        if any(abs(ends[0] - a) + abs(ends[1] - b) < 2 * APART for a, b in tried):
            continue
        tried.append(ends)
        line = _fit(ridges, offset, slope)
        if line and all(_apart(line, other) >= APART for other in lines):
            lines.append(line)
        if len(lines) == MOST_LINES or len(tried) == MOST_TRIED:
            break
    return lines


def _candidates(ridges: Mask) -> list[tuple[float, float]]:
    """Offset and slope of lines by the Hough transform, those with most ridges first."""
    ys, xs = np.nonzero(ridges)
    if not ys.size:
        return []
    share = min(1.0, MOST_RIDGES / ys.size)
    some = np.zeros(ridges.shape, np.uint8)
    kept = np.random.default_rng(ys.size).random(ys.size) < share  # the same for the same picture
    some[ys[kept], xs[kept]] = 1
    votes = max(8, round(0.5 * SHORTEST * share * ridges.shape[0]))
    found = cv2.HoughLines(some, 1.0, STEP, votes, min_theta=-STEEPEST, max_theta=STEEPEST)
    if found is None:
        return []
    rho, theta = found.reshape(-1, 2)[:MOST_CANDIDATES].astype(np.float64).T
    return [*zip((rho / np.cos(theta)).tolist(), (-np.tan(theta)).tolist(), strict=True)]


def _apart(one: Line, other: Line) -> float:
    """How far two lines are from each other at the upper and the lower end, together, in px."""
    return abs(one.at(0) - other.at(0)) + abs(one.at(one.length) - other.at(one.length))


def _ridges(grey: Grey, faintest: float) -> Mask:
    """Where the middle of something thin and dark is, seen row by row."""
    smooth = cv2.GaussianBlur(grey, (3, 5), 0)
    around = cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, np.ones((1, THICKEST), np.uint8))
    depth = np.subtract(around, smooth, dtype=np.int16)
    paper = float(np.percentile(around[::7, ::7], PAPER))
    least = np.where(around > DARKEST_PAPER * paper, np.maximum(3.0, faintest * around), 256.0)
    middle = np.zeros(grey.shape, bool)
    inner = depth[:, 1:-1]
    middle[:, 1:-1] = (inner > depth[:, :-2]) & (inner >= depth[:, 2:]) & (inner >= least[:, 1:-1])
    return middle


def _fit(ridges: Mask, offset: float, slope: float) -> Line | None:
    """The line through the ridges near this one; None where it is too short."""
    for near in NEAR:
        ys, xs = _near(ridges, (offset, slope), near)
        if np.unique(ys).size < 0.6 * SHORTEST * ridges.shape[0]:
            return None
        slope, offset = (float(one) for one in np.polyfit(ys + 0.5, xs + 0.5, 1))
    ys, _ = _near(ridges, (offset, slope), NEAR[-1] + 0.7)
    covered = np.zeros(ridges.shape[0] // PIECE + 1, bool)
    covered[ys // PIECE] = True
    return Line(offset, slope, covered) if covered.mean() >= SHORTEST else None


def _near(
    ridges: Mask, line: tuple[float, float], near: float
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Rows and columns of the ridges within `near` px of a line, by its offset and slope."""
    height, width = ridges.shape
    rows = np.arange(height)
    middle = line[0] + line[1] * (rows + 0.5) - 0.5
    columns = np.round(middle).astype(np.intp)[:, np.newaxis] + np.arange(-5, 6)
    close = (np.abs(columns - middle[:, np.newaxis]) <= near) & (columns >= 0) & (columns < width)
    inside = np.clip(columns, 0, width - 1)
    found = close & ridges[rows[:, np.newaxis], inside]
    at, step = np.nonzero(found)
    return at, inside[at, step]
