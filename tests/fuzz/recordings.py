"""Recordings with something odd in them: nearly all of each is sound, so that the odd part is reached."""

import io
import math
import struct
import zipfile

from hypothesis import strategies as st

from ecg.signal.read_options import ReadOptions
from tests.fuzz.damage import CANARY, Files, damaged, mostly
from tests.fuzz.wfdb_records import records
from tests.support.signals.signal_tables import wave

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

odd_numbers = st.sampled_from(ODD_NUMBERS)


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


def asked() -> st.SearchStrategy[ReadOptions]:
    """What may be said of a recording; mostly nothing."""
    rates = mostly(None, 100.0, 360.0, 50.0, 0.0, 1e-320, math.nan, math.inf)
    leads = mostly(None, "MLII", "column 2", "mlii", "", "\u0130", "x" * 200)
    return st.builds(ReadOptions, rates, leads, mostly(None, "mV", "adc"))
