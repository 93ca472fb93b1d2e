"""evaluation.calibrate: temperature, thresholds and decisions of held-out answers."""

import numpy as np
import pytest

from twelvelead.evaluation.abstaining.conformal import keep_from
from twelvelead.evaluation.calibrate import (
    AIMS,
    TARGET,
    calibrate,
    deal,
    fit_rule,
    fit_temperature,
)
from twelvelead.evaluation.figures import LabelledAnswers
from twelvelead.evaluation.metrics import softmax


def answered(skill: float, count: int = 600, sureness: float = 1.0) -> LabelledAnswers:
    """Answers to three classes; at sureness 1 the logits are those of how they were drawn."""
    rng = np.random.default_rng(4)
    logits = skill * rng.normal(size=(count, 3))
    shares = softmax(logits)
    targets = (shares.cumsum(axis=1) < rng.random(count)[:, np.newaxis]).sum(axis=1)
    names = np.arange(count).astype(str)
    patients = (np.arange(count) // 2).astype(str)
    return LabelledAnswers(("a", "b", "c"), targets, sureness * logits, names, patients)


def test_temperature_cools_overconfident_answers() -> None:
    honest, loud = answered(2.0), answered(2.0, sureness=3.0)
    cool = fit_temperature(honest.targets, honest.logits)
    assert cool == pytest.approx(1.0, abs=0.15)
    assert fit_temperature(loud.targets, loud.logits) == pytest.approx(3 * cool, rel=0.02)


def test_what_is_accepted_is_right_as_often_as_asked_for() -> None:
    one = answered(4.0, 4000)
    shares = softmax(one.logits)
    rule = fit_rule(one.targets, shares, 0.97)
    accepted = rule.accepted(shares)
    assert rule.accepts
    assert 0.2 < accepted.mean() < 0.9
    assert shares.max(axis=1)[accepted].mean() == pytest.approx(0.97, abs=0.001)
    assert (shares.argmax(axis=1) == one.targets)[accepted].mean() > 0.96


def test_answers_that_are_all_equally_sure_are_all_accepted() -> None:
    shares = np.tile(
        np.array([0.985, 0.015], np.float32).astype(np.float64), (50, 1)
    )  # 0.98499996..
    rule = fit_rule(np.zeros(50, np.intp), shares, 0.98)
    assert rule.accepted(shares).all()


def test_asking_for_more_accepts_less() -> None:
    one = answered(4.0)
    shares = softmax(one.logits)
    froms = [fit_rule(one.targets, shares, aim).accept_from for aim in AIMS]
    assert froms == sorted(froms)
    assert froms[0] < froms[-1]


def test_who_asks_for_nothing_or_is_never_sure_accepts_nothing() -> None:
    one = answered(4.0)
    vague = softmax(0.1 * one.logits)
    assert not fit_rule(one.targets, softmax(one.logits), None).accepts
    assert not fit_rule(one.targets, vague, 0.97).accepts


def test_calibration_tells_patients_apart_from_those_it_was_fitted_on() -> None:
    one = answered(5.0, sureness=3.0)
    found = calibrate(one)
    assert found["temperature"] == pytest.approx(3.0, rel=0.15)
    assert found["before"]["ece"] > 2 * found["after"]["ece"]
    assert found["before"]["brier"] > found["after"]["brier"]
    assert (found["accepts"], found["aim"] in AIMS) == (True, True)
    assert found["accepted_right"] >= TARGET
    assert 0.3 < found["accepted_share"] < 1
    assert found["keep_from"] == list(
        keep_from(one.targets, softmax(one.logits / found["temperature"]))
    )
    assert found["sets"]["coverage"] == pytest.approx(0.9, abs=0.1)
    assert found["three_ways"]["n"] == 600


def test_a_label_that_is_seldom_right_when_accepted_is_never_accepted() -> None:
    """Of b one in three is an a, said as surely as all others: all together are right often enough."""
    one = answered(6.0)
    places = np.arange(600)
    sure = 8.0 * np.eye(3)[np.where(places < 30, 1, 0)]
    targets = np.where((places < 30) & (places % 3 > 0), 1, 0)
    found = calibrate(LabelledAnswers(one.labels, targets, sure, one.records, one.patients))
    assert (found["accepts"], found["never"]) == (True, ["b", "c"])
    assert (found["accepted_share"], found["accepted_right"]) == (0.95, 1.0)
    assert found["three_ways"]["accepted"] == 570


def test_a_model_that_is_never_right_often_enough_is_never_accepted() -> None:
    found = calibrate(answered(0.3))
    assert (found["accepts"], found["aim"], found["accepted_share"]) == (False, None, 0.0)
    assert found["accepted_right"] is None
    assert found["three_ways"]["accepted"] == 0


def test_a_model_whose_probabilities_mean_little_is_never_accepted() -> None:
    """Wrong where it is moderately sure, which no temperature mends, and right where it is very sure."""
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 2, 600)
    right = np.arange(600) % 2 == 0
    logits = (
        np.where(right, 4.0, 1.5)[:, np.newaxis] * np.eye(2)[np.where(right, targets, 1 - targets)]
    )
    names = np.arange(600).astype(str)
    found = calibrate(LabelledAnswers(("a", "b"), targets, logits, names, names))
    assert found["after"]["ece"] > 0.04
    assert not found["accepts"]


def test_of_too_few_answers_to_a_class_no_sets_are_told() -> None:
    found = calibrate(answered(4.0, 8))
    assert (found["keep_from"], found["sets"]) == ([], None)


def test_folds_keep_patients_together_and_spread_the_rare_class() -> None:
    rng = np.random.default_rng(1)
    targets = np.array([0] * 90 + [1] * 10)
    patients = np.array([str(n // 2) for n in range(100)])
    order = rng.permutation(100)
    folds = deal(targets[order], patients[order], 5, seed=3)
    for patient in np.unique(patients):
        assert len(set(folds[patients[order] == patient])) == 1
    assert np.bincount(folds[targets[order] == 1]).tolist() == [2] * 5
    assert not np.array_equal(folds, deal(targets[order], patients[order], 5, seed=4))
