"""The look of the pages that the page models were trained on: ink that stands still on each of them.

Lead names, calibration pulses and the lines between leads are printed at the same places of the frame on
every page of the device; `known_look.png` is where on more than 90 % of them (no trace is). By it
a page of this look is told from others, which way up it is, and where its frame lies when a picture cuts
through that. `python -m twelvelead.training.studies.static_ink --data DIR --every 3 --out PNG` made it.
"""

from functools import cache
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ecg.page.frame import Grey
from ecg.page.straighten.lines import PIECE, Line
from ecg.page.straighten.warp import corner_map, moved

Floats = npt.NDArray[np.float64]

FILE = Path(__file__).with_name("known_look.png")
ASPECT = 2100 / 1226  # width / height of the frame's inside
LINE_SHARE = 4 / 2100  # thickness of the frame's lines, as a share of its width
SEPARATORS = (
    285.8 / 1050,
    531.8 / 1050,
    777.8 / 1050,
)  # of the frame's width: the lines between leads
REACH = (66 / 613, 410.5 / 613)  # of its height: from where to where they are drawn
MOST_LETTERS = 30  # percentile of how much darker ink is: seven in ten points are as dark
KNOWN = 0.025  # of the paper's brightness by which static ink is darker: it is there
CLEARER = 2.5  # times as dark as the next best way up
PAPER_AWAY = 7 / 1050  # of the frame's width: beside a stroke
BESIDE_SEPARATOR = 0.0025  # of the frame's width
MOST_POINTS = 400
GAP = 3  # pieces by which a separator may be interrupted
TIP = 8  # px around the end of a line where it is looked for
MOST_THREES = 4  # threes of lines that are looked at, those most like separators
ALIKE = 0.2  # by which lengths and distances of separators may differ from the known ones


@cache
def _points() -> tuple[Floats, Floats]:
    """Ink (n, 2) and paper (4, n, 2) beside it, as shares of the frame's width and height.

    Of letters and pulses: long lines are alike where they are moved along themselves, and by them places
    are found that the letters must then confirm.
    """
    static = cv2.imread(str(FILE), cv2.IMREAD_GRAYSCALE)
    assert static is not None  # noqa: S101 - it lies beside this module
    height, width = static.shape
    ys, xs = np.nonzero(static < 128)
    letters = np.abs(xs[:, np.newaxis] / width - SEPARATORS).min(axis=1) > BESIDE_SEPARATOR
    ys, xs = ys[letters], xs[letters]
    some = np.linspace(0, xs.size - 1, min(MOST_POINTS, xs.size)).astype(np.intp)
    ink = np.column_stack([(xs[some] + 0.5) / width, (ys[some] + 0.5) / height])
    away = np.array([PAPER_AWAY, PAPER_AWAY * ASPECT])
    ways = np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
    return ink, ink + (ways * away)[:, np.newaxis]


def likeness(grey: Grey, corners: Floats) -> float:
    """By how much most of the letters are darker than paper, 0 to 1, were these the corners of the frame.

    corners: (4, 2) in the picture, clockwise from what is taken for the upper left one. Ink outside of
    the picture does not count.
    """
    ink, beside = _points()
    to_picture = corner_map(corners, (1.0, 1.0))
    height, width = grey.shape
    places = moved(np.concatenate([ink, *beside]), to_picture) - 0.5
    levels = cv2.remap(
        grey,
        places[:, :1].astype(np.float32),
        places[:, 1:].astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    ).reshape(5, -1)
    dark, paper = levels[0].astype(np.float64), np.median(levels[1:], axis=0)
    x, y = places[: len(ink)].T
    seen = (x > 0) & (y > 0) & (x < width - 1) & (y < height - 1)
    if seen.sum() < len(ink) // 2:
        return 0.0
    darker = 1 - dark / np.maximum(paper, 1.0)
    return max(0.0, float(np.percentile(darker[seen], MOST_LETTERS)))


def find_turn(grey: Grey, corners: Floats) -> tuple[int, float]:
    """By how many corners to go on so that the first is the upper left one of a page of this look.

    And how much it is like it; 0 turns and less than KNOWN where it isn't clearly one way up.
    """
    found = [likeness(grey, np.roll(corners, -turn, axis=0)) for turn in range(4)]
    best = int(np.argmax(found))
    others = max(one for turn, one in enumerate(found) if turn != best)
    if found[best] >= KNOWN and found[best] >= CLEARER * others:
        return best, found[best]
    return 0, min(found[0], KNOWN / 2)


def find_by_separators(grey: Grey, upright: list[Line], level: list[Line]) -> Floats | None:
    """The frame's corners (4, 2) by the three lines between leads; None where they aren't there.

    upright, level: the dark lines of a picture.
    """
    best, found = KNOWN, None
    for lines, sideways in ((upright, False), (level, True)):
        for ends in _find_ends(grey.T if sideways else grey, lines):
            for back, down in ((sideways, False), (not sideways, True)):
                corners = _corners_of(ends, back, down)
                if corners is None:
                    continue
                one = corners[:, ::-1] if sideways else corners
                like = likeness(grey, one)
                if like > best:
                    best, found = like, one
    return found


