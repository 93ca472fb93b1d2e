"""The ink of a page: traces without paper and grid, small, for telling one recording from another.

Pages of one device share frame, grid, lead names and header, so a hash of the whole picture (dHash,
pHash) calls all of them alike. What differs is the ink inside the frame.
"""

import zlib
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ecg.page.frame import Box
from ecg.page.ink import ink_of
from ecg.page.page import FRAME_WIDTH, Page

Ink = npt.NDArray[np.uint8]
Sides = tuple[float, float, float, float]  # left, top, right, bottom

WIDTH = 560  # px of the map: a trace is 1 to 2 px thick in it
FREE = 3  # px around a frame, below which it may be cut
EDGE = 3  # px inside the frame where its own lines may still show
LONG = 0.6  # share of the picture's side from which a straight line is drawn, no trace
LEAST_INK = 0.0005  # share of a picture below which there is nothing to compare


@dataclass(frozen=True)
class InkMap:
    """Where a picture is dark: uint8 (height, WIDTH), 0 paper to 255 ink, kept compressed.

    sides: the frame's inside in pixels of this map, outside of which all is 0; None where no frame
    was found on the page, and then straight lines as long as a frame's are taken out.
    """

    packed: bytes
    height: int
    sides: Sides | None

    def pixels(self) -> Ink:
        """The map itself."""
        flat = np.frombuffer(zlib.decompress(self.packed), dtype=np.uint8)
        return flat.reshape(self.height, WIDTH)

    @property
    def area(self) -> Sides:
        """The frame's inside, or the whole map."""
        return self.sides or (0.0, 0.0, float(WIDTH), float(self.height))


def find_ink(page: Page) -> InkMap | None:
    """The ink of a flat page.

    None where there is no ink to compare: an empty sheet.
    """
    grey = page.flat((FRAME_WIDTH, 1), "grey")
    height = max(1, round(WIDTH * grey.shape[0] / grey.shape[1]))
    dark = (ink_of(grey) * 255).astype(np.uint8)
    ink = np.asarray(cv2.resize(dark, (WIDTH, height), interpolation=cv2.INTER_AREA), np.uint8)
    sides = None
    if page.frame and _is_whole(page.frame, page.flat_size):
        scale = WIDTH / page.flat_size[0]
        left, top, right, bottom = (scale * side for side in page.frame.as_tuple())
        sides = (left, top, right, bottom)
    ink = _without_lines(ink) if sides is None else _inside(ink, sides)
    if ink.mean() < 255 * LEAST_INK:
        return None
    return InkMap(zlib.compress(ink.tobytes(), 1), height, sides)


def _is_whole(frame: Box, size: tuple[int, int]) -> bool:
    """Whether a frame stands free on the page: one that the picture cuts is known too roughly."""
    left, top = frame.left, frame.top
    return min(left, top, size[0] - frame.right, size[1] - frame.bottom) >= FREE


def _inside(ink: Ink, sides: Sides) -> Ink:
    left, top, right, bottom = (round(side) for side in sides)
    kept = np.zeros_like(ink)
    rows, columns = slice(top + EDGE, bottom - EDGE), slice(left + EDGE, right - EDGE)
    kept[rows, columns] = ink[rows, columns]
    return kept


def _without_lines(ink: Ink) -> Ink:
    height, width = ink.shape
    across = np.ones((1, round(LONG * width)), np.uint8)
    down = np.ones((round(LONG * height), 1), np.uint8)
    lines = np.maximum(
        cv2.morphologyEx(ink, cv2.MORPH_OPEN, across), cv2.morphologyEx(ink, cv2.MORPH_OPEN, down)
    )
    return ink - np.minimum(ink, cv2.dilate(lines, np.ones((3, 3), np.uint8)))
