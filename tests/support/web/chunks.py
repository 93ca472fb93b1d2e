"""Parts of files as the formats count them: chunks of PNG, segments of JPEG, TIFF directories."""

import struct
import zlib

PNG = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG, its sum right."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def segment(marker: int, body: bytes) -> bytes:
    """A segment of a JPEG."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def directory(entries: list[tuple[int, int, int, bytes]], order: str = "<") -> bytes:
    """A TIFF with one directory: entries of tag, type, count and four bytes."""
    head = b"II*\0" if order == "<" else b"MM\0*"
    rows = b"".join(struct.pack(f"{order}HHI4s", *entry) for entry in entries)
    return head + struct.pack(f"{order}IH", 8, len(entries)) + rows + bytes(4)