def _find_ends(grey: Grey, lines: list[Line]) -> list[Floats]:
    """Both ends, (3, 2, 2), of each three lines that are as long and as far apart as separators."""
    if len(lines) < 3:
        return []
    ordered = sorted(lines, key=lambda line: line.at(line.length / 2))
    runs = np.array([_longest_run(line) for line in ordered])
    places = np.array([line.at(run.mean()) for line, run in zip(ordered, runs, strict=True)])
    threes = np.array([*combinations(range(len(ordered)), 3)])
    lengths, apart = np.ptp(runs, axis=1)[threes], np.diff(places[threes], axis=1)
    wanted = (SEPARATORS[1] - SEPARATORS[0]) * ASPECT / (REACH[1] - REACH[0])
    unlike = np.ptp(lengths, axis=1) / np.maximum(lengths.mean(axis=1), 1.0)
    uneven = np.ptp(apart, axis=1) / np.maximum(apart.mean(axis=1), 1.0)
    slim = np.abs(apart.mean(axis=1) / np.maximum(lengths.min(axis=1), 1.0) / wanted - 1)
    worst = np.maximum.reduce([unlike, uneven, slim])
    found = []
    for best in np.argsort(worst, kind="stable")[:MOST_THREES]:
        if worst[best] <= ALIKE:
            three = [_ends_of(grey, ordered[n], *runs[n]) for n in threes[best]]
            found += _mended(np.array(three))
    return found


def _mended(ends: Floats) -> list[Floats]:
    """The ends as they are, and each upper and lower one put where the other two say that it lies.

    A trace that runs into a separator lengthens it.
    """
    uppers, lowers = (
        [ends[:, side], *(_moved_onto(ends, side, one) for one in range(3))] for side in (0, 1)
    )
    return [np.stack([upper, lower], axis=1) for upper in uppers for lower in lowers]


def _moved_onto(ends: Floats, side: int, one: int) -> Floats:
    """One of three ends, (3, 2), moved along its separator onto the line through the two others."""
    points = ends[:, side].copy()
    begin, end = np.delete(points, one, axis=0)
    along, away = end - begin, ends[one, 1] - ends[one, 0]
    share = np.linalg.lstsq(np.column_stack([along, -away]), ends[one, 0] - begin)[0][0]
    points[one] = begin + share * along
    return points


def _corners_of(ends: Floats, back: bool, down: bool) -> Floats | None:
    """The frame's corners, in the middle of its lines, from the separators' ends.

    back: were they seen from right to left. down: were their feet above. None where no plane shows
    them so.
    """
    flat = np.array([[(x, y) for y in REACH] for x in SEPARATORS])
    flat = flat[::-1] if back else flat
    flat = flat[:, ::-1] if down else flat
    to_picture, _ = cv2.findHomography(flat.reshape(-1, 2), ends.reshape(-1, 2), 0)
    if np.shape(to_picture) != (3, 3):
        return None
    half = np.array([LINE_SHARE / 2, LINE_SHARE / 2 * ASPECT])
    frame = np.array([[0.0, 0.0], [1, 0], [1, 1], [0, 1]]) * (1 + 2 * half) - half
    corners = moved(frame, np.asarray(to_picture, np.float64))
    return corners if np.isfinite(corners).all() else None


def _longest_run(line: Line) -> tuple[float, float]:
    """Where the longest stretch that is drawn, but for short gaps, begins and ends, in px."""
    covered = np.flatnonzero(line.covered)
    if not covered.size:
        return 0.0, 0.0
    parts = np.split(covered, np.flatnonzero(np.diff(covered) > GAP) + 1)
    longest = max(parts, key=len)
    return float(longest[0] * PIECE), float((longest[-1] + 1) * PIECE)


def _ends_of(grey: Grey, line: Line, begin: float, end: float) -> Floats:
    """Where a line is half as dark as in its middle, (2, 2): found between its pieces."""
    ys = np.arange(round(begin) - TIP, round(end) + TIP) + 0.5
    xs = np.clip(
        np.round(line.offset + line.slope * ys - 0.5).astype(np.intp), 1, grey.shape[1] - 2
    )
    rows = np.clip((ys - 0.5).astype(np.intp), 0, grey.shape[0] - 1)
    levels = np.min([grey[rows, xs + step] for step in (-1, 0, 1)], axis=0).astype(np.float64)
    paper = np.median(grey[rows, np.clip(xs + 2 * TIP, 0, grey.shape[1] - 1)])
    half = (paper + np.median(levels)) / 2
    dark = np.flatnonzero(levels < half)
    runs = np.split(dark, np.flatnonzero(np.diff(dark) > GAP) + 1)
    longest = max(runs, key=len)
    if not longest.size:
        return np.array([(line.at(y), y) for y in (begin, end)])
    first, last = int(longest[0]), int(longest[-1])
    above = _crosses(levels[first - 1], levels[first], half) if first else 0.0
    below = _crosses(levels[last + 1], levels[last], half) if last + 1 < levels.size else 0.0
    return np.array([(line.at(y), y) for y in (ys[first] - 1 + above, ys[last] + 1 - below)])


def _crosses(light: float, dark: float, half: float) -> float:
    """How far the crossing is on the way from a lighter pixel to the darker one beside it."""
    return float(np.clip((light - half) / max(light - dark, 1e-6), 0, 1))
