"""The one trace in a picture of a beat, read back as a curve of fixed length."""

from typing import Final

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
Curve = npt.NDArray[np.float32]

COLUMNS: Final = 96
LARGEST = 256  # px: a larger picture is shrunk to this before it is read
INK = 0.25  # of the strongest contrast, from which a pixel is ink
FAINTEST = 16  # grey levels: the least contrast of a line
STRONGEST = 99.8  # percentile of the contrast that counts as the strongest


def read_curve(pixels: Grey) -> Curve | None:
    """The trace from left to right: float32 (2, COLUMNS).

    First the middle of the line, 0 to 1 from its lowest to its highest ink; then by how much the line
    stands higher in a column than in its thinnest one, as a share of that height.
    pixels: uint8 (height, width), the part of a picture that holds the trace, dark on light or the
    other way round. None where no line is seen.
    """
    contrast = _contrast(_shrunk(pixels))
    if contrast is None:
        return None
    ink = contrast > 0
    columns = np.flatnonzero(ink.any(axis=0))
    if len(columns) < COLUMNS // 12:
        return None
    contrast, ink = contrast[:, columns], ink[:, columns]
    middle = np.arange(len(ink)) @ contrast / contrast.sum(axis=0)
    top, bottom = ink.argmax(axis=0), len(ink) - 1 - ink[::-1].argmax(axis=0)
    at = np.linspace(columns[0], columns[-1], COLUMNS)
    mid, high, low = (np.interp(at, columns, one) for one in (middle, top, bottom))
    height = max(1.0, float(low.max() - high.min()))
    extent = (low - high) / height
    return np.stack([(low.max() - mid) / height, extent - extent.min()]).astype(np.float32)


def _shrunk(pixels: Grey) -> Grey:
    import cv2

    factor = max(pixels.shape) / LARGEST
    if factor <= 1:
        return pixels
    height, width = (max(1, round(side / factor)) for side in pixels.shape)
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _contrast(pixels: Grey) -> npt.NDArray[np.float32] | None:
    """How far each pixel of ink is from the paper, 0 elsewhere; None where there is no ink."""
    if not pixels.size:
        return None
    contrast = np.abs(pixels.astype(np.float32) - float(np.median(pixels)))
    strongest = float(np.percentile(contrast, STRONGEST))
    if strongest < FAINTEST:
        return None
    return np.where(contrast > INK * strongest, contrast, np.float32(0))
