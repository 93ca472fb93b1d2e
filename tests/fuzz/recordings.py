"""Recordings with something odd in them: nearly all of each is sound, so that the odd part is reached."""

import io
import math
import struct
import zipfile
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from hypothesis import strategies as st

from ecg.asked import Asked
from tests.signal_tables import wave

T = TypeVar("T")
Files = dict[str, bytes]

CANARY = "Zebulon"  # stands in the names of files: no message may hold it
RECORD, SIGNALS, MARKS = f"{CANARY}.hea", f"{CANARY}.dat", f"{CANARY}.atr"
TRACE = [round(float(value), 3) for value in wave(9, 100)]
ODD_NUMBERS = (
    *("0", "-0", "-1", "1e400", "-1e400", "1e-400", "5e-324", "2.2e-308", "1e308", "nan", "inf"),
    *(
        "",
        " ",
        "9" * 70,
        "9" * 5000,
        "0x1F",
        "1_0",
        "1,5",
        "1.5.2",
        "--1",
        "+5",
        ".5",
        "5.",
        "1e",
        "e5",
    ),
    *(
        "\uff11\uff12",
        "\u0663",
        "\u2212 1",
        "=1+1",
        '"0.5"',
        "'0.5'",
        "0.5 0.5",
        "1e9",
        "1.1e9",
        "0.1\x00",
    ),
    *("true", "NA", "-", "?", "0:00:01", "1:61:61.5", "999:00:00", "[0:00:01.5]", "1d0", "1e+0005"),
)
STEPS = (
    *(
        "5e-324",
        "1e-310",
        "1e-309",
        "1e-300",
        "1e-20",
        "1e-9",
        "1e-7",
        "0.0001",
        "0.002",
        "0.00277777",
    ),
    *("0.01", "0.4999", "0.5", "1", "2", "2.7777", "1000", "1e5", "1e8", "-0.01", "0"),
)
COLUMNS = (
    *(
        "time",
        "time (s)",
        "time (ms)",
        "time (us)",
        "t",
        "sample",
        "#",
        "index",
        "Elapsed time",
        "",
    ),
    *(
        "MLII",
        "V5 (mV)",
        "ECG (uV)",
        "ECG [V]",
        "adc",
        "raw (adc)",
        "column 1",
        "column 2",
        "column 3",
        "I",
        "i",
        "a\tb",
        "x" * 70,
    ),
)
WHOLE = (0, 1, -1, 2, 7, 100, 127, 128, 255, 256, 1023, 32767, -32768, 65535, 2**31 - 1, -(2**31))
BYTES = (0, 1, 9, 10, 13, 34, 44, 59, 127, 128, 255)

odd_numbers = st.sampled_from(ODD_NUMBERS)


