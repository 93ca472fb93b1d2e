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
    votes = max(20, round(0.5 * SHORTEST * height))
    found = cv2.HoughLines(
        ridges.astype(np.uint8), 1.0, STEP, votes, min_theta=-STEEPEST, max_theta=STEEPEST
    )
    if found is None:
        return []
    lines: list[Line] = []
    ends: list[tuple[float, float]] = []
    points = _Points(ridges)
    for rho, theta in found.reshape(-1, 2)[:600]:
        offset, slope = rho / np.cos(theta), -np.tan(theta)
        here = offset, offset + slope * height
        if any(abs(here[0] - a) + abs(here[1] - b) < 2 * APART for a, b in ends):
            continue
        ends.append(here)
        fitted = points.fit(offset, slope)
        if fitted is None:
            continue
        here = fitted[0], fitted[0] + fitted[1] * height
        if any(
            abs(here[0] - known.at(0)) + abs(here[1] - known.at(height)) < APART for known in lines
        ):
            continue
        line = Line(*fitted, points.cover(*fitted))
        if line.covered.mean() >= SHORTEST:
            lines.append(line)
        if len(lines) == MOST_LINES or len(ends) > 4 * MOST_LINES:
            break
    return lines


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


class _Points:
    """The ridges of a picture, for looking along a line."""

    def __init__(self, ridges: Mask) -> None:
        self.ys, self.xs = (axis + 0.5 for axis in np.nonzero(ridges))
        self.height = ridges.shape[0]

    def fit(self, offset: float, slope: float) -> tuple[float, float] | None:
        """The line through the ridges near this one; None where there are too few."""
        for near in NEAR:
            away = np.abs(self.xs - offset - slope * self.ys) <= near
            if np.count_nonzero(away) < 0.6 * SHORTEST * self.height:
                return None
            slope, offset = np.polyfit(self.ys[away], self.xs[away], 1)
        return float(offset), float(slope)

    def cover(self, offset: float, slope: float) -> Mask:
        near = np.abs(self.xs - offset - slope * self.ys) <= NEAR[-1] + 0.7
        pieces = np.zeros(self.height // PIECE + 1, bool)
        pieces[(self.ys[near] / PIECE).astype(np.intp)] = True
        return pieces
