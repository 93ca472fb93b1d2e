"""How a camera was held: the orientation that a picture's EXIF or XMP states, and turning by it."""

import re
import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

UPRIGHT = 1
SIDEWAYS = (5, 6, 7, 8)  # orientations that swap width and height
ORIENTATION = 0x0112  # the tag
WHOLE_NUMBERS = {3: "H", 4: "I", 8: "h", 9: "i"}  # TIFF's types -> how struct reads them
IN_XMP = re.compile(rb'tiff:Orientation(?:="|>)([0-9])')

# EXIF orientation -> what brings the page upright
TURNS: Mapping[int, Callable[[Pixels], Pixels]] = MappingProxyType(
    {
        2: lambda stored: stored[:, ::-1],
        3: lambda stored: stored[::-1, ::-1],
        4: lambda stored: stored[::-1],
        5: lambda stored: stored.swapaxes(0, 1),
        6: lambda stored: stored.swapaxes(0, 1)[:, ::-1],
        7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),
        8: lambda stored: stored.swapaxes(0, 1)[::-1],
    }
)


def read_orientation(exif: bytes, xmp: bytes) -> int:
    """1 to 8 as EXIF counts; 1, upright, where neither states one that exists.

    `exif` begins with a TIFF header and counts before `xmp`. What is damaged states nothing.
    """
    stated = _stated_in_exif(exif)
    if stated is None:
        found = IN_XMP.search(xmp)
        stated = int(found[1]) if found else UPRIGHT
    return stated if stated in TURNS else UPRIGHT


def upright(stored: Pixels, orientation: int) -> Pixels:
    """The picture as it was seen: uint8 (height, width) or (height, width, 3), contiguous."""
    turn = TURNS.get(orientation)
    return stored if turn is None else np.ascontiguousarray(turn(stored))


def _stated_in_exif(exif: bytes) -> int | None:
    """The orientation in the first directory; None where there is none, or it can't be read."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None or len(exif) < 8:
        return None
    at = struct.unpack_from(f"{order}I", exif, 4)[0]
    if at + 2 > len(exif):
        return None
    count = struct.unpack_from(f"{order}H", exif, at)[0]
    entries = exif[at + 2 : at + 2 + 12 * count]
    whole = entries[: len(entries) // 12 * 12]
    for tag, kind, length, value in struct.iter_unpack(f"{order}HHI4s", whole):
        if tag == ORIENTATION:
            return _number(order, kind, length, value)
    return None


def _number(order: str, kind: int, length: int, value: bytes) -> int:
    """A single whole number; upright where the entry is none."""
    if length != 1 or kind not in WHOLE_NUMBERS:
        return UPRIGHT
    found: tuple[Any, ...] = struct.unpack_from(order + WHOLE_NUMBERS[kind], value)
    return int(found[0])
