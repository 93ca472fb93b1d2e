"""A small WFDB record that tests write with the wfdb library, and damage."""

import io
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import wfdb

from ecg.signal.signal import Signal
from tests.support.signals.signal_tables import wave

RATE = 250
LENGTH = 4 * RATE
TRACES = np.stack([wave(4, RATE), wave(4, RATE, shift=0.3)], axis=1)
SYMBOLS = ["+", "N", "V", "[", "!", "]", "S"]
INDICES = [10, 125, 375, 400, 420, 440, 875]

Files = dict[str, bytes]


def write(folder: Path, stored: str, units: list[str] | None = None) -> Files:
    folder.mkdir()
    wfdb.wrsamp(
        "r1",
        fs=RATE,
        units=units or ["mV", "mV"],
        sig_name=["MLII", "V5"],
        p_signal=TRACES,
        fmt=[stored] * 2,
        adc_gain=[100.0] * 2,
        baseline=[0, 0],
        write_dir=str(folder),
    )
    wfdb.wrann("r1", "atr", np.array(INDICES), SYMBOLS, write_dir=str(folder))
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def packed(files: Files, folder: str = "", method: int = zipfile.ZIP_DEFLATED) -> Files:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as packing:
        for name, content in files.items():
            packing.writestr(folder + name, content)
    return {"upload": data.getvalue()}


def header(files: Files, old: str, new: str) -> Files:
    """The files with something else in the header."""
    text = files["r1.hea"].decode()
    assert old in text
    return files | {"r1.hea": text.replace(old, new).encode()}


def same(one: Signal, other: Signal) -> bool:
    assert one.reference is not None
    assert other.reference is not None
    return (
        np.array_equal(one.values, other.values)
        and (one.leads, one.rate, one.notes) == (other.leads, other.rate, other.notes)
        and np.array_equal(one.reference.indices, other.reference.indices)
        and one.reference.symbols == other.reference.symbols
    )


def encoded(digital: npt.NDArray[np.int64], stored: str, signals: int = 2) -> bytes:
    """The samples in one of the formats of https://physionet.org/physiotools/wag/signal-5.htm.

    digital: all of the file in their order. Format 8: of so many signals, one sample a frame each.
    """
    if stored == "8":
        steps = np.diff(digital.reshape(-1, signals), axis=0, prepend=digital[None, :signals])
        return bytes(steps.astype("i1").tobytes())
    if stored == "80":
        return bytes((digital + 128).astype("u1").tobytes())
    if stored == "160":
        return bytes((digital + 32768).astype("<u2").tobytes())
    if stored in ("16", "32", "61"):
        kind = {"16": "<i2", "32": "<i4", "61": ">i2"}[stored]
        return bytes(digital.astype(kind).tobytes())
    if stored == "24":
        return bytes(digital.astype("<i4").view("u1").reshape(-1, 4)[:, :3].tobytes())
    return _packed_bits(digital, stored)


def _packed_bits(digital: npt.NDArray[np.int64], stored: str) -> bytes:
    """Formats 212, 310 and 311, with zeros in the rest of the last block."""
    together = 2 if stored == "212" else 3
    whole = np.append(digital, np.zeros(-len(digital) % together, int)).reshape(-1, together).T
    if stored == "212":
        one, two = whole & 0xFFF
        blocks = [one & 0xFF, one >> 8 | two >> 8 << 4, two & 0xFF]
        return bytes(np.stack(blocks, axis=1).astype("u1").tobytes())
    one, two, three = whole & 0x3FF
    if stored == "311":
        return bytes((one | two << 10 | three << 20).astype("<u4").tobytes())
    words = [one << 1 | (three & 0x1F) << 11, two << 1 | (three >> 5) << 11]
    return bytes(np.stack(words, axis=1).astype("<u2").tobytes())
