"""Which kind of file somebody sent, by its first bytes, never by its name: a picture, or what else."""

import codecs
import re
from typing import NamedTuple

from ecg.picture.formats import FORMATS_IN_WORDS
from ecg.picture.parts.gif import GIF
from ecg.picture.parts.jpeg import JPEG
from ecg.picture.parts.png import PNG
from ecg.picture.parts.tiff import is_tiff
from ecg.picture.parts.webp import is_bmp, is_webp

LOOKED_AT = 4096  # bytes by which a file is told
HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
AVIF_BRANDS = frozenset({b"avif", b"avis"})
BRANDS = 200  # bytes in which they stand
PDF, LEAD = b"%PDF-", 1024  # what a PDF begins with, after so many other bytes at most
DIGIT, SEPARATOR = re.compile(rb"\d"), re.compile(rb"[,;\t ]")
MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
ROWS = 3  # lines with numbers, from which a text is a table

NOT_ONE = "The file is not a picture"
AS_PICTURE = "save its page as PNG or JPEG"
AS_SIGNAL = "that is a recording: send it to Signals"


class Other(NamedTuple):
    """Something that is no picture we read: how it begins, from which byte on; what it is; what to do."""

    begins: bytes
    at: int
    title: str
    advice: str = AS_PICTURE
    signal: bool = False


OTHERS = (
    Other(b"DICM", 128, "DICOM", "export the page from its viewer as PNG or JPEG"),
    Other(b"%!PS", 0, "PostScript", "save its page as PDF, PNG or JPEG"),
    Other(b"\xc5\xd0\xd3\xc6", 0, "PostScript", "save its page as PDF, PNG or JPEG"),
    Other(b"\xd0\xcf\x11\xe0", 0, "an old Word or Excel document", "save its page as PDF"),
    Other(b"{\\rtf", 0, "a text document", "save its page as PDF"),
    Other(b"\x1f\x8b", 0, "a gzip archive", "unpack it, and send the picture in it"),
    Other(b"7z\xbc\xaf\x27\x1c", 0, "a 7z archive", "unpack it, and send the picture in it"),
    Other(b"Rar!", 0, "a RAR archive", "unpack it, and send the picture in it"),
    Other(b"version https://git-lfs", 0, "a Git LFS pointer", "send the file that it stands for"),
    Other(
        b"0       ", 0, "an EDF recording", "export its signal as CSV, and send it to Signals", True
    ),
    Other(
        b"\xffBIOSEMI",
        0,
        "a BDF recording",
        "export its signal as CSV, and send it to Signals",
        True,
    ),
    Other(b"SCPECG", 16, "an SCP-ECG recording", "export its page as PDF or PNG", False),
    Other(b"\x89HDF", 0, "an HDF5 file", "export its signal as CSV, and send it to Signals", True),
    Other(
        b"MATLAB 5.0", 0, "a MATLAB file", "export its signal as CSV, and send it to Signals", True
    ),
    Other(
        b"\x93NUMPY", 0, "a NumPy array", "export its signal as CSV, and send it to Signals", True
    ),
    Other(b"\x1a\x45\xdf\xa3", 0, "a video", "send one picture of it"),
    Other(b"AVI ", 8, "a video", "send one picture of it"),
    Other(b"ftyp", 4, "a video", "send one picture of it"),
    Other(b"WAVE", 8, "a sound", "send a picture of an ECG page"),
    Other(b"\x00\x00\x00\x0cjP", 0, "JPEG 2000"),
    Other(b"\xff\x0a", 0, "JPEG XL"),
    Other(b"\x00\x00\x00\x0cJXL", 0, "JPEG XL"),
    Other(b"8BPS", 0, "a Photoshop document"),
)
MARKUP = (  # in small letters, what a text holds near its beginning, the first that fits counts
    (b"<svg", "SVG", AS_PICTURE),
    (b"<!doctype html", "a web page", "save the picture on it, and send that"),
    (b"<html", "a web page", "save the picture on it, and send that"),
    (b"<?xml", "an XML file", AS_PICTURE),
)
ZIPPED = (  # what a zip names near its beginning
    (b"word/", "a Word document", "save its page as PDF"),
    (b"xl/", "an Excel workbook", "save its page as PDF, or its numbers as CSV for Signals"),
    (b"ppt/", "a PowerPoint document", "save its page as PDF"),
    (b"[Content_Types].xml", "an Office document", "save its page as PDF"),
    (b"opendocument", "an OpenDocument file", "save its page as PDF"),
)
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
A_ZIP = "a zip archive", "unpack it, and send the picture in it; zips of recordings go to Signals"
WORDS = "a text", "send a picture of an ECG page"


def kind_apart(data: bytes) -> str:
    """ "HEIF", "AVIF" or "PDF", which are decoded in a process of their own; empty for all else."""
    if data[4:8] == b"ftyp":
        listed = data[8:12] + data[16 : min(int.from_bytes(data[:4]), BRANDS)]
        brands = {listed[at : at + 4] for at in range(0, len(listed), 4)}
        if brands & AVIF_BRANDS:
            return "AVIF"
        return "HEIF" if brands & HEIF_BRANDS else ""
    return "PDF" if PDF in data[:LEAD] and not _is_read_here(data) else ""


def is_picture(data: bytes) -> bool:
    """Whether the bytes begin as those of a picture, or page, of a format that is read."""
    return _is_read_here(data) or bool(kind_apart(data))


def is_no_recording(data: bytes) -> bool:
    """Whether the bytes begin as those of a picture, or of something else that holds no signal."""
    if is_picture(data):
        return True
    other = _other(data)
    return bool(other and not other.signal)


def not_a_picture(data: bytes) -> str:
    """The sentence for bytes of which no picture could be read: what they are instead, where that is told."""
    head = data[:LOOKED_AT]
    title, advice = _told(head)
    if not title:
        return f"{NOT_ONE}: send {FORMATS_IN_WORDS}."
    return f"{NOT_ONE} but {title}: {advice}."


def _is_read_here(data: bytes) -> bool:
    known = data.startswith((JPEG, PNG, *GIF))
    return known or is_tiff(data) or is_webp(data) or is_bmp(data)


def _other(data: bytes) -> Other | None:
    return next((one for one in OTHERS if data.startswith(one.begins, one.at)), None)


def _told(head: bytes) -> tuple[str, str]:
    other = _other(head)
    if other:
        return other.title, other.advice
    if head.startswith(ZIP):
        return _first_in(head, ZIPPED) or A_ZIP
    return _of_text(head)


def _of_text(head: bytes) -> tuple[str, str]:
    """A table of numbers goes to Signals; nothing is said of what is no text."""
    plain = head
    for mark in MARKS:
        plain = plain.removeprefix(mark)
    plain = plain.replace(b"\0", b"")  # UTF-16 is told as well
    try:
        plain.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(plain) - 4:  # else a letter was cut at the end
            return "", ""
    markup = _first_in(plain.lower(), MARKUP) if plain.lstrip()[:1] == b"<" else None
    if markup:
        return markup
    rows = [
        line for line in plain.splitlines()[1:] if DIGIT.search(line) and SEPARATOR.search(line)
    ]
    if len(rows) >= ROWS:
        return "a table", AS_SIGNAL
    return WORDS if plain.strip() and plain.isascii() else ("", "")


def _first_in(head: bytes, table: tuple[tuple[bytes, str, str], ...]) -> tuple[str, str] | None:
    return next(((title, advice) for begins, title, advice in table if begins in head), None)
