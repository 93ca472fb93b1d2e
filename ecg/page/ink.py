"""The ink of a page: what is darker than the paper around it, without the grid."""

import numpy as np
import numpy.typing as npt

from ecg.page.page import Page

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

FAINTEST, DARKEST = 0.25, 0.75  # darkness below which is grid, and from which is full ink
PAPER_BLOCK = 16  # px: the paper's brightness is taken from blocks of this side
HEIGHT, WIDTH = 256, 448  # px of the map of a page's area


def darkness(grey: Grey) -> Floats:
    """0 as bright as the paper around it, 1 black; a shadow over the sheet counts as paper."""
    import cv2  # here, since a start needs no picture

    height, width = grey.shape
    blocks = (max(1, width // PAPER_BLOCK), max(1, height // PAPER_BLOCK))
    paper = cv2.resize(grey, blocks, interpolation=cv2.INTER_AREA)
    paper = cv2.blur(cv2.dilate(paper, np.ones((5, 5), np.uint8)), (5, 5))
    paper = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    dark = 1 - grey / np.maximum(np.asarray(paper, np.float32), 1)
    return np.asarray(dark, dtype=np.float32)


def ink_of(grey: Grey) -> Floats:
    """0 paper and grid to 1 ink, of a grey picture's size."""
    ink = np.clip((darkness(grey) - FAINTEST) / (DARKEST - FAINTEST), 0, 1)
    return np.asarray(ink, dtype=np.float32)


def area_ink(page: Page) -> Floats:
    """The ink of the area that models read, float32 (HEIGHT, WIDTH), 0 paper to 1 ink.

    Frame lies on frame, whatever size the page comes in. Raises UnreadablePicture as `Page.trace` does.
    """
    import cv2

    grey = page.trace((2 * WIDTH, 2 * HEIGHT), "grey")
    if grey.shape[1] > 3 * WIDTH or grey.shape[0] > 3 * HEIGHT:  # a decoder scales by 8, 4, 2 only
        grey = np.asarray(
            cv2.resize(grey, (2 * WIDTH, 2 * HEIGHT), interpolation=cv2.INTER_AREA), np.uint8
        )
    small = cv2.resize(ink_of(grey), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32)
