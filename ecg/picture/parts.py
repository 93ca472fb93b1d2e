"""What a decoder gets of a file: the parts that its pixels need, and nothing else that it carries.

Decoders read notes, thumbnails, animations and makers' data too, one part after the other: a file of
nothing but empty parts kept one busy for 18 s. So JPEG and PNG come to the decoder without them. What
tells how a camera was held is kept aside, for `ecg.picture.orientation`.
"""

import re
import struct
import zlib
from dataclasses import dataclass

from ecg.errors import UnreadablePicture

MOST_PARTS = 65_536  # segments or chunks; real files have some hundreds
MOST_SCANS = 40  # of a JPEG, each of which costs a walk through all pixels; usual are 1 to 18
MOST_HELD = (
    210_000_000  # bytes that a decoder may hold of a JPEG in several passes, with its picture
)
MOST_CODED = 4_000_000  # pixels of a BMP in run-length code, which is decoded a run at a time
MOST_MOVING = 8_000_000  # pixels of an animated WebP
MOST_CLEAR = (
    18_000_000  # pixels of a WebP with transparency, which is decoded in two and a half copies
)
MOST_TEXT = 1_000_000  # bytes of one note
PARTS = f"The file consists of more than {MOST_PARTS:,} parts: save the picture anew."

JPEG, PNG, BMP = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM"
LEAST_WEBP = 32  # bytes of a header
MOVING, CLEAR = 0x02, 0x10  # of the flags of a WebP
MARKER = re.compile(rb"\xff[\x01-\xfe]")  # "\xff+" would take the square of a run's length
AFTER_PIXELS = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # what ends a stretch of coded pixels
SCAN, END = 0xDA, 0xD9
FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # what a picture is like: its header
SEQUENTIAL = frozenset({0xC0, 0xC1})
COMPONENTS, IN_SCAN = 9, 4  # where a frame's and a scan's segment tell of how many colours they are
ALONE = frozenset({0x01, *range(0xD0, 0xDA)})  # markers without a length
NOTES = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})  # APP0 and APP14 tell how colours are stored
EXIF, XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
NEEDED = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
EXIF_KEY, XMP_KEY = b"Raw profile type exif", b"XML:com.adobe.xmp"


@dataclass
class Parts:
    """`data` is what a decoder needs; `exif` begins with a TIFF header; empty where there is none."""

    data: bytes
    exif: bytes = b""
    xmp: bytes = b""


def bare(data: bytes) -> Parts:
    """The file without what its pixels do not need; unchanged where it is no JPEG or PNG.

    Damage is left for the decoder to find. Raises UnreadablePicture where decoding would take far
    longer than a picture of its size may: too many parts, passes, or runs in Python.
    """
    if data.startswith(JPEG):
        return _bare_jpeg(data)
    if data.startswith(PNG):
        return _bare_png(data)
    if data.startswith(BMP):
        _check_bmp(data)
    if _is_webp(data):
        _check_webp(data)
    return Parts(data)


def is_still_webp(data: bytes) -> bool:
    """Whether the bytes begin as those of a WebP that states no animation."""
    return _is_webp(data) and not (data[12:16] == b"VP8X" and data[20] & MOVING)


def _bare_jpeg(data: bytes) -> Parts:
    parts, kept, at = Parts(data), [data[:2]], 2
    for _ in range(MOST_PARTS):
        found = MARKER.search(data, at)
        code = data[found.end() - 1] if found else SCAN
        if found is None or code == SCAN:
            start = found.end() - 2 if found else len(data)
            break
        start, at = found.end() - 2, _end_of_segment(data, found.end(), code)
        if code not in NOTES:
            kept.append(data[start:at])
        elif code == 0xE1:
            _keep_aside(parts, data[start + 4 : at])
    else:
        raise UnreadablePicture(PARTS)
    frames = [one for one in kept if len(one) > COMPONENTS and one[1] in FRAMES]
    if not _comes_in_one_scan(frames, memoryview(data)[start:]):
        _check_held(frames)
        _check_scans(data, start)
    parts.data = b"".join([*kept, memoryview(data)[start:]])
    return parts


def _end_of_segment(data: bytes, at: int, code: int) -> int:
    """Where the segment ends whose marker ends at `at`."""
    return at if code in ALONE else at + max(2, int.from_bytes(data[at : at + 2]))


def _keep_aside(parts: Parts, note: bytes) -> None:
    if note.startswith(EXIF) and not parts.exif:
        parts.exif = note.removeprefix(EXIF).removeprefix(EXIF)
    elif note.startswith(XMP):
        parts.xmp = note.removeprefix(XMP)


