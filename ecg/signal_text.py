"""From the bytes of a table to its text, and what is no table said by its name."""

import codecs

from ecg.errors import EmptySignal, NotASignal, SignalTooLarge, UnreadableSignal
from ecg.signal import MAX_BYTES

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
OTHERS = (  # how other files begin, and what to say of them
    (b"%PDF", "This is a PDF, not a table: export the signal itself as CSV."),
    (b"\x89PNG", "This is a picture, not a table: upload it as an ECG page or a beat picture."),
    (
        b"\xff\xd8\xff",
        "This is a picture, not a table: upload it as an ECG page or a beat picture.",
    ),
    (b"\xd0\xcf\x11\xe0", "This is an old Excel workbook: save the sheet as CSV and upload that."),
    (b"\x1f\x8b", "This is a gzip file: unpack it, or pack it as a zip."),
    (b"version https://git-lfs", "This is a Git LFS pointer, not the table that it stands for."),
)


def read_text(data: bytes, most: int = MAX_BYTES) -> str:
    """The text of a table: UTF-8 with or without BOM or UTF-16 with one, lines ending in a newline.

    Newlines after the last row are taken off. Raises EmptySignal, SignalTooLarge (more than `most`
    bytes), NotASignal (another kind of file), UnreadableSignal (NUL bytes, another encoding).
    """
    if not data.strip(b"\r\n\t \x00"):
        raise EmptySignal("The file is empty: it must hold a table of numbers.")
    if len(data) > most:
        raise SignalTooLarge(f"The file is over {most // 1_000_000} MB.")
    text = _decode(data).replace("\r\n", "\n").replace("\r", "\n").rstrip("\n \t")
    if not text:
        raise EmptySignal("The file is empty: it must hold a table of numbers.")
    _refuse_markup(text[:200].lstrip().lower())
    return text


def begin_sentence(words: str) -> str:
    """The words with their first letter large, all others as they are."""
    return words[:1].upper() + words[1:]


def _decode(data: bytes) -> str:
    for start, words in OTHERS:
        if data.startswith(start):
            raise NotASignal(words)
    mark, encoding = next((m for m in BYTE_ORDER_MARKS if data.startswith(m[0])), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        row = data[len(mark) :].count(b"\n", 0, error.start) + 1
        raise UnreadableSignal(
            f"Row {row} is not {encoding[:6].rstrip('-').upper()} text: save the table as CSV in UTF-8."
        ) from None
    place = text.find("\x00")
    if place >= 0:
        raise UnreadableSignal(
            f"Row {text.count(chr(10), 0, place) + 1} holds a NUL byte, which no text has: save the "
            "table as CSV in UTF-8, or in UTF-16 with a byte order mark."
        )
    return text


def _refuse_markup(start: str) -> None:
    if start.startswith(("<!doctype", "<html", "<?xml", "<svg", "<table", "<head", "<body")):
        raise NotASignal("This is a web page or XML, not a table: save the numbers as CSV.")
    if start.startswith(("{", "[{", "[[", '["')):
        raise NotASignal(
            "This is JSON, not a table: save the numbers as CSV, a row for each sample."
        )
