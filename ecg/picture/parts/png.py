"""A PNG without its notes and animations; what tells of its pixels' colours is kept aside."""

import zlib

from ecg.errors import UnreadablePicture
from ecg.picture.parts.kept import EXIF, MOST_PARTS, MOST_PROFILE, MOST_TEXT, PARTS, Parts

PNG = b"\x89PNG\r\n\x1a\n"
NEEDED = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
EXIF_KEY, XMP_KEY = b"Raw profile type exif", b"XML:com.adobe.xmp"
DEEP, COLOURS = 16, (2, 4, 6)  # bits a value; kinds of pixels that have several values


def is_deep_png(data: bytes) -> bool:
    """Whether the bytes begin as those of a PNG of colours, or of transparency, of 16 bits each."""
    return data.startswith(PNG) and len(data) > 25 and data[24] == DEEP and data[25] in COLOURS


def bare_png(data: bytes) -> Parts:
    """The PNG's first picture. Raises UnreadablePicture for too many parts."""
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
    if kind == b"iCCP":
        parts.icc = _unpacked(body.split(b"\0", 1)[-1][1:], MOST_PROFILE + 1)
    elif kind == b"eXIf":
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
    return _unpacked(said, MOST_TEXT) if packed else said[:MOST_TEXT]


def _unpacked(packed: bytes, most: int) -> bytes:
    """At most so many bytes of what was packed, none of what is damaged."""
    try:
        return zlib.decompressobj().decompress(packed, most)
    except zlib.error:
        return b""


def _from_hexadecimal(text: bytes) -> bytes:
    """The bytes of a "raw profile": a name and a length, each in its line, then hexadecimal digits."""
    try:
        found = bytes.fromhex(b"".join(text.split(b"\n")[3:]).decode("ascii"))
    except ValueError:
        return b""
    return found.removeprefix(EXIF)
