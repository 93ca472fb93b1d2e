"""No pattern takes long over what strangers send, however long and odd it is: none goes back and forth."""

import re
import time

import pytest

from ecg.errors import SignalError
from ecg.picture.parts import jpeg as jpeg_parts
from ecg.signal.csv import layout as csv_layout
from ecg.signal.csv.layout import MAX_FIELD
from ecg.signal.read_signal import read_signal
from ecg.signal.wfdb import header as wfdb_header
from twelvelead.web.forms.recordings import ROW

LONG = 100_000
Text = re.Pattern[str]
Bytes = re.Pattern[bytes]


def seconds_of(work: object) -> float:
    assert callable(work)
    begun = time.process_time()
    work()
    return time.process_time() - begun


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (csv_layout.NUMBER, "1" * LONG + "x"),
        (csv_layout.NUMBER, "1." + "1" * LONG + "e"),
        (csv_layout.NUMBER, "1e" + "1" * LONG + "x"),
        (csv_layout.CLOCK, "1:1:1." + "1" * LONG + "x"),
        (csv_layout.TIME_NAMES, "time" + "_ms" * LONG),
        (csv_layout.SAMPLE_NAMES, "sample" + " " * LONG),
        (csv_layout.UNITS, "h" * LONG),
        (csv_layout.UNITS, "h:" + "m" * LONG + ":" + "s" * LONG + "." + "a" * LONG + " "),
        (csv_layout.NAMED_UNIT, " " * MAX_FIELD),  # names are cut there before
        (csv_layout.NAMED_UNIT, "(" * MAX_FIELD),
        (wfdb_header.RECORD, "r 1" + " " * LONG + "x"),
        (wfdb_header.RECORD, "r 1 360" + " " * LONG + "1" + "\t" * LONG + "\n"),
        (wfdb_header.SIGNAL, "r.dat 16" + " " * LONG + "x"),
        (wfdb_header.SIGNAL, "r.dat 16" + (" " * LONG + "1") * 3 + "x"),
        (wfdb_header.PLAIN_NAME, "a" * LONG),
    ],
)
def test_patterns_of_tables_and_headers_are_quick(pattern: Text, text: str) -> None:
    assert seconds_of(lambda: pattern.match(text)) < 1


@pytest.mark.parametrize(
    ("pattern", "data"),
    [
        (ROW, b"1" + b"\t" * 4000 + b"x"),
        (ROW, b"1" + b"\t , " * 1000 + b"x"),
        (ROW, b"1" + b",1" * 2000 + b"x"),
        (ROW, b" \t" * 2000 + b"x"),
        (jpeg_parts.MARKER, b"\xff" * LONG + b"\0"),
        (jpeg_parts.MARKER, b"\xff\0" * LONG),
        (jpeg_parts.AFTER_PIXELS, b"\xff" * LONG + b"\xd0"),
    ],
)
def test_patterns_of_bytes_are_quick(pattern: Bytes, data: bytes) -> None:
    assert seconds_of(lambda: (pattern.fullmatch(data), pattern.search(data))) < 1


@pytest.mark.parametrize(
    ("row", "is_one"),
    [
        (b"0.1,0.2", True),
        (b"1;2;3\r", True),
        (b" 1 , -2e-3,\t+.5 ", True),
        (b"1,,2,", True),
        (b"1\t\t2", True),
        (b"1 2", False),
        (b"1,a", False),
        (b",1", False),
        (b"", False),
    ],
)
def test_rows_of_numbers_are_known(row: bytes, is_one: bool) -> None:
    assert bool(ROW.fullmatch(row)) is is_one


@pytest.mark.parametrize("cell", ["1" * 42_000 + "x", "9" * 42_000, "h" * 42_000, "(" * 42_000])
@pytest.mark.parametrize("separator", [",", "\t"])
def test_long_cells_are_soon_refused(cell: str, separator: str) -> None:
    rows = "\n".join(separator.join(("0.1", cell)) for _ in range(60))

    def read() -> None:
        with pytest.raises(SignalError):
            read_signal({"a.csv": rows.encode()})

    assert seconds_of(read) < 2


@pytest.mark.parametrize("first", ["1" * 90_000 + "x", "0.5," * 187 + "1" * 90_000 + "x"])
def test_long_rows_of_beats_are_soon_refused(first: str) -> None:
    rows = f"{first}\n" + "0.1," * 187 + "0\n"

    def read() -> None:
        with pytest.raises(SignalError):
            read_signal({"a.csv": rows.encode()})

    assert seconds_of(read) < 2