def _comes_in_one_scan(frames: list[bytes], pixels: memoryview) -> bool:
    """Whether all of the picture is in its first scan, after which a decoder stops: as of most photos."""
    if len(frames) != 1 or frames[0][1] not in SEQUENTIAL or len(pixels) <= IN_SCAN:
        return False
    return pixels[IN_SCAN] == frames[0][COMPONENTS]


def _check_held(frames: list[bytes]) -> None:
    """Raises UnreadablePicture for a large JPEG in several passes.

    Until the last of them a decoder holds two bytes for each value of each colour, beside four for
    each pixel of the picture that it then makes.
    """
    for frame in frames:
        height, width = struct.unpack_from(">HH", frame, 5)
        sampling = [(one >> 4) * (one & 15) for one in frame[COMPONENTS + 2 :: 3]]
        share = sum(sampling) / max([*sampling, 1])
        if width * height * (4 + 2 * share) > MOST_HELD:
            raise UnreadablePicture(
                f"A JPEG in several passes may have {MOST_HELD / (4 + 2 * share) / 1e6:.0f} megapixels: "
                'save it without passes, as "baseline".'
            )


def _check_scans(data: bytes, at: int) -> None:
    """Raises UnreadablePicture for a JPEG whose first picture comes in more passes than is usual."""
    if data.count(b"\xff\xda", at) <= MOST_SCANS:
        return
    scans = 0
    for _ in range(MOST_PARTS):
        found = AFTER_PIXELS.search(data, at)
        code = data[found.end() - 1] if found else END
        if found is None or code == END:  # what hangs behind is never decoded
            return
        scans += code == SCAN
        if scans > MOST_SCANS:
            raise UnreadablePicture(
                f"The JPEG is stored in more than {MOST_SCANS} passes: save the picture anew."
            )
        at = _end_of_segment(data, found.end(), code)
    raise UnreadablePicture(PARTS)


def _bare_png(data: bytes) -> Parts:
    parts, view = Parts(data), memoryview(data)
    kept, at, kind = [view[: len(PNG)]], len(PNG), b""
    for _ in range(MOST_PARTS):
        if kind == b"IEND" or at >= len(data):
            break
        start, kind = at, data[at + 4 : at + 8]
        at = start + 12 + int.from_bytes(data[start : start + 4])
        if kind in NEEDED or at > len(data):
            kept.append(view[start:at])
        else:
            _keep_chunk_aside(parts, kind, data[start + 8 : at - 4])
    else:
        raise UnreadablePicture(PARTS)
    parts.data = b"".join(kept)
    return parts


def _keep_chunk_aside(parts: Parts, kind: bytes, body: bytes) -> None:
    if kind == b"eXIf":
        parts.exif = body.removeprefix(EXIF)
    elif body.startswith(EXIF_KEY) and not parts.exif:
        parts.exif = _from_hexadecimal(_text(kind, body))
    elif body.startswith(XMP_KEY) and not parts.xmp:
        parts.xmp = _text(kind, body)


def _text(kind: bytes, body: bytes) -> bytes:
    """What a note of a PNG says, empty where it can't be read."""
    said = body.split(b"\0", 1)[-1]
    packed = kind == b"zTXt"
    if kind == b"iTXt":
        packed = said[:1] == b"\1"
        said = said[2:].split(b"\0", 2)[-1]
    elif packed:
        said = said[1:]
    if not packed:
        return said[:MOST_TEXT]
    try:
        return zlib.decompressobj().decompress(said, MOST_TEXT)
    except zlib.error:
        return b""


def _from_hexadecimal(text: bytes) -> bytes:
    """The bytes of a "raw profile": a name and a length, each in its line, then hexadecimal digits."""
    try:
        found = bytes.fromhex(b"".join(text.split(b"\n")[3:]).decode("ascii"))
    except ValueError:
        return b""
    return found.removeprefix(EXIF)


def _is_webp(data: bytes) -> bool:
    return data.startswith(b"RIFF") and data[8:12] == b"WEBP" and len(data) >= LEAST_WEBP


def _check_webp(data: bytes) -> None:
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


def _check_bmp(data: bytes) -> None:
    """Raises UnreadablePicture for a large BMP in run-length code."""
    if len(data) < 34 or struct.unpack_from("<I", data, 30)[0] not in (1, 2):
        return
    width, height = struct.unpack_from("<ii", data, 18)
    if abs(width * height) > MOST_CODED:
        raise UnreadablePicture(
            f"A BMP in run-length code may have {MOST_CODED / 1e6:.0f} megapixels: save it as PNG."
        )
