"""A WFDB record is read from its files, and whatever it names, nothing else is opened."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
import wfdb

from ecg.errors import (
    EmptySignal,
    NotASignal,
    SignalError,
    UnknownLead,
    UnreadableSignal,
)
from ecg.signal.read_options import ReadOptions
from ecg.signal.read_signal import read_signal
from tests.support.models.tiny_models import run_python
from tests.support.signals.signal_tables import table
from tests.support.signals.wfdb_files import (
    INDICES,
    LENGTH,
    RATE,
    SYMBOLS,
    TRACES,
    Files,
    encoded,
    header,
    packed,
    same,
    write,
)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A record of two leads, 4 s at 250 Hz, with annotations."""
    return write(tmp_path / "written", "212")


def test_it_works(files: Files) -> None:
    signal = read_signal(files)

    assert (signal.leads, signal.rate, signal.rate_source) == (("MLII", "V5"), RATE, "file")
    assert signal.values.dtype == np.float32
    np.testing.assert_allclose(signal.values, TRACES.T, atol=0.0051)
    assert signal.notes == ()
    assert signal.reference is not None
    assert signal.reference.indices.tolist() == INDICES
    assert signal.reference.symbols == tuple(SYMBOLS)


@pytest.mark.parametrize("stored", ["16", "24", "32", "80", "212"])
def test_every_format_gives_the_same_trace(tmp_path: Path, stored: str) -> None:
    signal = read_signal(write(tmp_path / "written", stored))

    np.testing.assert_allclose(signal.values, TRACES.T, atol=0.0051)
    assert signal.notes == ()


@pytest.mark.parametrize("stored", ["8", "61", "160", "310", "311"])
def test_formats_that_the_library_only_reads_give_it_too(tmp_path: Path, stored: str) -> None:
    files = write(tmp_path / "written", "16")
    digital = np.frombuffer(files["r1.dat"], "<i2").astype(np.int64)
    changed = header(files, "r1.dat 16", f"r1.dat {stored}")
    signal = read_signal(changed | {"r1.dat": encoded(digital, stored)})

    np.testing.assert_allclose(signal.values, TRACES.T, atol=0.0051)
    assert signal.notes == ()


def test_it_reads_what_the_library_reads(tmp_path: Path) -> None:
    files = write(tmp_path / "written", "16")
    known = wfdb.rdrecord(str(tmp_path / "written" / "r1")).p_signal

    np.testing.assert_allclose(read_signal(files).values, known.T, atol=1e-6)


def test_without_annotations_there_is_no_reference(files: Files) -> None:
    del files["r1.atr"]

    assert read_signal(files).reference is None


def test_client_paths_don_t_matter(files: Files) -> None:
    moved = {f"C:\\fakepath\\{name}": data for name, data in files.items()}

    assert same(read_signal(moved), read_signal(files))


@pytest.mark.parametrize(("unit", "gain"), [("uV", "0.1"), ("V", "100000"), ("\u00b5V", "0.1")])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_other_units_become_millivolts(files: Files, unit: str, gain: str, encoding: str) -> None:
    text = files["r1.hea"].decode().replace("100.0(0)/mV", f"{gain}(0)/{unit}")
    signal = read_signal(files | {"r1.hea": text.encode(encoding)})

    np.testing.assert_allclose(signal.values, TRACES.T, atol=0.0051)


def test_a_signal_that_is_no_voltage_is_left_out(tmp_path: Path) -> None:
    signal = read_signal(write(tmp_path / "written", "16", ["mV", "mmHg"]))

    assert signal.leads == ("MLII",)
    assert signal.notes == ("Signal V5 is not in mV and is left out.",)


def test_the_rate_asked_for_wins_with_a_note(files: Files) -> None:
    signal = read_signal(files, ReadOptions(rate=125))

    assert (signal.rate, signal.rate_source) == (125, "asked")
    assert "although the file tells 250 Hz" in signal.notes[0]


def test_a_lead_that_isn_t_there_is_refused(files: Files) -> None:
    with pytest.raises(UnknownLead, match="it has MLII, V5"):
        read_signal(files, ReadOptions(lead="aVR"))


def test_a_length_that_isn_t_told_is_taken_from_the_file(files: Files) -> None:
    assert same(read_signal(header(files, f" {LENGTH}\n", "\n")), read_signal(files))


def test_a_wrong_checksum_is_told(files: Files) -> None:
    data = bytearray(files["r1.dat"])
    data[300] ^= 1
    signal = read_signal(files | {"r1.dat": bytes(data)})

    (note,) = signal.notes
    assert note == (
        "The checksum of lead MLII is not the one in the .hea file: the samples may be damaged."
    )


