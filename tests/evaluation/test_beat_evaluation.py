"""Evaluating a model on WFDB records, at marked places and at found ones."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ecg.beats.beats import Beats
from ecg.tasks import BEAT_AAMI_5, BEAT_INFARCTION, Task
from tests.support.signals.drawn_beats import write_record
from twelvelead.datasets.pages import DataError
from twelvelead.datasets.records import DS2
from twelvelead.evaluation.metrics import Matrix
from twelvelead.evaluation.records import chosen_names, evaluate_records, holds_records
from twelvelead.evaluation.text import figures_text

SYMBOLS = "NNNNANNNNNVNNNNANNNN"


@dataclass
class FakeEntry:
    key: str = "fake"
    task: Task = BEAT_AAMI_5
    labels: tuple[str, ...] = ("V", "S", "N", "F", "Q")  # in an order of its own
    accept_from: float = 0.5
    keep_from: tuple[float, ...] = ()
    accepts: bool = True
    never: tuple[str, ...] = ()


ENTRY: Any = FakeEntry()


def by_interval(beats: Beats) -> Matrix:
    """Early beats are S, others N."""
    early = beats.rr_before < 0.65
    return np.where(early[:, np.newaxis], [0.1, 0.9, 0, 0, 0], [0, 0, 1.0, 0, 0])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed, name in enumerate(("900", "901", "102")):
        write_record(tmp_path, name, SYMBOLS, seed=seed)
    return tmp_path


def test_a_model_is_measured_at_the_marked_beats(folder: Path) -> None:
    figures = evaluate_records(by_interval, ENTRY, folder)
    assert (figures["model"], figures["n"], figures["records"]) == ("fake", 40, 2)
    assert figures["per_class"]["S"]["recall"] == 1
    assert figures["per_class"]["V"]["recall"] == 0
    assert figures["per_class"]["N"]["precision"] == 1
    assert "2 records, DS2 of de Chazal not being there whole" in figures["protocol"]
    assert figures["unread"]["beats"] == sum(figures["unread"]["reasons"].values())


def test_beats_that_get_no_label_are_told_and_the_figures_of_the_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def first_five(beats: Beats) -> np.ndarray:
        return np.where(np.arange(len(beats)) < 5, "noise", "")

    monkeypatch.setattr("twelvelead.evaluation.records.codes_of", first_five)
    figures = evaluate_records(by_interval, ENTRY, folder)
    assert figures["n"] == 40
    assert figures["unread"]["beats"] == 10
    assert figures["unread"]["reasons"] == {"noise": 10}
    assert figures["unread"]["rest"]["accuracy"] <= 1
    assert figures["abstentions"]["accepted"] == 30
    assert "10 of these beats get no label when served (noise 10)" in figures_text(figures)


def test_a_model_is_measured_at_the_beats_that_were_found(folder: Path) -> None:
    figures = evaluate_records(by_interval, ENTRY, folder, detected=True)
    assert figures["n"] + figures["missed"] == 40
    assert figures["missed"] <= 4
    assert figures["per_class"]["S"]["recall"] > 0.7
    assert "that the detector found" in figures["protocol"]


def test_ds2_is_read_alone_where_it_is_whole(tmp_path: Path) -> None:
    for name in (*DS2, "101"):
        for suffix in (".hea", ".dat", ".atr"):
            (tmp_path / name).with_suffix(suffix).touch()
    assert chosen_names(tmp_path) == list(DS2)


def test_a_folder_of_pages_holds_no_records(tmp_path: Path) -> None:
    (tmp_path / "normal").mkdir()
    (tmp_path / "100.hea").touch()
    assert not holds_records(tmp_path)
    with pytest.raises(DataError, match="no WFDB record with annotations"):
        chosen_names(tmp_path)


def test_a_task_without_marked_beats_is_refused(folder: Path) -> None:
    other: Any = FakeEntry(task=BEAT_INFARCTION)
    with pytest.raises(DataError, match="no labels of 'beat-infarction'"):
        evaluate_records(by_interval, other, folder)


def test_records_without_a_labelled_beat_are_refused(tmp_path: Path) -> None:
    write_record(tmp_path, "900", "~~~")
    with pytest.raises(DataError, match="has one of the model's labels"):
        evaluate_records(by_interval, ENTRY, tmp_path)


def test_paced_records_alone_are_refused(tmp_path: Path) -> None:
    write_record(tmp_path, "102", SYMBOLS)
    with pytest.raises(DataError, match="of a heart that is not paced"):
        evaluate_records(by_interval, ENTRY, tmp_path)
