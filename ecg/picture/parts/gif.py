"""A GIF's first picture without the notes before it, which a decoder reads a few bytes at a time."""

from ecg.errors import UnreadablePicture
from ecg.picture.parts.kept import MOST_PARTS, PARTS

GIF = (b"GIF87a", b"GIF89a")
HEAD = 13  # bytes before the palette
PALETTE, SIZE = 0x80, 0x07  # of the flags
EXTENSION, CONTROL, PICTURE = 0x21, 0xF9, 0x2C


def bare_gif(data: bytes) -> bytes:
    """The GIF from its first picture on, with the one block before it that tells what is transparent.

    Unchanged where it is damaged before that. Raises UnreadablePicture for too many blocks.
    """
    if len(data) < HEAD:
        return data
    flags = data[10]
    start = at = HEAD + (3 * 2 ** ((flags & SIZE) + 1) if flags & PALETTE else 0)
    control, blocks = b"", 0
    while data[at : at + 1] == bytes((EXTENSION,)):
        begun, at = at, at + 2
        while at < len(data) and data[at]:
            at += data[at] + 1
            blocks += 1
            if blocks > MOST_PARTS:
                raise UnreadablePicture(PARTS)
        at += 1
        if data[begun + 1 : begun + 2] == bytes((CONTROL,)):
            control = data[begun:at]
    if data[at : at + 1] != bytes((PICTURE,)):
        return data
    return b"".join((data[:start], control, memoryview(data)[at:]))
