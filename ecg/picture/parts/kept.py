"""What is kept of a file: the parts that its pixels need, and what is told beside them."""

from dataclasses import dataclass

MOST_PARTS = 65_536  # segments, chunks, blocks or entries; real files have some hundreds
MOST_TEXT = 1_000_000  # bytes of one note
MOST_PROFILE = 4_000_000  # bytes of a colour profile; those of printing presses have two million
PARTS = f"The file consists of more than {MOST_PARTS:,} parts: save the picture anew."
EXIF = b"Exif\0\0"


@dataclass
class Parts:
    """`data` is what a decoder needs; the others are empty where there are none.

    `exif` begins with a TIFF header; `icc` is a colour profile. least_factor: by which each side has to
    be divided as it is decoded.
    """

    data: bytes
    exif: bytes = b""
    xmp: bytes = b""
    icc: bytes = b""
    least_factor: int = 1
