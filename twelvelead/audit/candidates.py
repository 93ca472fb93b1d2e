"""Which pages could be the same: a coarse description of each, and the nearest ones to it.

Two pages with frames are compared frame on frame. Where one has no frame, as after a crop, the ink in
each column is compared, which shows where the heartbeats are, at several scales and shifts. Nothing is
decided here: `twelvelead.audit.fingerprint` looks at every candidate.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from twelvelead.audit.ink import Ink, InkMap

Floats = npt.NDArray[np.float32]

COARSE = (64, 48)  # px: width, height of the description inside the frame
COARSE_BLUR = 1.2  # px
COLUMNS = 280  # of the description without a frame
FINE_BLUR, WIDE_BLUR = 1.0, 10.0  # columns: what lies between the two is the beats
SCALES = np.geomspace(1 / 1.09, 1.09, 18)  # one width against the other, crops of 4 % a side
MAX_SHIFT = 24  # columns that the middle may lie off
PADDED = 512  # columns of the transform: room for shifts


@dataclass(frozen=True)
class Description:
    """What stands for a page in the search: two vectors, each with mean 0 and length 1.

    coarse: float32 (48 * 64,), the ink inside the frame; None without a frame. columns: float32
    (280,), the ink of the columns of the whole map.
    """

    coarse: Floats | None
    columns: Floats


@dataclass(frozen=True)
class Candidate:
    """Another page that may be the same.

    other: its number. alike: correlation of the descriptions. scale: the first page's width on it.
    """

    other: int
    alike: float
    scale: float


def describe(ink: InkMap) -> Description:
    """The coarse description of a page's ink."""
    pixels = ink.pixels()
    coarse = None
    if ink.sides:
        left, top, right, bottom = (round(side) for side in ink.sides)
        inside = pixels[top:bottom, left:right]
        small = cv2.resize(inside, COARSE, interpolation=cv2.INTER_AREA).astype(np.float32)
        soft = cv2.GaussianBlur(np.sqrt(small), (0, 0), COARSE_BLUR)
        coarse = _unit(np.asarray(soft, dtype=np.float32).ravel())
    return Description(coarse, _columns(pixels))


class Search:
    """Finds, for each page, the others in falling order of likeness."""

    def __init__(self, descriptions: list[Description]) -> None:
        self._count = len(descriptions)
        self._framed = np.array([d.coarse is not None for d in descriptions], dtype=bool)
        empty = np.zeros(COARSE[0] * COARSE[1], np.float32)
        self._coarse = np.stack([empty if d.coarse is None else d.coarse for d in descriptions])
        self._columns = np.stack([d.columns for d in descriptions])
        self._spectra = np.fft.rfft(self._columns, PADDED).astype(np.complex64)

    def near(self, number: int) -> Iterator[Candidate]:
        """Candidates with frames on both sides first, then those without, nearest first.

        A pair without two frames is given from the page that has none, or from the later one.
        """
        if self._framed[number]:
            alike = self._coarse @ self._coarse[number]
            alike[number], alike[~self._framed] = -1, -1
            for other in np.argsort(-alike)[: int(self._framed.sum()) - 1]:
                yield Candidate(int(other), float(alike[other]), 1.0)

    def near_by_columns(self, number: int) -> Iterator[Candidate]:
        """Candidates for a page without a frame, nearest first; nothing for one with a frame."""
        if self._framed[number]:
            return
        best = np.full(self._count, -1.0)
        scales = np.ones(self._count)
        for scale in SCALES:
            alike = self._slide(_scaled(self._columns[number], float(scale)))
            better = alike > best
            best[better], scales[better] = alike[better], scale
        best[number] = -1
        for other in np.argsort(-best)[: self._count - 1]:
            yield Candidate(int(other), float(best[other]), float(scales[other]))

    def _slide(self, columns: Floats) -> Floats:
        """Best correlation with every page over shifts of `columns`."""
        product = self._spectra * np.conj(np.fft.rfft(columns, PADDED).astype(np.complex64))
        slid = np.fft.irfft(product, PADDED, axis=1)
        return np.asarray(slid[:, np.arange(-MAX_SHIFT, MAX_SHIFT + 1)].max(axis=1), np.float32)


def _columns(pixels: Ink) -> Floats:
    summed = pixels.astype(np.float32).sum(axis=0, keepdims=True) / 255
    small = cv2.resize(np.sqrt(summed), (COLUMNS, 1), interpolation=cv2.INTER_AREA)
    fine = cv2.GaussianBlur(small, (0, 0), FINE_BLUR)
    return _unit((fine - cv2.GaussianBlur(small, (0, 0), WIDE_BLUR)).ravel())


def _scaled(columns: Floats, scale: float) -> Floats:
    """The columns drawn `scale` times as wide around their middle, of length 1 again."""
    middle = (COLUMNS - 1) / 2
    at = (np.arange(COLUMNS) - middle) / scale + middle
    drawn = np.interp(at, np.arange(COLUMNS), columns, left=0, right=0)
    return _unit(drawn.astype(np.float32))


def _unit(values: Floats) -> Floats:
    centred = values - values.mean()
    return np.asarray(centred / max(float(np.linalg.norm(centred)), 1e-6), dtype=np.float32)
