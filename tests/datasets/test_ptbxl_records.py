"""Beats of PTB-XL: which recordings are normal, which have an infarction."""

from pathlib import Path

import numpy as np
import pytest

from tests.support.signals.drawn_beats import drawn_beats
from twelvelead.datasets.pages import DataError
from twelvelead.datasets.ptbxl import ALL, INFARCTION, NORMAL, label_of, read_records

CLASSES = {"NORM": "NORM", "IMI": "MI", "LVH": "HYP"}
STATEMENTS = ",description,diagnostic_class\nNORM,,NORM\nIMI,,MI\nLVH,,HYP\nSR,,\n"
ROWS = (
    ("1", "7.0", "{'NORM': 80.0, 'SR': 0.0}"),
    ("2", "7.0", "{'IMI': 50.0}"),
    ("3", "8.0", "{'LVH': 100.0}"),
    ("4", "9.0", "{'NORM': 100.0}"),  # without a file
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    import wfdb

    (tmp_path / "scp_statements.csv").write_text(STATEMENTS, encoding="utf-8")
    lines = [f'{number},{patient},"{codes}",r{number}' for number, patient, codes in ROWS]
    table = "\n".join(["ecg_id,patient_id,scp_codes,filename_hr", *lines, ""])
    (tmp_path / "ptbxl_database.csv").write_text(table, encoding="utf-8")
    trace = drawn_beats("N" * 10, rate=500.0).trace
    both = np.stack([np.zeros_like(trace), trace], axis=1).astype(np.float64)
    for number in "123":
        wfdb.wrsamp(
            f"r{number}",
            fs=500,
            units=["mV", "mV"],
            sig_name=["I", "II"],
            p_signal=both,
            fmt=["16", "16"],
            write_dir=str(tmp_path),
        )
    return tmp_path


def test_normal_and_infarction_recordings_are_read(folder: Path) -> None:
    one, two = read_records(folder, ALL)
    assert [(r.name, r.patient) for r in (one, two)] == [("1", "7"), ("2", "7")]
    assert one.lead == "II"
    assert len(one.beats) == pytest.approx(10, abs=1)
    assert one.symbols.tolist() == [NORMAL] * (len(one.beats) - 1) + [""]
    assert set(two.symbols) == {INFARCTION, ""}


def test_records_can_be_named(folder: Path) -> None:
    assert [one.name for one in read_records(folder, ["2"])] == ["2"]


@pytest.mark.parametrize(
    ("statements", "label"),
    [
        ({"NORM": 100.0, "SR": 0.0}, NORMAL),
        ({"NORM": 50.0, "LVH": 50.0}, ""),
        ({"IMI": 49.0}, ""),
        ({"IMI": 50.0, "LVH": 100.0}, INFARCTION),
        ({"SR": 0.0}, ""),
    ],
)
def test_a_recording_is_labelled_by_its_statements(
    statements: dict[str, float], label: str
) -> None:
    assert label_of(statements, CLASSES) == label


def test_a_folder_without_the_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="scp_statements"):
        read_records(tmp_path, ALL)


def test_a_folder_without_records_is_refused(folder: Path) -> None:
    for file in folder.glob("*.dat"):
        file.unlink()
    with pytest.raises(DataError, match="no record of PTB-XL"):
        read_records(folder, ALL)
