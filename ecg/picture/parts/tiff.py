"""A TIFF's first picture without its notes, thumbnails and further pictures.

A decoder reads what each entry of the directory points at, as often as it is pointed at: of 65,535
entries that share 10 MB it would hold 650 GB.
"""

import struct
from collections.abc import Mapping
from types import MappingProxyType

from ecg.errors import UnreadablePicture
from ecg.picture.parts.kept import MOST_PROFILE, Parts

ORDERS: Mapping[bytes, str] = MappingProxyType({b"II*\0": "<", b"MM\0*": ">"})
BIG = (b"II+\0", b"MM\0+")
SIZES = (1, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8)  # bytes of a value, by its type
ENTRY = 12  # bytes
MOST_VALUE = 1_000_000  # bytes of what an entry that is needed points at
PROFILE, XMP = 34_675, 700
NEEDED = frozenset(
    {
        *(256, 257, 258, 259, 262, 266, 277, 284, 292, 293, 317, 320, 332, 338, 339),  # its pixels
        *(273, 278, 279, 322, 323, 324, 325, 347, 530, 531, 532),  # where and how they are stored
    }
)


def is_tiff(data: bytes) -> bool:
    """Whether the bytes begin as those of a TIFF, one with long addresses too."""
    return data[:4] in ORDERS or data[:4] in BIG


def bare_tiff(data: bytes) -> Parts:
    """The TIFF with one directory, of what its pixels need; unchanged where that is damaged.

    Its directory is given as EXIF too, which is a TIFF. Raises UnreadablePicture for a BigTIFF.
    """
    if data[:4] in BIG:
        raise UnreadablePicture("The picture is a BigTIFF: save it as TIFF or PNG.")
    order, parts = ORDERS[data[:4]], Parts(data, exif=data)
    if len(data) < 8:
        return parts
    at = struct.unpack_from(f"{order}I", data, 4)[0]
    if at + 2 > len(data):
        return parts
    count = struct.unpack_from(f"{order}H", data, at)[0]
    end = at + 2 + ENTRY * count + 4
    kept: dict[int, bytes] = {}
    for start in range(at + 2, min(end - 4, len(data) - ENTRY + 1), ENTRY):
        tag, kind, length = struct.unpack_from(f"{order}HHI", data, start)
        size = length * (SIZES[kind] if kind < len(SIZES) else 1)
        if tag in NEEDED and size <= MOST_VALUE:
            kept.setdefault(tag, data[start : start + ENTRY])
        elif tag == PROFILE and size <= MOST_PROFILE:
            place = struct.unpack_from(f"{order}I", data, start + 8)[0]
            parts.icc = data[place : place + size]
    written = bytearray(data)
    directory = struct.pack(f"{order}H", len(kept)) + b"".join(kept.values()) + bytes(4)
    written[at : at + len(directory)] = directory
    parts.data = bytes(written)
    return parts
