"""Beats as CSV and as WFDB annotations, which wfdb reads back as they were."""

import csv
import io
import warnings
from pathlib import Path

import numpy as np
import pytest

from ecg.beats.beat_files import SYMBOLS, LabelledBeats, NoSymbol, beats_atr, beats_csv
from ecg.tasks import BEAT_AAMI_5, BEAT_SIX

INDICES = np.array(
    [0, 7, 1030, 2053, 70_000, 9_000_000], dtype=np.int64
)  # steps over 2^10 and 2^16
LABELS = ("N", "S", "V", "F", "Q", "N")


def read_atr(data: bytes, folder: Path) -> tuple[list[int], list[str], float | None]:
    """What wfdb finds in an annotation file: samples, symbols, rate."""
    (folder / "beats.atr").write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # wfdb's use of pandas is an old one
        import wfdb

        found = wfdb.rdann(str(folder / "beats"), "atr")
    return found.sample.tolist(), found.symbol, found.fs


def test_wfdb_reads_back_what_was_written(tmp_path: Path) -> None:
    data = beats_atr(LabelledBeats(INDICES, 360.0, LABELS))

    assert read_atr(data, tmp_path) == (INDICES.tolist(), list(LABELS), 360)


def test_the_six_classes_have_their_symbols(tmp_path: Path) -> None:
    labels = tuple(BEAT_SIX.labels)
    beats = LabelledBeats(np.arange(1, 7, dtype=np.int64) * 300, 250.0, labels)

    assert read_atr(beats_atr(beats), tmp_path)[1:] == (["L", "N", "A", "V", "R", "!"], 250)


def test_every_label_of_the_five_classes_is_its_own_symbol() -> None:
    assert all(SYMBOLS[label] == label for label in BEAT_AAMI_5.labels)


def test_a_label_without_a_symbol_is_refused() -> None:
    beats = LabelledBeats(np.array([5]), 360.0, ("myocardial_infarction",))

    with pytest.raises(NoSymbol, match="no symbol for myocardial_infarction"):
        beats_atr(beats)


def test_a_recording_without_beats_is_an_empty_annotation_file(tmp_path: Path) -> None:
    data = beats_atr(LabelledBeats(np.empty(0, dtype=np.int64), 360.0, ()))

    assert data[-2:] == b"\0\0"
    assert read_atr(data, tmp_path)[0] == []


def test_the_table_tells_time_sample_label_and_probabilities() -> None:
    shares = np.array([[0.9, 0.1], [0.25, 0.75]], dtype=np.float32)
    beats = LabelledBeats(np.array([90, 450]), 360.0, ("N", "V"), ("N", "V"), shares)

    rows = list(csv.DictReader(io.StringIO(beats_csv(beats))))

    assert rows[1] == {
        "time_s": "1.2500",
        "sample": "450",
        "label": "V",
        "p_N": "0.250000",
        "p_V": "0.750000",
    }
    assert [row["sample"] for row in rows] == ["90", "450"]


def test_a_table_without_probabilities_has_no_such_columns() -> None:
    assert beats_csv(LabelledBeats(np.array([36]), 360.0, ("N",))) == (
        "time_s,sample,label\n0.1000,36,N\n"
    )


@pytest.mark.parametrize(
    ("indices", "labels", "message"),
    [
        ([1, 2], ("N",), "2 beats can't have 1 labels"),
        ([2, 1], ("N", "N"), "order of time"),
        ([-1, 1], ("N", "N"), "order of time"),
    ],
)
def test_beats_that_do_not_fit_are_refused(
    indices: list[int], labels: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        LabelledBeats(np.array(indices), 360.0, labels)


def test_probabilities_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="each beat and class"):
        LabelledBeats(np.array([1]), 360.0, ("N",), ("N", "V"), np.ones((1, 3)))
