"""Telling the black ink of traces from coloured grid and paper, and finding its runs in columns."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from ecg.errors import UnreadableTraces
from ecg.page.frame import Mask, paper_brightness

Coverage = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

FAINT = 0.35  # of full coverage: more than grid and JPEG noise have
DARK = 0.5  # of the paper's brightness: what is darker is ink for sure
INK_PERCENTILE = 20  # of the dark pixels' brightness: the ink, without its soft edges
MIN_INK = 0.001  # share of the trace area
MOST_RUNS = 20  # a column, on average; 4.4 at most on 50 pages of the public set
HALO = 5  # px around ink that say nothing on the grid
ONLY_CLEAN = "Traces are read back from pages with a trace frame, a grid and pulses."
TOO_MUCH = f"There is far more ink in the frame than traces have. {ONLY_CLEAN}"


@dataclass(frozen=True)
class Runs:
    """The runs of ink in one column, from the top down.

    `top` and `bottom`: float64 (n,), px, the upper and lower edge of each to a fraction of a pixel.
    """

    top: Floats
    bottom: Floats

    @property
    def centre(self) -> Floats:
        return (self.top + self.bottom) / 2


def read_ink(rgb: npt.NDArray[np.uint8]) -> Coverage | None:
    """How far each pixel is covered by black ink, float32 (height, width), 0 to 1.

    `rgb` is a trace area, uint8 (height, width, 3). The brightest of a pixel's channels counts, in
    which a coloured grid is nearly paper. None where there is next to no ink.
    """
    brightest = rgb.max(axis=2)
    paper = paper_brightness(brightest)
    dark = brightest[brightest < DARK * paper]
    if dark.size < MIN_INK * brightest.size:
        return None
    ink = float(np.percentile(dark, INK_PERCENTILE))
    coverage: Coverage = brightest.astype(np.float32)
    np.subtract(paper, coverage, out=coverage)
    coverage /= paper - ink
    return np.clip(coverage, 0.0, 1.0, out=coverage)


def read_grid(rgb: npt.NDArray[np.uint8], ink: Coverage) -> Coverage:
    """How dark the grid is, float32 (height, width) in grey levels, 0 on paper and around ink."""
    grid: Coverage = (255 - rgb.min(axis=2)).astype(np.float32)
    near = cv2.dilate((ink > FAINT).astype(np.uint8), np.ones((HALO, HALO), np.uint8)) > 0
    grid[near] = 0.0
    return grid


def without_specks(ink: Coverage, width: float, height: float) -> Coverage:
    """The ink without pieces smaller than `width` x `height` px: letters that no trace touches."""
    _, places, stats, _ = cv2.connectedComponentsWithStats((ink > DARK).astype(np.uint8))
    small = (stats[:, cv2.CC_STAT_WIDTH] < width) & (stats[:, cv2.CC_STAT_HEIGHT] < height)
    small[0] = False
    speck: Mask = small[places]
    gone = cv2.dilate(speck.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    gone &= speck | (places == 0)
    kept = ink.copy()
    kept[gone] = 0.0
    return kept


def runs_of(ink: Coverage) -> list[Runs]:
    """The runs of ink in each column; a pixel that is half covered moves an edge by half a pixel.

    Raises UnreadableTraces where there are far more than traces have.
    """
    height, width = ink.shape
    padded = np.zeros((height + 2, width), np.float32)
    padded[1:-1] = ink
    solid = (padded > DARK).view(np.int8)
    steps = np.diff(solid, axis=0).T  # (width, height + 1): starts and ends in order
    begins = steps == 1
    if np.count_nonzero(begins) > MOST_RUNS * width:
        raise UnreadableTraces(TOO_MUCH)
    columns, starts = np.nonzero(begins)
    _, ends = np.nonzero(steps == -1)
    first, last = starts + 1, ends  # rows of `padded`, both inside the run
    top = first - padded[first - 1, columns] + (1 - padded[first, columns]) - 1
    bottom = last + 1 + padded[last + 1, columns] - (1 - padded[last, columns]) - 1
    cuts = np.searchsorted(columns, np.arange(width + 1))
    return [
        Runs(top[a:b].astype(np.float64), bottom[a:b].astype(np.float64))
        for a, b in pairwise(cuts.tolist())
    ]
