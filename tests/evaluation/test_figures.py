"""Figures on beats, and what is printed of them."""

import numpy as np
import pytest

from twelvelead.evaluation.abstaining.selective import abstentions
from twelvelead.evaluation.figures import LabelledAnswers, beat_figures, record_figures
from twelvelead.evaluation.text import figures_text

LABELS = ("N", "S", "V", "F", "Q")


def answered(targets: str, said: str, records: list[str], patients: list[str]) -> LabelledAnswers:
    """Beats with a sure answer each."""
    logits = np.full((len(said), 5), -5.0)
    logits[np.arange(len(said)), [LABELS.index(one) for one in said]] = 5
    return LabelledAnswers(
        LABELS,
        np.array([LABELS.index(one) for one in targets], dtype=np.intp),
        logits,
        np.array(records),
        np.array(patients),
    )


TWO = answered("NNSVNNSV", "NNSVNSNV", ["a"] * 4 + ["b"] * 4, ["p"] * 4 + ["q"] * 4)


def test_figures_of_classes_records_and_patients() -> None:
    figures = beat_figures(TWO, 1.0)
    assert (figures["n"], figures["records"], figures["patients"]) == (8, 2, 2)
    assert figures["accuracy"] == 0.75
    assert figures["per_class"]["S"]["f1"] == 0.5
    assert figures["macro_f1_nsvf"] == pytest.approx((0.75 + 0.5 + 1 + 0) / 4)
    assert figures["per_record"]["b"]["S"] == {"n": 1, "found": 0, "false": 1}
    assert figures["per_record"]["a"]["V"] == {"n": 1, "found": 1, "false": 0}


def test_intervals_are_drawn_by_patient() -> None:
    figures = beat_figures(TWO, 1.0)
    assert figures["accuracy_interval"] == [0.5, 1.0]
    assert figures["per_class"]["S"]["f1_interval"] == [0.0, 1.0]
    one = answered("NNSVNNSV", "NNSVNSNV", ["a"] * 4 + ["b"] * 4, ["p"] * 8)
    assert beat_figures(one, 1.0)["accuracy_interval"] == [0.75, 0.75]


def test_a_temperature_changes_certainty_and_no_class() -> None:
    cold, warm = beat_figures(TWO, 1.0), beat_figures(TWO, 10.0)
    assert cold["confusion"] == warm["confusion"]
    assert cold["ece"] != warm["ece"]


def test_records_are_answered_by_the_mean_of_their_beats() -> None:
    some = answered("NNNVVV", "NNVVVN", ["a"] * 3 + ["b"] * 3, ["p"] * 3 + ["q"] * 3)
    figures = record_figures(some, 1.0)
    assert (figures["n"], figures["accuracy"]) == (2, 1.0)
    assert "per_record" not in figures


def test_the_text_tells_classes_records_and_what_is_nearly_absent() -> None:
    text = figures_text(beat_figures(TWO, 1.0) | {"protocol": "two drawn records"})
    assert text.startswith("two drawn records\n8 beats of 2 records")
    assert "F is absent here." in text
    assert "V is nearly absent here (2 beats): its figures say nothing." in text
    assert "macro-F1 over N S V F  0.562" in text
    assert [line.split() for line in text.splitlines() if line.startswith("b ")] == [
        ["b", "4", "1", "0", "1", "1", "1", "0"]
    ]


def test_the_text_tells_what_the_detector_missed() -> None:
    figures = beat_figures(TWO, 1.0) | {"protocol": "two", "missed": 3, "extra": 1}
    assert "3 marked beats were not found; 1 places" in figures_text(figures)


def test_the_text_tells_how_many_answers_count() -> None:
    accepted = np.array([1, 1, 0, 0, 0, 0, 0, 1], dtype=np.bool_)
    told = abstentions(LABELS, TWO.targets, TWO.logits.argmax(axis=1), accepted)
    text = figures_text(beat_figures(TWO, 1.0) | {"protocol": "drawn", "abstentions": told})
    assert "3 of 8 answers accepted, 1.000 of those right; 0.375 of all" in text
    none = abstentions(LABELS, TWO.targets, TWO.targets, np.zeros(8, np.bool_))
    text = figures_text(beat_figures(TWO, 1.0) | {"protocol": "drawn", "abstentions": none})
    assert "0 of 8 answers accepted; 0.000 of all" in text
