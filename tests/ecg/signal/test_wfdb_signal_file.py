"""Samples of WFDB records are those that the wfdb library reads, in every format, bit by bit."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import wfdb

from ecg.errors import SignalTooLarge, UnreadableSignal
from ecg.signal.archive import unpack
from ecg.signal.read_options import ReadLimits
from ecg.signal.read_signal import read_signal
from ecg.signal.wfdb.read_record import read_wfdb
from ecg.signal.wfdb.signal_file import BLOCKS, SignalFile
from tests.support.project import ROOT
from tests.support.signals.wfdb_files import Files, encoded

FRAMES = 1001  # odd, and no multiple of 3: the last block of each format is cut
BITS = {"8": 7, "80": 8, "212": 12, "310": 10, "311": 10, "24": 24, "32": 32}
Whole = npt.NDArray[np.int64]


def drawn(stored: str, width: int, seed: int) -> Whole:
    """Values over all of a format's range, but for the one that means that a sample is missing."""
    top = 1 << (BITS.get(stored, 16) - 1)
    values = np.random.default_rng(seed).integers(1 - top, top, FRAMES * width)
    if stored == "8":  # whose steps have eight bits
        steps = values.reshape(-1, width)
        return np.asarray(steps.cumsum(axis=0).ravel())
    return np.asarray(values)


def write_record(folder: Path, stored: str, frames: list[list[int]], offset: int = 0) -> Files:
    """A record with a file for each list, with so many samples of each of its signals in a frame."""
    lines = [f"r {sum(map(len, frames))} 360 {FRAMES}"]
    files: Files = {}
    for place, per_frame in enumerate(frames):
        digital = drawn(stored, sum(per_frame), seed=place)
        firsts = digital[: len(per_frame)]
        files[f"d{place}.dat"] = bytes(offset) + encoded(digital, stored, len(per_frame))
        for number, count in enumerate(per_frame):
            start = firsts[number] if stored == "8" else 0
            at = f"+{offset}" if offset else ""
            # a gain by which all of 32 bits stays within an ECG's millivolts
            lines.append(
                f"d{place}.dat {stored}x{count}{at} 30000000.5(-7)/mV 16 0 {start} 0 0 s{place}{number}"
            )
    files["r.hea"] = ("\n".join(lines) + "\n").encode()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return files


def as_the_library_reads(folder: Path, name: str = "r") -> npt.NDArray[np.float32]:
    """float32 (leads, frames)."""
    record = wfdb.rdrecord(str(folder / name), physical=False, return_res=32)
    physical = (record.d_signal.astype(float) - record.baseline) / record.adc_gain
    return np.asarray(physical.T, np.float32)


@pytest.mark.parametrize("frames", [[[1]], [[1, 1]], [[1, 1, 1]], [[1, 1], [1]]])
@pytest.mark.parametrize("stored", [str(stored) for stored in BLOCKS])
def test_all_formats_are_read_as_the_library_reads_them(
    tmp_path: Path, stored: str, frames: list[list[int]]
) -> None:
    files = write_record(tmp_path, stored, frames)

    read = read_wfdb(files).values

    np.testing.assert_array_equal(read, as_the_library_reads(tmp_path))


@pytest.mark.parametrize("frames", [[[4]], [[2, 1, 5]], [[3, 1], [1, 2]]])
@pytest.mark.parametrize("stored", [str(stored) for stored in BLOCKS if stored != 8])
def test_the_mean_of_a_frame_is_the_library_s(
    tmp_path: Path, stored: str, frames: list[list[int]]
) -> None:
    files = write_record(tmp_path, stored, frames)

    read = read_wfdb(files).values

    np.testing.assert_array_equal(read, as_the_library_reads(tmp_path))


@pytest.mark.parametrize("stored", [str(stored) for stored in BLOCKS])
def test_bytes_before_the_samples_are_left_out(tmp_path: Path, stored: str) -> None:
    files = write_record(tmp_path, stored, [[1, 1]], offset=513)

    read = read_wfdb(files).values

    np.testing.assert_array_equal(read, as_the_library_reads(tmp_path))