def test_nothing_is_written_anywhere(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be written a record is read all the same, and a damaged one refused."""
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    monkeypatch.setattr(Path, "write_bytes", None)
    monkeypatch.setattr(Path, "write_text", None)

    assert read_signal(files).leads == ("MLII", "V5")
    with pytest.raises(UnreadableSignal, match=r"\.atr"):
        read_signal(files | {"r1.atr": b"\xff\xff\xff"})


def test_no_library_for_such_records_is_needed(tmp_path: Path) -> None:
    write(tmp_path / "written", "212")
    code = """\
import sys
from pathlib import Path
sys.modules["wfdb"] = sys.modules["pandas"] = None  # as where neither is installed
from ecg.signal.read_signal import read_signal
print(read_signal({file.name: file.read_bytes() for file in Path(sys.argv[1]).iterdir()}).leads)
"""
    assert run_python("-c", code, tmp_path / "written").strip() == "('MLII', 'V5')"


@pytest.mark.parametrize(
    "name",
    [
        "../r1.dat",
        "/etc/passwd",
        "s3://bucket/r1.dat",
        "http://host/r1.dat",
        "a\\b.dat",
        "..",
        "~",
        "-",
    ],
)
def test_names_that_lead_elsewhere_are_refused(files: Files, name: str) -> None:
    with pytest.raises(UnreadableSignal, match="folders and addresses are not followed"):
        read_signal(header(files, "r1.dat", name))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "r1.dat",
            "r2.dat",
            (
                "Signal file 1 of those that the .hea file names was not given: give it with all "
                "others, under the names that they have there."
            ),
        ),
        (
            "r1 2",
            "r1/3 2",
            "The record has several segments, which can't be read: upload one of its segments.",
        ),
        ("r1 2", "r1 3", "The .hea file tells of 3 signals and describes 2."),
        ("r1 2", "r1 0", "The record has no signals: choose one that has."),
        ("r1 2", "r1 999", "There are 999 leads; at most 12 are read."),
        (
            " 250 ",
            " 5 ",
            "The sampling rate that the file tells is 5 Hz; it must be from 50 to 10000 Hz.",
        ),
        (
            f" {LENGTH}\n",
            " 4000\n",
            (
                "Signal file 1 has 1,000 samples of each signal, the .hea file tells 4,000: it was cut, or "
                "belongs to another record."
            ),
        ),
        (
            f" {LENGTH}\n",
            " 100\n",
            "The recording has 100 samples, 0.4 s at 250 Hz: it must last at least 2 s.",
        ),
        (
            "r1.dat 212",
            "r1.dat 516",
            "Signal 1 is compressed (format 516): convert the record to format 16 first.",
        ),
        ("r1.dat 212", "r1.dat 7", "Signal 1 has format 7, which is not one that is read."),
        ("r1.dat 212", "r1.dat 212x0", "Signal 1 has 0 samples in a frame; 1 to 100 are read."),
        ("/mV", "/mmHg", "No signal of the record is in mV: it holds no ECG."),
    ],
)
def test_headers_that_can_t_be_followed_are_refused(
    files: Files, old: str, new: str, sentence: str
) -> None:
    changed = header(files, old, new)
    with pytest.raises(SignalError) as raised:
        read_signal(changed)
    assert str(raised.value) == sentence


def test_a_missing_sample_is_named(files: Files) -> None:
    data = bytearray(files["r1.dat"])
    data[30], data[31] = 0x00, (data[31] & 0xF0) | 0x08  # -2048, the first lead's sample 11
    with pytest.raises(UnreadableSignal, match=r"Sample 11 of lead MLII is marked as missing"):
        read_signal(files | {"r1.dat": bytes(data)})


def test_a_flat_lead_is_refused(files: Files) -> None:
    with pytest.raises(UnreadableSignal, match="Lead MLII is flat"):
        read_signal(files | {"r1.dat": bytes(len(files["r1.dat"]))})


def test_annotations_of_another_record_are_refused(files: Files) -> None:
    with pytest.raises(UnreadableSignal, match="it belongs to another record"):
        read_signal(header(files, f" {LENGTH}\n", " 800\n"))


@pytest.mark.parametrize("seed", range(60))
def test_random_damage_is_read_or_refused_in_words(files: Files, seed: int) -> None:
    dice = np.random.default_rng(seed)
    name = sorted(files)[seed % 3]
    data = bytearray(files[name])
    for place in dice.integers(0, len(data), size=2):
        data[place] = dice.integers(0, 256)
    for given in (files | {name: bytes(data)}, packed(files | {name: bytes(data)})):
        try:
            signal = read_signal(given)
        except SignalError:
            continue
        assert np.isfinite(signal.values).all()


def test_a_dat_without_its_header_is_refused(files: Files) -> None:
    with pytest.raises(NotASignal, match=r"give it together with the \.dat file"):
        read_signal({"r1.dat": files["r1.dat"]})


def test_two_records_are_refused(files: Files) -> None:
    with pytest.raises(NotASignal, match=r"There are 2 \.hea files"):
        read_signal(files | {"r2.hea": files["r1.hea"]})


def test_two_tables_are_refused() -> None:
    with pytest.raises(NotASignal, match="give one CSV at a time"):
        read_signal({"a.csv": table(), "b.csv": table()})


def test_files_of_one_name_are_refused(files: Files) -> None:
    with pytest.raises(NotASignal, match="Two of the files have the same name"):
        read_signal(files | {"other/r1.dat": b"x"})


def test_nothing_is_refused() -> None:
    with pytest.raises(EmptySignal):
        read_signal({})
