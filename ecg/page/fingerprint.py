"""Fingerprints of pages: the same recording on two pictures, re-encoded or rescaled, has nearly the same.

Pages of one device share frame, grid and lead names, so a hash of the whole picture (dHash, pHash) calls all
of them alike. What differs is the ink inside the frame. It is made small and soft, what pages have in
common is taken off, and the signs of its products with fixed random vectors are the bits (M. S. Charikar,
"Similarity estimation techniques from rounding algorithms", STOC 2002): the share of bits in which two
pages differ is the angle between their inks.
"""

import hashlib
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from ecg.page.ink import Floats

BITS = 512
SMALL = (64, 48)  # px: width, height of the ink that is compared
BLUR = 0.8  # px of it
SHIFTS = tuple((down, right) for down in (-1, 0, 1) for right in (-2, -1, 0, 1, 2))  # px
Prints = npt.NDArray[np.uint8]


def projections(ink: Floats, shifts: Sequence[tuple[int, int]] = ((0, 0),)) -> Floats:
    """float32 (shifts, BITS): a page's products with the fixed vectors, its ink moved down and right.

    ink: (height, width), as `area_ink` gives it. SHIFTS are for looking a page up: a frame is not found to
    the pixel.
    """
    import cv2

    rows = []
    for shift in shifts:
        moved = np.roll(ink, shift, (0, 1))
        small = np.sqrt(cv2.resize(moved, SMALL, interpolation=cv2.INTER_AREA))
        soft = cv2.GaussianBlur(small, (0, 0), BLUR)
        rows.append((soft - soft.mean(axis=1, keepdims=True)).ravel())
    return np.asarray(np.stack(rows) @ _vectors(), dtype=np.float32)


def prints_of(projected: Floats, common: Floats) -> Prints:
    """Fingerprints, uint8 (n, BITS // 8), of n projections; common: (BITS,) of what pages share."""
    return np.packbits(projected > common, axis=1)


def differing_bits(prints: Prints, others: Prints) -> npt.NDArray[np.intp]:
    """(n, m): in how many bits each of n fingerprints differs from each of m."""
    apart = np.bitwise_xor(prints[:, np.newaxis], others[np.newaxis])
    return np.asarray(_ONES[apart].sum(axis=2), dtype=np.intp)


_ONES = np.array([byte.bit_count() for byte in range(256)], dtype=np.uint16)


@cache
def _vectors() -> Floats:
    """(pixels, BITS) of -1 and 1, the same on every machine and with every NumPy."""
    count = SMALL[0] * SMALL[1] * BITS
    bits = np.unpackbits(np.frombuffer(hashlib.shake_256(b"ecg page").digest(count // 8), np.uint8))
    return np.asarray(bits.reshape(-1, BITS), dtype=np.float32) * 2 - 1
