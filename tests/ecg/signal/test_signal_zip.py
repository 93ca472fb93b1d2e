"""A zip is read in memory, within limits, and its names are never paths."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from ecg.errors import (
    NotASignal,
    SignalError,
    SignalTooLarge,
    UnreadableSignal,
)
from ecg.signal.read_options import ReadLimits, ReadOptions
from ecg.signal.read_signal import read_signal
from tests.support.signals.signal_tables import table
from tests.support.signals.wfdb_files import (
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
    signal = read_signal(
        packed({"ecg.csv": table(), "__MACOSX/._ecg.csv": b"x"}), ReadOptions(rate=100)
    )

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
    assert np.isfinite(signal.values).all()


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


def lying(files: Files, place: int, told: bytes, signature: bytes = b"PK\x01\x02") -> Files:
    """A zip with other bytes at this place of the first record that begins so."""
    data = bytearray(packed(files)["upload"])
    begin = data.index(signature) + place
    data[begin : begin + len(told)] = told
    return {"upload": bytes(data)}


def with_extra(content: bytes, offset: int, extra: bytes) -> Files:
    """A zip of one stored CSV whose list tells this offset, and this field beside it."""
    name = b"a.csv"
    sizes = struct.pack("<III", zlib.crc32(content), len(content), len(content))
    head = struct.pack("<HHHHH", 20, 0, 0, 0, 0) + sizes + struct.pack("<HH", len(name), 0)
    local = b"PK\x03\x04" + head + name + content
    entry = b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 0, 0, 0) + sizes
    entry += struct.pack("<HHHHHII", len(name), len(extra), 0, 0, 0, 0, offset) + name + extra
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(entry), len(local), 0)
    return {"upload": local + entry + end}


def test_a_zip_made_by_hand_is_read() -> None:
    assert read_signal(with_extra(table(), 0, b""), ReadOptions(rate=100)).leads == ("MLII", "V5")


@pytest.mark.parametrize("offset", [2**64 - 1, 2**63, 2**63 - 1, 2**62, 2**32, 10**9])
def test_an_offset_beyond_the_file_is_refused(offset: int) -> None:
    extra = struct.pack("<HHQ", 1, 8, offset)
    with pytest.raises(UnreadableSignal, match="The zip is damaged: pack the files again"):
        read_signal(with_extra(table(), 0xFFFFFFFF, extra))


@pytest.mark.parametrize("size", [0, 1, 7, 9, 0xFFFF])
def test_a_field_of_another_length_is_refused(size: int) -> None:
    extra = struct.pack("<HHQ", 1, size, 0)
    with pytest.raises(UnreadableSignal, match="The zip is damaged: pack the files again"):
        read_signal(with_extra(table(), 0xFFFFFFFF, extra))


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (6, b"\xff\xff"),  # the version that it needs
        (16, b"\1\2\3\4"),  # its checksum
        (20, b"\0\0\0\0"),  # its size as packed
        (20, b"\xfe\xff\xff\xff"),
        (24, b"\x0f\0\0\0"),  # its size
        (28, b"\xff\xff"),  # how long its name is
        (30, b"\xff\xff"),  # and the field after it
        (42, b"\xfe\xff\xff\xff"),  # its offset
        (42, b"\7\0\0\0"),
    ],
)
def test_a_list_of_entries_that_lies_is_refused(files: Files, place: int, told: bytes) -> None:
    with pytest.raises(SignalError, match=r"\.$"):
        read_signal(lying(files, place, told))


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (12, b"\xff\xff\xff\xff"),  # how long the list is
        (12, b"\1\0\0\0"),
        (16, b"\xff\xff\xff\xff"),  # where it begins
        (16, b"\0\0\0\0"),
        (8, b"\xff\xff\xff\xff"),  # how many entries
        (20, b"\xff\xff"),  # how long the comment is
    ],
)
def test_an_end_that_lies_is_refused_or_read(files: Files, place: int, told: bytes) -> None:
    try:
        leads = read_signal(lying(files, place, told, b"PK\x05\x06")).leads
    except SignalError:
        return
    assert leads == ("MLII", "V5")


def test_what_is_unpacked_counts_not_what_is_told() -> None:
    """A size that is told too small ends the reading there; one too large is found out."""
    data = {"a.csv": table() * 40}
    for told in (100, 40 * len(table()) + 1):
        with pytest.raises(UnreadableSignal, match="The zip is damaged"):
            read_signal(lying(data, 24, struct.pack("<I", told)))


def test_unpacking_stops_where_nobody_waits_any_more(files: Files) -> None:
    def check() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        read_signal(packed(files), limits=ReadLimits(check=check))
