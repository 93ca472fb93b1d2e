"""datasets.records: WFDB records with the beats that people marked in them."""

from pathlib import Path

import numpy as np
import pytest

from tests.support.signals.drawn_beats import drawn_beats, write_record
from twelvelead.datasets.pages import DataError
from twelvelead.datasets.records import AAMI, read_marked, read_records

SYMBOLS = "NNAVN"


def test_beats_come_with_their_symbols_and_labels(tmp_path: Path) -> None:
    write_record(tmp_path, "202", SYMBOLS)
    (record,) = read_records(tmp_path, ["202"])

    assert (record.name, record.patient, record.lead) == ("202", "201", "MLII")
    assert record.symbols.tolist() == list(SYMBOLS)
    assert record.labels(AAMI).tolist() == ["N", "N", "S", "V", "N"]
    assert np.array_equal(record.beats.indices, drawn_beats(SYMBOLS).indices)
    assert record.beats.trace == pytest.approx(drawn_beats(SYMBOLS).trace, abs=0.001)


def test_what_marks_no_beat_is_left_out_unless_it_is_asked_for(tmp_path: Path) -> None:
    write_record(tmp_path, "900", "N!~N")
    assert read_records(tmp_path, ["900"])[0].symbols.tolist() == ["N", "N"]
    assert read_records(tmp_path, ["900"], "!")[0].symbols.tolist() == ["N", "!", "N"]
    assert read_marked(tmp_path / "900")[1].symbols == ("N", "!", "~", "N")


def test_a_record_without_one_of_its_files_is_refused(tmp_path: Path) -> None:
    write_record(tmp_path, "900", SYMBOLS)
    (tmp_path / "900.atr").unlink()
    with pytest.raises(DataError, match=r"900\.atr is not there"):
        read_records(tmp_path, ["900"])


def test_a_damaged_record_is_named_with_its_fault(tmp_path: Path) -> None:
    write_record(tmp_path, "900", SYMBOLS)
    signals = tmp_path / "900.dat"
    signals.write_bytes(signals.read_bytes()[:500])
    with pytest.raises(DataError, match=r"Record 900 in .* can't be read: Signal file 1 has 250"):
        read_records(tmp_path, ["900"])
