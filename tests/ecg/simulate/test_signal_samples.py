"""The sample recordings in static/samples/signals are the plans', small, readable, marked as simulated."""

import hashlib
import io
import json
import warnings
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from ecg.beats.r_peaks import find_r_peaks
from ecg.signal.signal import Annotations
from ecg.simulate import signal_samples
from ecg.simulate.record import TITLES, RecordPlan, simulate_record
from ecg.simulate.sample_index import (
    RECORDINGS,
    UnknownSample,
    find_signal_sample,
    read_signal_samples,
)
from ecg.simulate.signal_samples import PLANS, sample_name, write_signal_samples
from tests.support.project import ROOT

SHIPPED = ROOT / "static" / "samples" / "signals"
STEP = 1 / 200  # mV


def read_record(data: bytes, folder: Path) -> tuple[npt.NDArray[np.float64], float, Annotations]:
    """What wfdb finds in a zip: (leads, n) mV, the rate, the beats."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        name = Path(archive.namelist()[0]).stem
        archive.extractall(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # wfdb's use of pandas is an old one
        import wfdb

        record = wfdb.rdrecord(str(folder / name))
        beats = wfdb.rdann(str(folder / name), "atr")
    return record.p_signal.T, record.fs, Annotations(beats.sample, tuple(beats.symbol))


def test_it_writes_recordings_and_an_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal_samples, "PLANS", ((RecordPlan("pac", 1), "zip"),))
    (path,) = write_signal_samples(tmp_path)
    (sample,) = read_signal_samples(tmp_path)
    samples, rate, beats = read_record(sample.read(), tmp_path)
    drawn = simulate_record(RecordPlan("pac", 1))

    assert sample.path == path
    assert (sample.title, sample.simulated, sample.rate) == ("Atrial ectopic beats", True, rate)
    assert np.abs(samples - drawn.values).max() < 0.51 * STEP
    assert drawn.reference is not None
    for known in (beats, sample.beats):
        assert np.array_equal(known.indices, drawn.reference.indices)
        assert known.symbols == drawn.reference.symbols


def test_every_titled_finding_is_shipped_once() -> None:
    assert sorted(plan.finding for plan, _ in PLANS) == sorted(TITLES)


def test_names_tell_nothing() -> None:
    names = {sample_name(plan) for plan, _ in PLANS}

    assert len(names) == len(PLANS)
    assert all(len(name) == 12 and int(name, 16) >= 0 for name in names)


def test_the_shipped_folder_holds_the_indexed_files_and_no_others() -> None:
    samples = read_signal_samples(SHIPPED)

    assert {path.name for path in SHIPPED.iterdir()} == {RECORDINGS} | {
        s.path.name for s in samples
    }
    assert [s.id for s in samples] == [sample_name(plan) for plan, _ in PLANS]
    assert all(s.simulated for s in samples)


def test_shipped_files_are_small_and_have_the_hashes_of_the_index() -> None:
    for record in json.loads((SHIPPED / RECORDINGS).read_text("utf-8")):
        data = (SHIPPED / record["file"]).read_bytes()
        assert len(data) < 300_000
        assert hashlib.sha256(data).hexdigest() == record["sha256"]


@pytest.mark.parametrize("number", range(len(PLANS)))
def test_shipped_recordings_are_what_the_plan_draws(number: int, tmp_path: Path) -> None:
    (plan, form), sample = PLANS[number], read_signal_samples(SHIPPED)[number]
    drawn = simulate_record(plan)
    if form == "zip":
        samples, rate, beats = read_record(sample.read(), tmp_path)
        assert np.array_equal(beats.indices, sample.beats.indices)
    else:
        table = np.genfromtxt(io.BytesIO(sample.read()), delimiter=",", skip_header=1)
        samples, rate = table[:, 1:].T, float(np.round(1 / np.diff(table[:, 0]).mean()))

    assert rate == plan.rate == sample.rate
    assert np.abs(samples - drawn.values).max() < 1.1 * STEP
    assert drawn.reference is not None
    assert np.array_equal(sample.beats.indices, drawn.reference.indices)
    assert find_r_peaks(samples[0].astype(np.float32), rate).size == sample.beats.indices.size


def test_the_zips_say_that_they_are_simulated() -> None:
    with zipfile.ZipFile(read_signal_samples(SHIPPED)[0].path) as archive:
        header = next(name for name in archive.namelist() if name.endswith(".hea"))
        assert b"not a patient" in archive.read(header)


def test_a_sample_is_found_by_its_id() -> None:
    samples = read_signal_samples(SHIPPED)

    assert find_signal_sample(samples, samples[1].id) is samples[1]


def test_an_unknown_id_is_refused() -> None:
    with pytest.raises(UnknownSample, match="no such sample"):
        find_signal_sample(read_signal_samples(SHIPPED), "../signals")


def test_a_file_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal_samples, "PLANS", ((RecordPlan("rbbb", 1), "csv"),))
    (path,) = write_signal_samples(tmp_path)
    (sample,) = read_signal_samples(tmp_path)
    path.unlink()

    with pytest.raises(UnknownSample, match="is gone"):
        sample.read()


def test_a_folder_without_an_index_has_no_samples(tmp_path: Path) -> None:
    assert read_signal_samples(tmp_path) == ()
