"""A small WFDB record that tests write with the wfdb library, and damage."""

import io
import zipfile
from pathlib import Path

import numpy as np
import wfdb

from ecg.signal import Signal
from tests.signal_tables import wave

RATE = 250
LENGTH = 4 * RATE
TRACES = np.stack([wave(4, RATE), wave(4, RATE, shift=0.3)], axis=1)
SYMBOLS = ["+", "N", "V", "[", "!", "]", "S"]
PLACES = [10, 125, 375, 400, 420, 440, 875]

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
    wfdb.wrann("r1", "atr", np.array(PLACES), SYMBOLS, write_dir=str(folder))
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
        np.array_equal(one.samples, other.samples)
        and (one.leads, one.rate, one.notes) == (other.leads, other.rate, other.notes)
        and np.array_equal(one.reference.samples, other.reference.samples)
        and one.reference.symbols == other.reference.symbols
    )
