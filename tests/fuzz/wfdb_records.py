"""WFDB records with something odd in them: a header, a signal file, and marks."""

import struct
from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import strategies as st

from tests.fuzz.damage import CANARY, Files, damaged, mostly

RECORD, SIGNALS, MARKS = f"{CANARY}.hea", f"{CANARY}.dat", f"{CANARY}.atr"
Some = Callable[..., str]  # the usual text of those given, which is the first, and seldom another


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
        lines.append(_signal_line(some, place, stored, width))
    newline = some("\n", "\r\n", "\n\n", "\n# a comment\n", "\r")
    return (newline.join(lines) + newline).encode(draw(mostly("utf-8", "latin-1")), "replace")


def _signal_line(some: Some, place: int, stored: int, width: int) -> str:
    kind = f"{some(str(stored), '8', '16', '212', '310', '311', '61', '516', '0', '999')}x{width}"
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
    rest = some("12 0 0 0 0", "", "12", "12 9999999999", "12 -5 9999999999 7 0", "12 0 -128 1 0")
    name = some(f"lead{place}", "", "MLII", "MLII", "MLII (2)", "\u202eabc", "a\x0bb", "x" * 100)
    file = some(SIGNALS, "other.dat", f"../{SIGNALS}", "~", f"{CANARY}2.dat")
    return f"{file} {kind} {gain}{base}{unit} {rest} {name}".strip()


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
