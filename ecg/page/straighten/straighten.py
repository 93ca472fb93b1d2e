"""What a picture without an upright frame shows: a page that is turned, seen from the side, or cropped.

In this order: four lines that close are the frame; the lines between leads of the known look say where a
frame lies that the picture cuts through; a light sheet on something darker is cut out; a grid says by
how much all of it is turned. What is found is told in sentences, and so is what can't be decided.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ecg.page.frame import Box, Grey, find_frame
from ecg.page.straighten import known_look
from ecg.page.straighten.lines import Line, find_lines
from ecg.page.straighten.quad import CERTAIN, largest_closed
from ecg.page.straighten.straightening import Straightening, as_rows, is_square, tilt
from ecg.page.straighten.warp import corner_map, moved

Floats = npt.NDArray[np.float64]

SEEN_SIDE = 1400  # px: a larger picture is shrunk to this for looking
INK_LINE = 0.2  # of the paper's brightness by which the lines between leads are darker
MOST_LINES = 10  # of one direction that are LONG: more are a grid, whose outermost is no frame
LONG = 0.5  # of the picture's side along which a line runs
AROUND = 0.3  # of the frame's sides: so much around it belongs to the flat page at most
LEAST_SEEN = 0.92  # share of a frame that lies in the picture
NEAR_SIDE = 0.006  # of the frame's width: a line so near to where a side should be is that side
SIDE_DRAWN = 0.85  # share of what is seen of a side that its line covers
STRAIGHT = 0.2  # degrees: less is not worth a word
TURNS = {1: "by a quarter clockwise", 2: "upside down", 3: "by a quarter counter-clockwise"}
CAME = "The page came turned {turn}: it was set upright."
CUT = "The picture cuts through the trace frame: where it lies was told by what is left of it."
NOT_TOLD = "Which way up it is could not be told: it was left as it came."


@dataclass(frozen=True)
class _Found:
    """The frame's corners in the seen picture, from the page's upper left one on, clockwise."""

    corners: Floats
    notes: tuple[str, ...]
    is_known: bool


def turn_upright(grey: Grey, frame: Box, scale: float) -> Straightening | None:
    """How a flat page whose frame was found comes upright; None where it is, or can't be told.

    grey: the picture at 1/scale of its full size. frame: the inside of its frame there.
    """
    corners = corners_of(frame)
    turn, _ = known_look.find_turn(grey, corners)
    if turn == 0:
        return None
    return _turned(np.roll(corners, -turn, axis=0), grey, scale)


def straighten(grey: Grey, scale: float, size: tuple[int, int]) -> Straightening | None:
    """How a picture without an upright frame comes flat and upright; None where nothing was found.

    grey: uint8, the picture at 1/scale of its full `size`, (width, height).
    """
    factor = max(1.0, max(grey.shape) / SEEN_SIDE)
    seen = grey
    if factor > 1:
        to = (round(grey.shape[1] / factor), round(grey.shape[0] / factor))
        seen = np.asarray(cv2.resize(grey, to, interpolation=cv2.INTER_AREA), np.uint8)
    found = _find_frame(seen)
    if found is None:
        return None
    exact = _without_warping(found, grey, scale)
    if exact:
        return exact
    full = np.array(size) / (seen.shape[1], seen.shape[0])
    grown = _Found(found.corners * full, found.notes, found.is_known)
    return straightening_of(grown, size, known_look.LINE_SHARE)


def _without_warping(found: _Found, grey: Grey, scale: float) -> Straightening | None:
    """By quarter turns alone, where those leave a page whose frame is found as on a flat one."""
    turns, _ = _turned_by(found.corners)
    if turns == 0 or not is_square(found.corners):
        return None
    upright = np.ascontiguousarray(np.rot90(grey, turns))
    frame = find_frame(upright)
    if frame is None:
        return None
    height, width = upright.shape
    there = corners_of(frame) - np.array([width / 2, height / 2])
    for _ in range(turns):  # back into the picture, clockwise
        there = np.column_stack([-there[:, 1], there[:, 0]])
    middle = np.array([grey.shape[1] / 2, grey.shape[0] / 2])
    return _turned(there + middle, grey, scale)


def _turned(corners: Floats, grey: Grey, scale: float) -> Straightening:
    """For the corners of the inside of a frame that is upright but for quarter turns."""
    size = (grey.shape[1] * scale, grey.shape[0] * scale)
    return straightening_of(_Found(corners * scale, (), is_known=False), size, inset=0.0)


def _find_frame(seen: Grey) -> _Found | None:
    upright, level = find_lines(seen)
    size = (seen.shape[1], seen.shape[0])
    closed = largest_closed(upright, level, size)
    if closed is not None:
        turn, like = known_look.find_turn(seen, closed)
        if like >= known_look.KNOWN:
            return _Found(np.roll(closed, -turn, axis=0), (), is_known=True)
    inked = find_lines(seen, INK_LINE)
    cut = known_look.find_by_separators(seen, *inked)
    if cut is not None:
        corners = _with_seen_sides(cut, upright, level)
        if _share_seen(corners, size) < LEAST_SEEN:
            return None
        return _Found(corners, () if _is_inside(corners, size) else (CUT,), is_known=True)
    for lines in ((upright, level), inked):
        if not any(_is_grid(some) for some in lines):
            closed = largest_closed(*lines, size, CERTAIN)
            if closed is not None:
                return _Found(closed, (NOT_TOLD,), is_known=False)
    return None


def _is_grid(lines: list[Line]) -> bool:
    return sum(float(line.covered.mean()) >= LONG for line in lines) > MOST_LINES


def _with_seen_sides(corners: Floats, upright: list[Line], level: list[Line]) -> Floats:
    """The corners, each side that is seen in the picture laid onto its line."""
    width = float(np.linalg.norm(corners[1] - corners[0]))
    sides = []
    for begin, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        along = end - begin
        is_upright = abs(along[1]) > abs(along[0])
        lines = upright if is_upright else level
        ends = np.array([begin, end])[:, :: 1 if is_upright else -1]  # (x, y), x told by y
        line = _nearest(lines, ends, NEAR_SIDE * width)
        if line is not None:
            ends = np.array([(line.at(y), y) for _, y in ends])
        sides.append(ends[:, :: 1 if is_upright else -1])
    return np.array([_crossing(sides[n - 1], sides[n]) for n in range(4)])


def _nearest(lines: list[Line], ends: Floats, near: float) -> Line | None:
    """The line that runs from end to end, (2, 2), each within `near` px; None where none does."""
    begin, end = sorted((float(ends[0, 1]), float(ends[1, 1])))
    best, found = near, None
    for line in lines:
        away = max(abs(line.at(y) - x) for x, y in ends)
        seen = max(begin, 0.0), min(end, line.length)
        if away < best and seen[1] > seen[0] and line.coverage(*seen) >= SIDE_DRAWN:
            best, found = away, line
    return found


def _crossing(one: Floats, other: Floats) -> Floats:
    """Where two lines, (2, 2) points each, cross."""
    first, second = (np.cross([*line[0], 1], [*line[1], 1]) for line in (one, other))
    x, y, depth = np.cross(first, second)
    return np.array([x / depth, y / depth])


def _share_seen(corners: Floats, size: tuple[int, int]) -> float:
    picture = corners_of(Box(0, 0, *size)).astype(np.float32)
    area, _ = cv2.intersectConvexConvex(corners.astype(np.float32), picture)
    return float(area) / max(1.0, float(cv2.contourArea(corners.astype(np.float32))))


def _is_inside(corners: Floats, size: tuple[int, int]) -> bool:
    return bool((corners >= -1).all() and (corners <= np.array(size) + 1).all())


def straightening_of(found: _Found, size: tuple[float, float], inset: float) -> Straightening:
    """From the frame's corners in full-size pixels; inset: half of its lines' thickness lies inside."""
    corners = found.corners
    lengths = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    width, height = max(lengths[0], lengths[2]), max(lengths[1], lengths[3])
    if found.is_known:
        height = width / known_look.ASPECT
    edge = inset * width / 2
    frame_map = corner_map(corners, (width, height))
    left, top, right, bottom = _around(frame_map, (width, height), size)
    shift = np.eye(3)
    shift[:2, 2] = left, top
    frame = Box(
        *(round(side) for side in (edge - left, edge - top)),
        *(round(side) for side in (width - edge - left, height - edge - top)),
    )
    turns, degrees = _turned_by(corners)
    return Straightening(
        to_picture=as_rows(frame_map @ shift),
        size=(round(right - left), round(bottom - top)),
        frame=frame,
        corners=tuple((float(x), float(y)) for x, y in corners),
        degrees=degrees,
        quarter_turns=turns,
        notes=_notes(found, turns, degrees),
    )


def _around(
    frame_map: Floats, sides: tuple[float, float], size: tuple[float, float]
) -> tuple[int, int, int, int]:
    """What of the flat page is shown: the frame and what of the picture lies around it, whole pixels."""
    picture = corners_of(Box(0, 0, 1, 1)) * size
    there = moved(picture, np.asarray(np.linalg.inv(frame_map), np.float64))
    most = AROUND * np.array(sides)
    low = np.floor(np.clip(there.min(axis=0), -most, 0))
    high = np.ceil(np.clip(there.max(axis=0), sides, sides + most))
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _turned_by(corners: Floats) -> tuple[int, float]:
    """Quarter turns and degrees, both clockwise, by which the page lies turned in the picture."""
    top = corners[1] - corners[0]
    turns = round(float(np.rad2deg(np.arctan2(top[1], top[0]))) / 90) % 4
    return turns, tilt(np.roll(corners, turns, axis=0))


def _notes(found: _Found, turns: int, degrees: float) -> tuple[str, ...]:
    notes = [CAME.format(turn=TURNS[turns])] if turns else []
    if abs(degrees) >= STRAIGHT:
        way = "clockwise" if degrees > 0 else "counter-clockwise"
        notes.append(f"The page lay turned {abs(degrees):.1f} degrees {way}: it was turned back.")
    lengths = np.linalg.norm(np.roll(found.corners, -1, axis=0) - found.corners, axis=1)
    if not is_square(found.corners) and max(_unequal(lengths)) > 0.004:
        notes.append("It was seen at an angle: it was drawn as if from above.")
    return (*notes, *found.notes)


def _unequal(lengths: Floats) -> tuple[float, float]:
    """By which share opposite sides differ."""
    pairs = (lengths[0], lengths[2]), (lengths[1], lengths[3])
    first, second = (1 - min(pair) / max(pair) for pair in pairs)
    return float(first), float(second)


def corners_of(box: Box) -> Floats:
    """Its corners, (4, 2), clockwise from the upper left one."""
    left, top, right, bottom = box.as_tuple()
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)
