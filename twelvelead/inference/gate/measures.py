"""What is measured on a picture, whatever any network makes of it: light, sharpness, grid, traces."""

from dataclasses import dataclass

import numpy as np

from ecg.page.frame import Mask
from twelvelead.inference.gate.channels import Channels, Grey, local_paper, placed
from twelvelead.inference.gate.grid import Grid, find_grid

DARK = 90  # of 255ths: ink from here on is a trace's or a word's, not the grid's
BRIGHT_PERCENTILE = 90
BLOCK = 24  # px: larger than a box of the grid
EDGE = 0.02  # of the picture's width: how near its side a trace must come to run over it
STRONGEST = 99.8  # percentile of the ink and of the edges that counts as the strongest


@dataclass(frozen=True)
class PageMeasures:
    """size: (width, height) of the picture as sent, px. brightness: of the paper, 0 to 255.

    contrast: of the darkest ink to the paper around it, 0 to 1. sharpness: the steepest edge as a share
    of the contrast, a pixel. rows: bands of dark ink above each other. covered: share of the columns,
    between the first and the last, with dark ink. aligned: correlation of upright strokes in the upper
    half with those below, -1 to 1. redness: of the paper and its print, -1 to 1. running_over: traces
    that reach the left or right side of the picture.
    """

    size: tuple[int, int]
    brightness: float
    contrast: float
    sharpness: float
    grid: Grid
    rows: int
    covered: float
    aligned: float
    redness: float
    running_over: int

    def as_dict(self) -> dict[str, float]:
        """By name, rounded."""
        told = {
            "width": self.size[0],
            "height": self.size[1],
            "brightness": self.brightness,
            "contrast": self.contrast,
            "sharpness": self.sharpness,
            "grid_across": self.grid.pitch[0],
            "grid_down": self.grid.pitch[1],
            "grid_strength": min(self.grid.strength),
            "grid_agreement": self.grid.agreement,
            "rows": self.rows,
            "covered": self.covered,
            "aligned": self.aligned,
            "redness": self.redness,
            "running_over": self.running_over,
        }
        return {name: round(float(value), 4) for name, value in told.items()}


def measure(size: tuple[int, int], grey: Grey, seen: Channels) -> PageMeasures:
    """size: of the picture as sent. grey: uint8 (height, width). seen: as `channels` makes it of both."""
    paper = local_paper(grey, BLOCK)
    brightness = float(np.percentile(paper[::8, ::8], BRIGHT_PERCENTILE))
    contrast, sharpness = _edges(grey, paper)
    box = placed(grey.shape)[1]
    inside = seen[:, box.top : box.bottom, box.left : box.right]
    dark = inside[1] > DARK
    return PageMeasures(
        size,
        brightness,
        contrast,
        sharpness,
        find_grid(grey, paper),
        rows=_rows(dark),
        covered=_covered(dark),
        aligned=_aligned(dark),
        redness=(float(inside[2, ::4, ::4].mean()) - 128) / 128,
        running_over=_running_over(dark),
    )


def _edges(grey: Grey, paper: Grey) -> tuple[float, float]:
    """Contrast, 0 to 1, and sharpness."""
    import cv2

    some = slice(None, None, 2)  # every second row tells as much
    ink = np.asarray(cv2.subtract(paper[some], grey[some]), np.uint8)
    steps = np.asarray(cv2.absdiff(grey[some, 1:], grey[some, :-1]), np.uint8)
    strongest, steepest = (_level(values) for values in (ink, steps))
    brightness = max(1.0, float(np.percentile(paper[::8, ::8], BRIGHT_PERCENTILE)))
    return strongest / brightness, steepest / max(strongest, 1.0)


def _level(values: Grey) -> float:
    """The STRONGEST percentile, by counting."""
    import cv2

    counts = cv2.calcHist([values], [0], None, [256], [0, 256]).ravel().cumsum()
    return float(np.searchsorted(counts, STRONGEST / 100 * counts[-1]))


def _rows(dark: Mask) -> int:
    """Bands with more ink than the mean of the picture, above each other."""
    profile = dark.mean(axis=1)
    smooth = np.convolve(profile, np.ones(5) / 5, "same")
    many = np.asarray(smooth > max(0.02, 1.2 * float(smooth.mean())))
    return int(many[0]) + int((many[1:] & ~many[:-1]).sum())


def _covered(dark: Mask) -> float:
    columns = np.flatnonzero(dark.any(axis=0))
    return float(len(columns) / (columns[-1] - columns[0] + 1)) if len(columns) else 0.0


def _aligned(dark: Mask) -> float:
    """How far upright strokes of the upper half stand above those of the lower one."""
    half = dark.shape[0] // 2
    profiles = [part.sum(axis=0).astype(np.float64) for part in (dark[:half], dark[half:])]
    sharp = [one - np.convolve(one, np.ones(9) / 9, "same") for one in profiles]
    spread = float(np.sqrt(np.square(sharp[0]).sum() * np.square(sharp[1]).sum()))
    return float(sharp[0] @ sharp[1]) / spread if spread else 0.0


def _running_over(dark: Mask) -> int:
    """Stretches of ink at the left or right side, the side with more of them."""
    near = max(1, round(EDGE * dark.shape[1] / 2))
    sides: list[Mask] = [np.any(dark[:, :near], axis=1), np.any(dark[:, -near:], axis=1)]
    return max(int((side[1:] & ~side[:-1]).sum()) for side in sides)
