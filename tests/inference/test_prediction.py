"""Raw outputs become probabilities, or no usable answer; a prediction has one stable JSON form."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ecg.reason import Reason
from model_registry.entry import ModelEntry
from model_registry.errors import NoUsableAnswer
from model_registry.read_entry import read_entry
from tests.support.models.entry_files import KERAS, changed, write_entry
from twelvelead.inference.decision import Rule
from twelvelead.inference.prediction import Prediction, to_probabilities


def entry(folder: Path, output: str = "logits", temperature: float = 1.0) -> ModelEntry:
    text = changed(KERAS, '"probabilities"', f'"{output}"')
    return read_entry(write_entry(folder, f"{text}\n[calibration]\ntemperature = {temperature}\n"))


def test_it_works(tmp_path: Path) -> None:
    found = to_probabilities([0.0, np.log(2), np.log(3), np.log(4)], entry(tmp_path))

    np.testing.assert_allclose(found, [0.1, 0.2, 0.3, 0.4])
    assert found.dtype == np.float64


def test_probabilities_stay_as_they_are(tmp_path: Path) -> None:
    found = to_probabilities([0.1, 0.2, 0.3, 0.4], entry(tmp_path, "probabilities"))

    np.testing.assert_allclose(found, [0.1, 0.2, 0.3, 0.4])


def test_a_sure_model_stays_sure(tmp_path: Path) -> None:
    found = to_probabilities([0.0, 0.0, 1.0, 0.0], entry(tmp_path, "probabilities"))

    np.testing.assert_allclose(found, [0, 0, 1, 0], atol=1e-9)


def test_huge_logits_overflow_nothing(tmp_path: Path) -> None:
    found = to_probabilities([1e4, -1e4, 0.0, 1e4], entry(tmp_path))

    np.testing.assert_allclose(found, [0.5, 0, 0, 0.5])


@pytest.mark.parametrize("output", ["logits", "probabilities"])
def test_a_temperature_of_2_takes_the_root_of_each_probability(tmp_path: Path, output: str) -> None:
    given = np.array([0.1, 0.2, 0.3, 0.4])
    raw = given if output == "probabilities" else np.log(given)
    roots = np.sqrt(given)

    found = to_probabilities(raw, entry(tmp_path, output, 2.0))
    np.testing.assert_allclose(found, roots / roots.sum())


@pytest.mark.parametrize("output", ["logits", "probabilities"])
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_an_output_that_is_not_finite_is_no_usable_answer(
    tmp_path: Path, output: str, number: float
) -> None:
    with pytest.raises(NoUsableAnswer, match="'a_model' returned no usable answer"):
        to_probabilities([0.5, number, 0.3, 0.2], entry(tmp_path, output))


@pytest.mark.parametrize("raw", [[0.1, 0.2, 0.3, 0.5], [-0.1, 0.5, 0.3, 0.3], [0, 0, 0, 0]])
def test_declared_probabilities_that_are_none_are_no_usable_answer(
    tmp_path: Path, raw: list[float]
) -> None:
    with pytest.raises(NoUsableAnswer, match='set output = "logits"') as told:
        to_probabilities(raw, entry(tmp_path, "probabilities"))
    assert "'a_model'" in str(told.value)


def said(probabilities: Sequence[Sequence[float]], **more: Any) -> Prediction:
    """An answer about as many things as there are rows."""
    return Prediction(
        model="tiny",
        framework="keras",
        labels=("normal", "history_of_mi"),
        rule=Rule(0.6),
        model_sha256="b" * 64,
        runtime="tensorflow 2",
        probabilities=np.array(probabilities),
        **more,
    )


def test_each_beat_is_decided_by_itself() -> None:
    beats = said([[0.9, 0.1], [0.45, 0.55], [0.3, 0.7]])

    assert beats.classes.tolist() == [0, 1, 1]
    assert beats.confidence.tolist() == [0.9, 0.55, 0.7]
    assert beats.accepted.tolist() == [True, False, True]
    assert beats.surest == 0
    assert beats.counts() == {"normal": 1, "history_of_mi": 2}
    assert beats.decisions() == {"accepted": 2, "uncertain": 1}


def test_no_beats_are_decided_nothing_of() -> None:
    nothing = replace(said([[1.0, 0.0]]), probabilities=np.zeros((0, 2)))
    assert nothing.decisions() == {}
    assert nothing.counts() == {"normal": 0, "history_of_mi": 0}


def test_where_there_are_reasons_a_page_is_uncertain_however_sure_the_model_is() -> None:
    assert said([[0.9, 0.1]]).decision == "accepted"
    assert said([[0.9, 0.1]], reasons=(Reason("no_frame", "No frame."),)).decision == "uncertain"


def test_a_model_that_was_not_run_has_refused() -> None:
    refused = Prediction(
        model="tiny",
        framework="keras",
        labels=("normal",),
        rule=Rule(0.6),
        model_sha256="b" * 64,
        page_sha256="a" * 64,
        reasons=(Reason("other_input", "This looks like something else."),),
    )

    assert refused.decisions() == {"refused": 1}
    assert refused.as_json() == {
        "model": "tiny",
        "framework": "keras",
        "runtime": "not run",
        "label": None,
        "probabilities": {},
        "decision": "refused",
        "cannot_rule_out": [],
        "reasons": ["This looks like something else."],
        "reason_codes": ["other_input"],
        "familiarity": None,
        "seen_in_training": None,
        "notes": [],
        "timings_ms": {},
        "page_sha256": "a" * 64,
        "model_sha256": "b" * 64,
    }


def test_what_a_page_may_be_after_all_is_told_the_likeliest_first() -> None:
    page = replace(said([[0.3, 0.7]]), rule=Rule(0.6, (0.2, 0.9)))
    assert page.cannot_rule_out == ("history_of_mi", "normal")
    assert page.as_json()["cannot_rule_out"] == ["history_of_mi", "normal"]
    assert page.decision == "uncertain"
    assert replace(page, rule=Rule(0.6, (0.4, 0.9))).cannot_rule_out == ("history_of_mi",)


def test_the_json_form_is_stable() -> None:
    prediction = said(
        [[0.75, 0.25]],
        reasons=(Reason("why", "because"),),
        timings_ms={"decode": 1.23456, "preprocess": 2.0, "run": 3.0},
        page_sha256="a" * 64,
    )

    assert json.loads(json.dumps(prediction.as_json(), allow_nan=False)) == {
        "model": "tiny",
        "framework": "keras",
        "runtime": "tensorflow 2",
        "label": "normal",
        "probabilities": {"normal": 0.75, "history_of_mi": 0.25},
        "decision": "uncertain",
        "cannot_rule_out": [],
        "reasons": ["because"],
        "reason_codes": ["why"],
        "familiarity": None,
        "seen_in_training": None,
        "notes": [],
        "timings_ms": {"decode": 1.235, "preprocess": 2.0, "run": 3.0},
        "page_sha256": "a" * 64,
        "model_sha256": "b" * 64,
    }
    assert list(prediction.as_json()["probabilities"]) == ["normal", "history_of_mi"]
