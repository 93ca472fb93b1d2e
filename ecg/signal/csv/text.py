"""From the bytes of a table to its text. Files of other kinds are refused by their name."""

import codecs
import io
import re
from collections.abc import Iterator

import numpy as np

from ecg.errors import EmptySignal, NotASignal, SignalTooLarge, UnreadableSignal
from ecg.interrupt import Check, unhurried
from ecg.picture.kinds import is_picture
from ecg.signal.signal import MAX_BYTES

PART = 500_000  # bytes that are decoded at once
MAX_ROW = 100_000  # characters
SOMETHING = re.compile(rb"[^\r\n\t \x00]")
BLANK = [ord(letter) for letter in "\r\n\t "]
NO_MARK = (b"", "utf-8", "u1")
BYTE_ORDER_MARKS = (  # the mark, the encoding, and NumPy's name for a number as long as its letters
    (codecs.BOM_UTF8, "utf-8", "u1"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "<u2"),
    (codecs.BOM_UTF16_BE, "utf-16-be", ">u2"),
)
PICTURE = "This is a picture, not a table: upload it as an ECG page or a beat picture."
OTHERS = (  # how other files begin, and what to say of them
    (b"%PDF", "This is a PDF, not a table: export the signal itself as CSV."),
    (b"\xd0\xcf\x11\xe0", "This is an old Excel workbook: save the sheet as CSV and upload that."),
    (b"\x1f\x8b", "This is a gzip file: unpack it, or pack it as a zip."),
    (b"version https://git-lfs", "This is a Git LFS pointer, not the table that it stands for."),
)


def read_parts(data: bytes, check: Check = unhurried, most: int = MAX_BYTES) -> Iterator[str]:
    """The text of a table: UTF-8 with or without BOM or UTF-16 with one, some rows at a time.

    Each part holds whole rows with newlines between them, and none after the last. What is blank
    after the last row of all is left out.

    Raises EmptySignal, SignalTooLarge (more than `most` bytes, a row without an end), NotASignal
    (another kind of file), UnreadableSignal (NUL bytes, another encoding).
    """
    if not SOMETHING.search(data):
        raise EmptySignal("The file is empty: it must hold a table of numbers.")
    if len(data) > most:
        raise SignalTooLarge(f"The file is over {most // 1_000_000} MB.")
    for start, words in OTHERS:
        if data.startswith(start):
            raise NotASignal(words)
    if is_picture(data):
        raise NotASignal(PICTURE)
    mark = next((mark for mark in BYTE_ORDER_MARKS if data.startswith(mark[0])), NO_MARK)
    end = _end_of_content(data, len(mark[0]), mark[2])
    if end == len(mark[0]):
        raise EmptySignal("The file is empty: it must hold a table of numbers.")
    parts = _decode(data, range(len(mark[0]), end, PART), mark[1], check)
    first = next(parts)
    _refuse_markup(first[:200].lstrip().lower())
    yield first
    yield from parts


def count_rows(data: bytes) -> int:
    """How many rows a table in these bytes has at most: exactly so many in UTF-8, blank ones too."""
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n") + 1


def begin_sentence(words: str) -> str:
    """The words with their first letter large, all others as they are."""
    return words[:1].upper() + words[1:]


def _end_of_content(data: bytes, begin: int, letters: str) -> int:
    """Where the last character that is not blank ends; `begin` where there is none."""
    size = np.dtype(letters).itemsize
    if (len(data) - begin) % size:
        return len(data)  # half a letter: decoding tells
    units = np.frombuffer(memoryview(data)[begin:], letters)
    for end in range(units.size, 0, -PART):
        first = max(0, end - PART)
        kept = np.flatnonzero(~np.isin(units[first:end], BLANK))
        if kept.size:
            return begin + size * (first + int(kept[-1]) + 1)
    return begin


def _decode(data: bytes, places: range, encoding: str, check: Check) -> Iterator[str]:
    """Whole rows, with newlines between them, from parts of the bytes."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(), translate=True)
    row, held = 1, ""  # the number of the row that the end of a part cut, and its begin
    for place in places:
        check()
        last = place + PART >= places.stop
        try:
            held += decoder.decode(data[place : min(place + PART, places.stop)], final=last)
        except UnicodeDecodeError as error:
            good = held + error.object[: error.start].decode(encoding)
            raise UnreadableSignal(
                f"Row {row + good.count(chr(10))} is not {encoding[:6].rstrip('-').upper()} text: save "
                "the table as CSV in UTF-8."
            ) from None
        _refuse_nul(held, row)
        whole, newline, held = (held, "\n", "") if last else held.rpartition("\n")
        after = row + whole.count("\n") + 1 if newline else row
        if len(held) > MAX_ROW:
            raise SignalTooLarge(
                f"Row {after} has over {MAX_ROW:,} characters: that is no table of leads."
            )
        if newline:
            yield whole
        row = after


def _refuse_nul(text: str, row: int) -> None:
    """`row`: the number of the text's first row."""
    place = text.find("\x00")
    if place >= 0:
        raise UnreadableSignal(
            f"Row {row + text.count(chr(10), 0, place)} holds a NUL byte, which no text has: save the "
            "table as CSV in UTF-8, or in UTF-16 with a byte order mark."
        )


def _refuse_markup(start: str) -> None:
    if start.startswith(("<!doctype", "<html", "<?xml", "<svg", "<table", "<head", "<body")):
        raise NotASignal("This is a web page or XML, not a table: save the numbers as CSV.")
    if start.startswith(("{", "[{", "[[", '["')):
        raise NotASignal(
            "This is JSON, not a table: save the numbers as CSV, a row for each sample."
        )
