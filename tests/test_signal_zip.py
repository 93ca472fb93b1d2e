"""A zip is read in memory, within limits, and its names are never paths."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ecg.asked import Asked
from ecg.errors import (
    NotASignal,
    SignalError,
    SignalTooLarge,
    UnreadableSignal,
)
from ecg.read_signal import read_signal
from tests.signal_tables import table
from tests.wfdb_files import (
    Files,
    packed,
    same,
    write,
)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A record of two leads, 4 s at 250 Hz, with annotations."""
    return write(tmp_path / "written", "212")


@pytest.mark.parametrize("folder", ["", "data/1.0/", "../../", "C:\\data\\"])
def test_a_zip_gives_the_same(files: Files, folder: str) -> None:
    assert same(read_signal(packed(files, folder)), read_signal(files))


def test_a_zip_of_a_csv_is_read() -> None:
    signal = read_signal(packed({"ecg.csv": table(), "__MACOSX/._ecg.csv": b"x"}), Asked(rate=100))

    assert signal.leads == ("MLII", "V5")


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_zip_is_read_or_refused_in_words(files: Files, seed: int) -> None:
    dice = np.random.default_rng(seed)
    data = bytearray(packed(files)["upload"])
    for place in dice.integers(0, len(data), size=2):
        data[place] = dice.integers(0, 256)
    try:
        signal = read_signal({"upload": bytes(data)})
    except SignalError:
        return
    assert np.isfinite(signal.samples).all()


def test_a_zip_in_a_zip_is_refused(files: Files) -> None:
    with pytest.raises(UnreadableSignal, match="There is a zip in the zip"):
        read_signal(packed(packed(files)))


def test_an_encrypted_zip_is_refused(files: Files) -> None:
    data = bytearray(packed(files)["upload"])
    place = data.index(b"PK\x01\x02")
    data[place + 8] |= 1  # the flag in the list of entries
    with pytest.raises(UnreadableSignal, match="encrypted"):
        read_signal({"upload": bytes(data)})


def test_a_zip_packed_another_way_is_refused(files: Files) -> None:
    with pytest.raises(UnreadableSignal, match="pack it with deflate"):
        read_signal(packed(files, method=zipfile.ZIP_LZMA))


def test_an_empty_zip_is_refused() -> None:
    data = io.BytesIO()
    zipfile.ZipFile(data, "w").close()
    with pytest.raises(NotASignal, match="The zip is empty"):
        read_signal({"a.zip": data.getvalue()})


def test_a_zip_that_swells_is_refused() -> None:
    with pytest.raises(SignalTooLarge, match="over 200 times as large as packed"):
        read_signal(packed({"a.csv": b"0" * 10_000_000}))


def test_a_zip_of_too_much_is_refused() -> None:
    with pytest.raises(SignalTooLarge, match="The files in the zip are over 50 MB"):
        read_signal(packed({"a.csv": b"0" * 50_000_001}))


@pytest.mark.parametrize("count", [65, 5000])
def test_a_zip_of_too_many_files_is_refused(count: int) -> None:
    with pytest.raises(SignalTooLarge, match="64 are the most"):
        read_signal(packed({f"{place:05d}.csv": b"1" for place in range(count)}))


def test_a_zip_with_two_files_of_one_name_is_refused(files: Files) -> None:
    with pytest.raises(UnreadableSignal, match="two files of the same name"):
        read_signal(packed(files | {"other/r1.hea": files["r1.hea"]}))


def test_half_a_zip_is_refused(files: Files) -> None:
    data = packed(files)["upload"]
    with pytest.raises(UnreadableSignal, match="The zip is damaged"):
        read_signal({"upload": data[: len(data) // 2]})
