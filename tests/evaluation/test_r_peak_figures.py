"""Figures of R peaks: beats matched one to one within 150 ms, learning period and flutter left out."""

import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ecg.beats.r_peaks import Trace
from ecg.signal.signal import SampleIndices
from ecg.simulate.record import RecordPlan, simulate_record
from ecg.simulate.signal_samples import record_zip
from twelvelead.datasets.pages import DataError
from twelvelead.evaluation import r_peak_figures
from twelvelead.evaluation.r_peak_figures import (
    Reference,
    measure,
    read_reference,
    score,
    table,
)

RATE = 100.0
BEATS = np.arange(100, 40_000, 100)  # one a second, 399 of them: 99 after the fifth minute


def reference(flutter: tuple[tuple[int, int], ...] = ()) -> Reference:
    return Reference(np.zeros(40_000, dtype=np.float32), RATE, BEATS, flutter)


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set of two simulated records, of which the first ten seconds are for learning."""
    monkeypatch.setattr(r_peak_figures, "LEARNING", 10.0)
    for name, finding in (("100", "sinus_rhythm"), ("101", "pvc")):
        data = record_zip(simulate_record(RecordPlan(finding, 1)), name)
        (tmp_path / "one.zip").write_bytes(data)
        with zipfile.ZipFile(tmp_path / "one.zip") as archive:
            archive.extractall(tmp_path)
    (tmp_path / "RECORDS").write_text("100\n101\n", encoding="ascii")
    return tmp_path


def test_all_beats_found_is_one_and_one() -> None:
    found = score(reference(), BEATS + 3)

    assert (found["hits"], found["missed"], found["false"]) == (100, 0, 0)
    assert (found["sensitivity"], found["positive_predictivity"]) == (1.0, 1.0)
    assert (found["offset_median_ms"], found["offset_95_ms"]) == (30.0, 30.0)


def test_a_missed_beat_and_a_false_one_are_counted() -> None:
    places = np.sort(np.append(np.delete(BEATS, 350), 36_450))

    found = score(reference(), places)

    assert (found["hits"], found["missed"], found["false"]) == (99, 1, 1)
    assert found["sensitivity"] == found["positive_predictivity"] == 0.99


def test_150_ms_are_near_enough_and_160_are_not() -> None:
    assert score(reference(), BEATS + 15)["missed"] == 0
    assert score(reference(), BEATS + 16)["missed"] == 100


def test_the_learning_period_does_not_count() -> None:
    found = score(reference(), BEATS[BEATS >= 30_000])

    assert (found["missed"], found["hits"]) == (0, 100)


def test_flutter_does_not_count() -> None:
    places = BEATS[(BEATS < 35_000) | (BEATS > 36_000)]
    noisy = np.sort(np.append(places, [35_333, 35_555]))

    found = score(reference(((35_000, 36_000),)), noisy)

    assert (found["hits"], found["missed"], found["false"]) == (89, 0, 0)


def test_it_measures_a_folder_of_records(records: Path) -> None:
    figures = measure(records)

    assert list(figures["records"]) == ["100", "101"]
    assert figures["total"]["sensitivity"] == 1.0
    assert figures["total"]["positive_predictivity"] > 0.98
    assert figures["average"]["sensitivity"] == 1.0
    assert abs(figures["total"]["offset_median_ms"]) < 20


def test_a_detector_that_finds_nothing_is_told_as_such(records: Path) -> None:
    def blind(_trace: Trace, _rate: float) -> SampleIndices:
        return np.empty(0, dtype=np.int64)

    figures = measure(records, blind)

    assert figures["total"]["sensitivity"] == 0.0
    assert figures["records"]["100"]["offset_median_ms"] is None
    assert "| 100 | 0 | 0 |" in table(figures, {})


def test_the_reader_takes_the_first_lead_and_the_beats(records: Path) -> None:
    record = read_reference(records, "101")
    drawn = simulate_record(RecordPlan("pvc", 1))

    assert drawn.reference is not None
    assert np.array_equal(record.beats, drawn.reference.indices)
    assert np.abs(record.trace - drawn.values[0]).max() < 0.003


def test_the_command_prints_json_and_writes_the_table(
    records: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["figures", "--data", str(records), "--json", "--write", str(records / "out.md")]
    monkeypatch.setattr(sys, "argv", words)

    r_peak_figures.main()

    figures = json.loads(capsys.readouterr().out)
    assert figures["total"]["missed"] == 0
    assert "| all |" in (records / "out.md").read_text("utf-8")


def test_a_folder_without_records_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no MIT-BIH records"):
        measure(tmp_path)


def test_a_record_that_is_not_there_is_refused(records: Path) -> None:
    (records / "RECORDS").write_text("999\n", encoding="ascii")

    with pytest.raises(DataError, match=r"999\.hea is not there"):
        measure(records)
