"""The grid of ECG paper: how far its lines lie apart in both directions, and how sure that is.

The light ink of small tiles is averaged along rows and along columns; what repeats shows as a peak of the
autocorrelation, summed over the tiles, so that a page turned by a few degrees keeps its grid.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twelvelead.inference.gate.channels import Grey

TILE = 128  # px
LEAST, MOST = 4, 64  # px: a line's distance to the next
LIGHT = 48  # grey levels: ink darker than that is a trace, and counts as that
RISE = 0.12  # of the tile's variance: by how much a peak stands above the valley before it
Profiles = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Grid:
    """pitch: px between lines, across and down, 0 where none is seen. strength: of its repeat, 0 to 1."""

    pitch: tuple[float, float]
    strength: tuple[float, float]

    @property
    def agreement(self) -> float:
        """How alike both directions are, 0 to 1; one may count the fine lines, the other each fifth."""
        if not min(self.pitch):
            return 0.0
        ratio = max(self.pitch) / min(self.pitch)
        return float(max(np.exp(-8 * abs(np.log(ratio / whole))) for whole in (1, 5)))

    @property
    def is_seen(self) -> bool:
        """Whether lines repeat in both directions at distances that fit."""
        return min(self.strength) > 0 and self.agreement > 0.5


def find_grid(grey: Grey, paper: Grey) -> Grid:
    """The grid of uint8 (height, width); paper: the brightness of the paper at each place, the same shape."""
    import cv2

    ink = np.minimum(np.asarray(cv2.subtract(paper, grey), np.uint8), LIGHT)
    rows, columns = (side // TILE for side in ink.shape)
    if not rows or not columns:
        return Grid((0.0, 0.0), (0.0, 0.0))
    tiles = ink[: rows * TILE, : columns * TILE].reshape(rows, TILE, columns, TILE)
    found = [
        _repeat(tiles.mean(axis=axis, dtype=np.float32), way) for axis, way in ((1, 2), (3, 1))
    ]
    across, down = found
    return Grid((across[0], down[0]), (across[1], down[1]))


def _repeat(profiles: Profiles, way: int) -> tuple[float, float]:
    """Distance and strength of what repeats along axis `way` of the tiles' profiles."""
    lines = np.moveaxis(profiles, way, -1).reshape(-1, TILE)
    lines = lines - lines.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(lines, 2 * TILE, axis=1)
    power = np.square(np.abs(spectrum)) / np.maximum(np.square(lines).sum(axis=1), 1.0)[:, None]
    repeat = np.fft.irfft(power.sum(axis=0))[:TILE]
    if repeat[0] <= 0:
        return 0.0, 0.0
    repeat = repeat / repeat[0] * TILE / np.arange(TILE, 0, -1)
    return _first_peak(repeat[: MOST + 2])


def _first_peak(repeat: npt.NDArray[np.float64]) -> tuple[float, float]:
    """The first peak that is nearly as high as any, with what it rises by."""
    inner = np.arange(LEAST, len(repeat) - 1)
    peaks = inner[(repeat[inner] >= repeat[inner - 1]) & (repeat[inner] > repeat[inner + 1])]
    rises = np.array([repeat[at] - repeat[1:at].min() for at in peaks])
    if not len(peaks) or rises.max() < RISE:
        return 0.0, 0.0
    first = int(np.flatnonzero(rises > 0.7 * rises.max())[0])
    at = int(peaks[first])
    left, middle, right = repeat[at - 1 : at + 2]
    bend = left - 2 * middle + right
    return at + (0.5 * (left - right) / bend if bend else 0.0), float(min(1.0, rises[first]))
