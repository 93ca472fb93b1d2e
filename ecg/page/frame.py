"""Finding the trace frame: the box that holds the traces, without the page's header and footer.

What stands around the traces (patient ID, date, heart rate) gives a class away without the heart:
the printed heart rate alone tells the class of 68 % of the public four-class pages. So models are
trained on, and served with, the inside of this box only.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

LINE_DARKNESS = 0.92  # a line is darker than this share of the paper's brightness
PAPER_PERCENTILE = 90  # of the page's grey levels: the paper
MIN_WIDTH, MIN_HEIGHT = 0.6, 0.5  # smallest frame, as shares of the page
COVERAGE = 0.95  # share of each side that its line must cover
THICKEST = 0.01  # of the page's width: a line of the frame is thinner
MAX_INK = 0.5  # share of the frame's inside that may be dark
REACH = 3  # px: how far a line may wander
AT_ONCE = 500_000  # pixels whose runs are counted at a time, at a dozen bytes each


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels, `right` and `bottom` excluded, as Pillow counts."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def times(self, factor: float) -> "Box":
        """The same box on a page that is `factor` times as large."""
        left, top, right, bottom = (
            math.floor(side * factor + 0.5)
            for side in (self.left, self.top, self.right, self.bottom)
        )
        return Box(left, top, right, bottom)

    def moved(self, right: int, down: int) -> "Box":
        """The same box where its picture is a part of a larger one, cut out at this place."""
        return Box(self.left + right, self.top + down, self.right + right, self.bottom + down)

    def as_tuple(self) -> tuple[int, int, int, int]:
        return (self.left, self.top, self.right, self.bottom)


def find_frame(grey: Grey) -> Box | None:
    """The inside of the drawn box around the traces, or None where no closed box is found.

    `grey` is a page, uint8 (height, width), 0 black to 255 white. A box counts when its four
    sides are drawn lines, each covered to 95 %, and it takes at least 60 % of the page's width and
    half of its height. Its lines themselves are left out.
    """
    height, width = grey.shape
    lines = grey < LINE_DARKNESS * paper_brightness(grey)
    dark = np.flatnonzero(np.count_nonzero(lines, axis=0) >= MIN_HEIGHT * height)
    starts, lengths = np.zeros(width, np.intp), np.zeros(width, np.intp)
    starts[dark], lengths[dark] = longest_runs(lines[:, dark])
    columns = np.flatnonzero(lengths >= MIN_HEIGHT * height)
    if columns.size < 2 or columns[-1] - columns[0] < MIN_WIDTH * width:
        return None
    left, right = int(columns[0]), int(columns[-1])
    top = int(max(starts[left], starts[right]))
    bottom = int(min(starts[left] + lengths[left], starts[right] + lengths[right])) - 1
    if bottom - top < MIN_HEIGHT * height or not _is_closed(lines, Box(left, top, right, bottom)):
        return None
    outside = Box(left, top, right, bottom)
    inside = _inside(lines, outside)
    if inside.width < MIN_WIDTH * width or inside.height < MIN_HEIGHT * height:
        return None  # dark masses, not lines
    if _thickness(outside, inside) > THICKEST * width:
        return None  # the table around a sheet
    return inside if _is_paper(lines, inside) else None


def paper_brightness(grey: Grey) -> float:
    """The brightness of the paper: a percentile of the grey levels, from their counts."""
    from PIL import Image

    counts = np.cumsum(Image.fromarray(grey).histogram())
    place = PAPER_PERCENTILE / 100 * (grey.size - 1)
    below, above = (
        int(np.searchsorted(counts, at, "right")) for at in (int(place), math.ceil(place))
    )
    return below + (above - below) * (place - int(place))


def longest_runs(lines: Mask) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Start and length of the longest vertical run of True in each column, the first of equal ones."""
    height, width = lines.shape
    some = max(1, AT_ONCE // height)
    parts = [_longest_runs(lines[:, left : left + some]) for left in range(0, max(width, 1), some)]
    starts, lengths = zip(*parts, strict=True)
    return np.concatenate(starts), np.concatenate(lengths)


def _longest_runs(lines: Mask) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    columns = np.ascontiguousarray(lines.T)
    rows = np.arange(1, columns.shape[1] + 1, dtype=np.int32)
    last_gap = np.maximum.accumulate(np.where(columns, 0, rows), axis=1, dtype=np.int32)
    run = rows - last_gap  # how many rows up from here are True
    ends = run.argmax(axis=1)
    lengths = run[np.arange(len(run)), ends].astype(np.intp)
    return np.where(lengths > 0, ends + 1 - lengths, 0), lengths


def _is_closed(lines: Mask, box: Box) -> bool:
    """Whether the top and bottom of the box are drawn, a few pixels up or down allowed."""
    for y in (box.top, box.bottom):
        band = lines[max(0, y - REACH) : y + REACH + 1, box.left : box.right]
        if band.any(axis=0).mean() < COVERAGE:
            return False
    return True


def _thickness(outside: Box, inside: Box) -> int:
    """Pixels of the thickest of the four lines."""
    pairs = zip(outside.as_tuple(), inside.as_tuple(), strict=True)
    return max(abs(outer - inner) for outer, inner in pairs)


def _is_paper(lines: Mask, box: Box) -> bool:
    """Whether the box holds mostly paper: a shadow over a photo is no frame."""
    return float(lines[box.top : box.bottom, box.left : box.right].mean()) < MAX_INK


def _inside(lines: Mask, box: Box) -> Box:
    """The box without the thickness of its own lines."""

    def is_column(x: int) -> bool:
        return float(lines[box.top : box.bottom, x].mean()) > COVERAGE

    def is_row(y: int) -> bool:
        return float(lines[y, box.left : box.right].mean()) > COVERAGE

    left, top, right, bottom = box.as_tuple()
    while left < right and is_column(left):
        left += 1
    while right > left and is_column(right):
        right -= 1
    while top < bottom and is_row(top):
        top += 1
    while bottom > top and is_row(bottom):
        bottom -= 1
    return Box(left, top, right + 1, bottom + 1)