def mostly(usual: T, *odd: T) -> st.SearchStrategy[T]:
    """The usual one, and seldom another."""
    return st.sampled_from((usual,) * (20 * len(odd)) + odd)


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """The bytes with a few changed, left out, put in twice or cut."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, max(0, len(changed) - 1)))
        size = draw(st.sampled_from((1, 1, 1, 2, 3, 4, 8, 100)))
        kind = draw(st.sampled_from(("set", "set", "cut", "twice", "put", "end")))
        if kind == "set":
            new = bytes(draw(st.sampled_from(BYTES)) for _ in range(min(size, 4)))
            changed[place : place + len(new)] = new
        elif kind == "cut":
            del changed[place : place + size]
        elif kind == "twice":
            changed[place:place] = changed[place : place + size]
        elif kind == "put":
            changed[place:place] = draw(st.binary(max_size=8))
        else:
            del changed[place:]
    return bytes(changed)


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """Numbers in rows, with or without a time column, with odd cells, or none, here and there."""
    separator = draw(st.sampled_from(",,,;\t"))
    count = draw(mostly(800, 1, 3, 250))
    columns = [_leads(draw, count) for _ in range(draw(st.integers(1, 3)))]
    if draw(st.booleans()):
        columns.insert(0, _times(draw, count))
    rows = [list(cells) for cells in zip(*columns, strict=True)]
    for _ in range(draw(st.sampled_from((0, 0, 1, 2)))):
        row = rows[draw(st.integers(0, count - 1))]
        row[draw(st.integers(0, len(row) - 1))] = draw(odd_numbers)
    if draw(st.booleans()):
        width = len(columns) + draw(mostly(0, 1, -1))
        named = st.lists(st.sampled_from(COLUMNS), min_size=width, max_size=width, unique=True)
        rows.insert(0, draw(named))
    newline = draw(mostly("\n", "\r\n", "\r", "\n\n"))
    text = newline.join(separator.join(row) for row in rows)
    text += newline * draw(st.sampled_from((0, 1, 1, 3)))
    encoding = draw(mostly("utf-8", "utf-8-sig", "utf-16", "utf-16-be"))
    return text.encode(encoding)


def _leads(draw: st.DrawFn, count: int) -> list[str]:
    form = draw(st.sampled_from(("{:.3f}", "{:.3f}", "{:e}", "{:.9f}")))
    scale = draw(mostly(1.0, 200.0, 1e-9, 1e6, 1e300, 1e-310))
    return [form.format(scale * TRACE[place]) for place in range(count)]


def _times(draw: st.DrawFn, count: int) -> list[str]:
    step = draw(st.one_of(st.just(0.01), st.sampled_from(STEPS).map(float)))
    first = draw(mostly(0.0, 5.0, -3.0, 1e8))
    if draw(st.integers(0, 3)) == 0:
        seconds = [abs(first + place * step) % 86_400 for place in range(count)]
        return [f"{s // 3600:.0f}:{s // 60 % 60:02.0f}:{s % 60:06.3f}" for s in seconds]
    return [repr(first + place * step) for place in range(count)]


@st.composite
def beat_rows(draw: st.DrawFn) -> bytes:
    """Rows of 187 samples with or without a label, of which a few cells are odd."""
    width = draw(mostly(188, 187, 186, 189))
    rows = [[f"{abs(TRACE[place]) / 2:.4f}" for place in range(187)] + ["1"] * 2 for _ in range(5)]
    for _ in range(draw(st.integers(0, 3))):
        row, odd = draw(st.integers(0, 4)), draw(odd_numbers)
        rows[row][draw(st.sampled_from((0, 1, 186, 187)))] = odd
    separator = draw(st.sampled_from(",,;\t"))
    return "\n".join(separator.join(row[:width]) for row in rows).encode()


@st.composite
def headers(draw: st.DrawFn, formats: Sequence[int], widths: Sequence[int], frames: int) -> bytes:
    """A header of one file with signals of these formats and samples in a frame; some fields odd."""

    def some(usual: str, *odd: str) -> str:
        return draw(mostly(usual, *odd))

    rate = some(
        "100",
        "0",
        "1e5",
        "100/3",
        "9999999.999999999999",
        "50",
        "49.999",
        "10000",
        "\u0661\u0660\u0660",
    )
    length = some(str(frames), "", "0", str(frames + 1), "999999999999", "2", str(frames - 1))
    count = some(str(len(formats)), "0", "1", "13", "64", "65", "9999", "-1")
    lines = [f"{some('r', 'r/2', 'r/0', CANARY)} {count} {rate} {length}".strip()]
    for place, (stored, width) in enumerate(zip(formats, widths, strict=True)):
        kind = (
            f"{some(str(stored), '8', '16', '212', '310', '311', '61', '516', '0', '999')}x{width}"
        )
        kind += some("", ":3", ":999999", "+1", "+8", "+999999999")
        gain = some(
            {24: "100000", 32: "10000000.5"}.get(stored, "200"),
            "0",
            "-0",
            "1e-99",
            "1e99",
            "-200",
            "1e-5",
            "0.000000000001",
            "999999999999",
        )
        base = some("", "(0)", "(-5)", "(9999999999)", "(-9999999999)")
        unit = some("", "/mV", "/V", "/uV", "/\u00b5V", "/mmHg", "/" + "x" * 20)
        rest = some(
            "12 0 0 0 0", "", "12", "12 9999999999", "12 -5 9999999999 7 0", "12 0 -128 1 0"
        )
        name = some(
            f"lead{place}", "", "MLII", "MLII", "MLII (2)", "\u202eabc", "a\x0bb", "x" * 100
        )
        file = some(SIGNALS, "other.dat", f"../{SIGNALS}", "~", f"{CANARY}2.dat")
        lines.append(f"{file} {kind} {gain}{base}{unit} {rest} {name}".strip())
    newline = some("\n", "\r\n", "\n\n", "\n# a comment\n", "\r")
    return (newline.join(lines) + newline).encode(draw(mostly("utf-8", "latin-1")), "replace")


@st.composite
def annotations(draw: st.DrawFn) -> bytes:
    """Marks and what may belong to them, in any order, with notes that tell about the file."""
    pieces = []
    for _ in range(draw(st.integers(0, 12))):
        code = draw(st.sampled_from((0, 1, 1, 1, 5, 8, 14, 15, 22, 28, 42, 59, 60, 61, 62, 63)))
        rest = draw(st.sampled_from((0, 1, 2, 3, 20, 255, 1023)))
        pieces.append(struct.pack("<H", code << 10 | rest))
        if code == 59:
            far = draw(st.sampled_from((0, 1, 20, 599, 2**31 - 1, 2**31, 2**32 - 1)))
            pieces.append(struct.pack("<HH", far >> 16, far & 0xFFFF))
        elif code == 63:
            pieces[-1] = _note(draw)
    return b"".join(pieces) + draw(
        st.sampled_from((b"\0\0", b"\0\0", b"", b"\0", b"\0\0\0\0\x01\x04"))
    )


def _note(draw: st.DrawFn) -> bytes:
    words = (
        *(
            "## time resolution: 100",
            "## time resolution: 0",
            "## hello",
            "## ",
            "",
            "(N",
            "x" * 255,
        ),
        *(
            "## annotation type definitions",
            "42 $ a thing",
            "42  ",
            "99 x y",
            "## end of definitions",
        ),
    )
    text = draw(st.sampled_from(words)).encode()
    size = draw(st.sampled_from((len(text),) * 8 + (0, 255)))
    return struct.pack("<H", 63 << 10 | size) + text + b"\0" * (len(text) % 2)


@st.composite
def records(draw: st.DrawFn) -> Files:
    """A header, a signal file of about the right size, and marks, perhaps."""
    count = draw(st.integers(1, 3))
    stored = draw(st.sampled_from((8, 16, 24, 32, 61, 80, 160, 212, 310, 311)))
    widths = [draw(st.sampled_from((1, 1, 1, 2, 5))) for _ in range(count)]
    frames = draw(st.sampled_from((200, 301, 600)))
    size = {8: 1, 80: 1, 24: 3, 32: 4, 212: 1.5, 310: 4 / 3, 311: 4 / 3}.get(stored, 2)
    wanted = int(frames * sum(widths) * size) + draw(mostly(4, 0, -1, -7))
    dice = np.random.default_rng(draw(st.integers(0, 99)))
    files = {
        RECORD: draw(headers([stored] * count, widths, frames)),
        SIGNALS: dice.integers(1, 256, wanted).astype("u1").tobytes(),
    }
    if draw(st.booleans()):
        files[MARKS] = draw(annotations())
    name = draw(st.sampled_from(sorted(files)))
    return files | {name: draw(damaged(files[name]))} if draw(st.integers(0, 2)) == 0 else files


@st.composite
def zips(draw: st.DrawFn, files: Files) -> Files:
    """The files in a zip, of which some field of the lists at its end is another, or bytes are."""
    packed = io.BytesIO()
    folder = draw(mostly("", "a/b/", "../", "C:\\", "/", "__MACOSX/"))
    with zipfile.ZipFile(packed, "w", draw(mostly(8, 0, 12))) as packing:
        for name, content in files.items():
            packing.writestr(folder + name, content)
    data = bytearray(packed.getvalue())
    for _ in range(draw(st.integers(0, 2))):
        sign = draw(st.sampled_from((b"PK\x01\x02", b"PK\x01\x02", b"PK\x05\x06", b"PK\x03\x04")))
        begin = data.find(sign)
        place = begin + draw(st.integers(4, 45))
        value = draw(st.sampled_from(WHOLE)) & 0xFFFFFFFF
        size = draw(st.sampled_from((1, 2, 4)))
        if begin >= 0 and place + size <= len(data):
            data[place : place + size] = struct.pack("<I", value)[:size]
    if draw(st.integers(0, 3)) == 0:
        return {f"{CANARY}.zip": draw(damaged(bytes(data)))}
    return {f"{CANARY}.zip": bytes(data)}


@st.composite
def recordings(draw: st.DrawFn) -> Files:
    """Files of any of these kinds, as somebody would upload them."""
    kind = draw(st.sampled_from(("table", "table", "record", "record", "rows", "bytes")))
    files: Files
    if kind == "record":
        files = draw(records())
    elif kind == "bytes":
        files = {f"{CANARY}.csv": draw(damaged(draw(tables())))}
    else:
        files = {f"{CANARY}.csv": draw(tables() if kind == "table" else beat_rows())}
    return draw(zips(files)) if draw(st.integers(0, 2)) == 0 else files


def asked() -> st.SearchStrategy[Asked]:
    """What may be said of a recording; mostly nothing."""
    rates = mostly(None, 100.0, 360.0, 50.0, 0.0, 1e-320, math.nan, math.inf)
    leads = mostly(None, "MLII", "column 2", "mlii", "", "\u0130", "x" * 200)
    return st.builds(Asked, rates, leads, mostly(None, "mV", "adc"))
