"""The layout that a model knows: the ink that all its training pages share, and whether a page has it too.

Lead names, separators and calibration pulses stand in the same places on all pages of a device. Where the
mean of the training pages shows such a thing, a small tile of it is kept; a page has the layout if its
own ink correlates with these tiles in their places. One shift for all tiles is looked for, and a pixel
more for each: a frame is not found to the pixel. Correlation takes no notice of how dark or soft the ink
is, so a photograph that was straightened has the layout as its page has.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from ecg.page.ink import HEIGHT, WIDTH, Floats

Ints = npt.NDArray[np.int64]

TILE = 16  # px of the map
BLUR = 1.2  # px: so far may thin lines lie apart
REACH = 4  # px that all tiles may lie off together
PAD = REACH + 1  # px around the map that there is no ink in
FEW = 3  # of so many tiles one tells where the page lies
LEVELS = 255  # of the mean, as it is kept
FAINT = 0.02  # standard deviation of ink below which there is nothing to correlate
SHARED_FROM = 0.6  # correlation with the mean that nine in ten training pages must reach in a tile
UPRIGHT = (
    0.35  # least share of a tile's edges that are upright: rows of traces alone tell no layout
)
LEAST_TILES = 24  # below which nothing tells a layout: pages of several, or without shared ink
SLACK = 0.02  # of correlation, below what nearly all training pages have when held out


class Shifts(NamedTuple):
    """By how much ink may lie off, in px: around the middle, and how far from it."""

    down: int
    right: int
    reach: int


@dataclass(frozen=True, eq=False)
class SharedLayout:
    """What pages share.

    mean: float32 (HEIGHT, WIDTH), the soft ink of training pages. tiles: (n, 2), their top and left.

    least: the correlation from which on a page has this layout.
    """

    mean: Floats
    tiles: Ints
    least: float

    def score(self, soft: Floats) -> float:
        """How far a page has it, -1 to 1. soft: its ink, as `soften` gives it."""
        wide = np.pad(soft, PAD)
        room = _window_spread(wide)
        few = self._correlations(wide, room, slice(None, None, FEW), Shifts(0, 0, REACH))
        together = few.mean(axis=0)  # enough to tell where the page lies
        down, right = (
            int(at) - REACH for at in np.unravel_index(together.argmax(), together.shape)
        )
        near = self._correlations(wide, room, slice(None), Shifts(down, right, 1))
        return float(near.max(axis=(1, 2)).mean())

    def _correlations(self, wide: Floats, room: Floats, some: slice, shifts: Shifts) -> Floats:
        """(tiles, down, right) of some tiles with the ink where they should be, moved by each shift."""
        tops, lefts = self.tiles[some, 0], self.tiles[some, 1]
        moved = np.arange(-shifts.reach, shifts.reach + 1)
        rows = (PAD + tops + shifts.down)[:, None, None] + moved[None, :, None]
        columns = (PAD + lefts + shifts.right)[:, None, None] + moved[None, None, :]
        windows = sliding_window_view(wide, (TILE, TILE))[rows, columns]
        products = np.einsum("nabyx,nyx->nab", windows, self._cut[some], optimize=True)
        return np.asarray(products / room[rows, columns], dtype=np.float32)

    @cached_property
    def _cut(self) -> Floats:
        """(n, TILE, TILE), each tile's mean taken off and of length 1."""
        tiles = sliding_window_view(self.mean, (TILE, TILE))[self.tiles[:, 0], self.tiles[:, 1]]
        apart = tiles - tiles.mean(axis=(1, 2), keepdims=True)
        lengths = np.sqrt((apart**2).sum(axis=(1, 2), keepdims=True))
        return np.asarray(apart / lengths, dtype=np.float32)

    @cached_property
    def name(self) -> str:
        """Tells it from others."""
        return hashlib.sha256(self.mean.tobytes() + self.tiles.tobytes()).hexdigest()


def soften(ink: Floats) -> Floats:
    """Ink that may be compared: float32 (HEIGHT, WIDTH)."""
    import cv2

    return np.asarray(cv2.GaussianBlur(ink, (0, 0), BLUR), dtype=np.float32)


def find_layout(soft: Floats, least: float = -1.0) -> SharedLayout | None:
    """The layout of pages, by their soft ink (n, HEIGHT, WIDTH); None where they share too little."""
    mean = (soft.mean(axis=0) * LEVELS).round().astype(np.float32) / LEVELS  # as it is kept
    corners = np.array(
        [
            (top, left)
            for top in range(0, HEIGHT - TILE + 1, TILE // 2)
            for left in range(0, WIDTH - TILE + 1, TILE // 2)
            if _is_upright(mean[top : top + TILE, left : left + TILE])
        ],
        dtype=np.int64,
    ).reshape(-1, 2)
    alike = np.array([_in_place(page, mean, corners) for page in soft])
    shared = np.quantile(alike, 0.1, axis=0) >= SHARED_FROM
    tiles = corners[shared]
    return SharedLayout(mean, tiles, least) if len(tiles) >= LEAST_TILES else None


def _is_upright(tile: Floats) -> bool:
    across, down = (float(np.abs(np.diff(tile, axis=axis)).sum()) for axis in (1, 0))
    return float(tile.std()) > FAINT and across > UPRIGHT * (across + down)


def _in_place(page: Floats, mean: Floats, corners: Ints) -> Floats:
    """(n,) correlation of a page with the mean in each tile, nothing moved."""
    import cv2

    def summed(values: Floats) -> Floats:
        sums = cv2.boxFilter(values, -1, (TILE, TILE), anchor=(0, 0), normalize=False)
        return np.asarray(sums, dtype=np.float32)

    count = TILE * TILE
    products = summed(page * mean) - summed(page) * summed(mean) / count
    spread = [
        np.sqrt(np.maximum(summed(one * one) - summed(one) ** 2 / count, 0) + count * FAINT**2)
        for one in (page, mean)
    ]
    return np.asarray((products / (spread[0] * spread[1]))[corners[:, 0], corners[:, 1]])


def _window_spread(wide: Floats) -> Floats:
    """The length of each window of a tile's size, its mean taken off; never nothing."""
    import cv2

    sums, squares = (np.asarray(one, np.float64) for one in cv2.integral2(wide))

    def windows(of: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return of[TILE:, TILE:] - of[:-TILE, TILE:] - of[TILE:, :-TILE] + of[:-TILE, :-TILE]

    count = TILE * TILE
    lengths = np.maximum(windows(squares) - windows(sums) ** 2 / count, 0)
    return np.sqrt(lengths + count * FAINT**2).astype(np.float32)
