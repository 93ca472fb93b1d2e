"""What of a WebP or BMP would take a decoder too long, or too much memory."""

import struct

from ecg.errors import UnreadablePicture
from ecg.picture.parts.kept import MOST_PARTS, PARTS

MOST_CODED = 4_000_000  # pixels of a BMP in run-length code, which is decoded a run at a time
MOST_MOVING = 8_000_000  # pixels of an animated WebP
MOST_CLEAR = (
    18_000_000  # pixels of a WebP with transparency, which is decoded in two and a half copies
)

BMP = b"BM"
HEADS = (
    b"\x0c",
    b"\x10",
    b"\x28",
    b"\x34",
    b"\x38",
    b"\x40",
    b"\x6c",
    b"\x7c",
)  # lengths of a header
LEAST_WEBP = 32  # bytes of a header
MOVING, CLEAR = 0x02, 0x10  # of the flags of a WebP


def is_still_webp(data: bytes) -> bool:
    """Whether the bytes begin as those of a WebP that states no animation."""
    return is_webp(data) and not (data[12:16] == b"VP8X" and data[20] & MOVING)


def is_webp(data: bytes) -> bool:
    """Whether the bytes begin as those of a WebP."""
    return data.startswith(b"RIFF") and data[8:12] == b"WEBP" and len(data) >= LEAST_WEBP


def is_bmp(data: bytes) -> bool:
    """Whether the bytes begin as those of a BMP, and not as a text that begins with these letters."""
    return data.startswith(BMP) and data[14:15] in HEADS and data[15:18] == bytes(3)


def check_webp(data: bytes) -> None:
    """Raises UnreadablePicture for a large WebP that is animated or transparent, in several copies."""
    width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    clear = _is_clear(data)
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width, height, clear = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    if not is_still_webp(data) and width * height > MOST_MOVING:
        raise UnreadablePicture(
            f"An animated WebP may have {MOST_MOVING / 1e6:.0f} megapixels: save one picture of it."
        )
    if clear and width * height > MOST_CLEAR:
        raise UnreadablePicture(
            f"A transparent WebP may have {MOST_CLEAR / 1e6:.0f} megapixels: save it as PNG."
        )


def _is_clear(data: bytes) -> bool:
    """Whether a WebP of several parts may be transparent: it says so, or has a part of its own for that."""
    if data[12:16] != b"VP8X":
        return False
    at = LEAST_WEBP - 2
    for _ in range(MOST_PARTS):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if data[20] & CLEAR or kind in (b"ALPH", b"VP8L"):
            return True
        if kind in (b"VP8 ", b""):
            return False
        at += 8 + size + size % 2
    raise UnreadablePicture(PARTS)


def check_bmp(data: bytes) -> None:
    """Raises UnreadablePicture for a large BMP in run-length code."""
    if len(data) < 34 or struct.unpack_from("<I", data, 30)[0] not in (1, 2):
        return
    width, height = struct.unpack_from("<ii", data, 18)
    if abs(width * height) > MOST_CODED:
        raise UnreadablePicture(
            f"A BMP in run-length code may have {MOST_CODED / 1e6:.0f} megapixels: save it as PNG."
        )
