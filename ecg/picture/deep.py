"""Values of more than 8 bits, brought to 8 by the range that they really have.

Scanners and radiology tools store 10, 12 or 14 bits in 16, and floats from 0 to 1: by the range that the
file's type could hold, such a page would be black. The range is that of the whole picture, so that it is
the same at every scale.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[Any]

DEPTHS = (8, 10, 12, 14, 16, 24, 31)  # bits that are in use
FEW = 0.001  # share of values that may lie above the range: dead pixels, burnt-in marks
FRACTION = 1.0  # the white of floats that are shares


def white_of(bands: Iterable[Values], *, fractions: bool) -> float:
    """The value that is white: the highest of the smallest usual depth that holds all but a few values.

    bands: all values of a picture, of any shape. fractions: whether they may be shares of 1.
    """
    whites = [float((1 << bits) - 1) for bits in DEPTHS]
    whites = [FRACTION, *whites] if fractions else whites
    above, count = np.zeros(len(whites), np.int64), 0
    for values in bands:
        above += [np.count_nonzero(values > white) for white in whites]
        count += values.size
    return whites[int(np.argmax(above <= FEW * count))] if above[-1] <= FEW * count else whites[-1]


def to_eight_bits(values: Values, white: float) -> npt.NDArray[np.uint8]:
    """uint8 of the same shape: black 0, `white` 255, what lies outside of them cut off, no number black."""
    if white == FRACTION or values.dtype.kind == "f":
        shares = np.nan_to_num(values.astype(np.float32) * np.float32(255 / white))
        return np.asarray(np.clip(shares + 0.5, 0, 255), np.uint8)
    within = np.clip(values, 0, int(white)).astype(np.uint32)
    return np.asarray(within >> (int(white).bit_length() - 8), np.uint8)


def bands_of(height: int, rows: int) -> Sequence[tuple[int, int]]:
    """First row and the row after the last of each band of a picture."""
    return [(top, min(top + rows, height)) for top in range(0, height, rows)]