@pytest.mark.parametrize("stored", [str(stored) for stored in BLOCKS])
def test_chunks_give_the_same_as_the_whole(
    tmp_path: Path, stored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = write_record(tmp_path, stored, [[1, 1, 1]])
    whole = read_wfdb(files).values
    monkeypatch.setattr("ecg.signal.wfdb.signal_file.CHUNK", 40)

    np.testing.assert_array_equal(read_wfdb(files).values, whole)


@pytest.mark.parametrize(
    "file", sorted((ROOT / "static/samples/signals").glob("*.zip")), ids=lambda file: str(file.stem)
)
def test_shipped_recordings_are_read_as_the_library_reads_them(file: Path, tmp_path: Path) -> None:
    files = unpack(file.read_bytes())
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (header,) = (name for name in files if name.endswith(".hea"))

    signal = read_signal({file.name: file.read_bytes()})
    marked = wfdb.rdann(str(tmp_path / header[:-4]), "atr")

    np.testing.assert_array_equal(signal.values, as_the_library_reads(tmp_path, header[:-4]))
    assert signal.reference is not None
    assert signal.reference.indices.tolist() == marked.sample.tolist()
    assert list(signal.reference.symbols) == marked.symbol


@pytest.mark.parametrize(
    ("stored", "size", "frames"),
    [
        (16, 5, 2),
        (24, 5, 1),
        (32, 7, 1),
        (212, 3, 2),
        (212, 4, 2),
        (212, 5, 3),
        (310, 5, 3),
        (310, 6, 4),
        (310, 7, 4),
        (311, 6, 4),
        (311, 7, 5),
        (8, 0, 0),
    ],
)
def test_as_many_frames_are_there_as_are_whole(stored: int, size: int, frames: int) -> None:
    assert SignalFile(memoryview(bytes(size)), stored, [1], [0]).frames == frames


def test_a_missing_sample_inside_of_a_frame_is_found(tmp_path: Path) -> None:
    files = write_record(tmp_path, "16", [[2]])
    data = bytearray(files["d0.dat"])
    data[4 * 20 + 2 : 4 * 20 + 4] = b"\x00\x80"
    with pytest.raises(UnreadableSignal, match=r"^Sample 21 of lead 1 is marked as missing"):
        read_wfdb(files | {"d0.dat": bytes(data)})


@pytest.mark.parametrize(
    ("gain", "unit", "words"),
    [
        ("1e-99", "mV", "has values that are too large for any ECG"),
        ("1e-36", "V", "has values that are too large for any ECG"),
        ("0.0000000001", "uV", "reaches .* mV, and an ECG stays within 1000 mV"),
        ("-1e-99", "mV", "has values that are too large for any ECG"),
        ("1e99", "mV", "is flat: every sample is"),
    ],
)
def test_gains_and_units_that_make_no_ecg_are_refused(
    tmp_path: Path, gain: str, unit: str, words: str
) -> None:
    files = write_record(tmp_path, "16", [[1]])
    text = files["r.hea"].decode().replace("30000000.5(-7)/mV", f"{gain}(0)/{unit}")
    with pytest.raises(UnreadableSignal, match=f"^Lead 1 {words}"):
        read_wfdb(files | {"r.hea": text.encode()})


def test_a_baseline_beyond_all_samples_is_refused(tmp_path: Path) -> None:
    files = write_record(tmp_path, "16", [[1]])
    text = files["r.hea"].decode().replace("30000000.5(-7)", "200(9999999999)")
    with pytest.raises(UnreadableSignal, match=r"^Lead 1 .* mV"):
        read_wfdb(files | {"r.hea": text.encode()})


def test_more_samples_than_the_limit_are_refused_before_they_are_read(tmp_path: Path) -> None:
    files = write_record(tmp_path, "16", [[1, 1]])
    read_wfdb(files, limits=ReadLimits(values=2 * FRAMES))
    with pytest.raises(SignalTooLarge, match=r"over 2,001 samples, all leads together"):
        read_wfdb(files, limits=ReadLimits(values=2 * FRAMES - 1))


def test_reading_stops_where_nobody_waits_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecg.signal.wfdb.signal_file.CHUNK", 60)
    asked = []

    def check() -> None:
        asked.append(1)
        if len(asked) == 5:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        read_wfdb(write_record(tmp_path, "16", [[1, 1]]), limits=ReadLimits(check=check))
