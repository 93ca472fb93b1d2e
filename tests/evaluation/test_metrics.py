"""evaluation.metrics: figures against values worked out by hand."""

import numpy as np
import pytest

from twelvelead.evaluation.metrics import accept_from, bootstrap, fit_temperature, measure, softmax

LABELS = ("a", "b")
TARGETS = np.array([0, 0, 0, 1, 1], dtype=np.intp)
SHARES = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6], [0.6, 0.4]])


def test_figures_are_those_of_a_case_worked_by_hand() -> None:
    figures = measure(LABELS, TARGETS, SHARES)
    assert figures["n"] == 5
    assert figures["accuracy"] == pytest.approx(3 / 5)
    assert figures["balanced_accuracy"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert figures["macro_f1"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert figures["auc"] == pytest.approx(4 / 6)  # pairs of one of each class in the right order
    assert figures["confusion"] == [[2, 1], [1, 1]]
    assert figures["labels"] == ["a", "b"]


def test_calibration_error_is_the_weighted_gap_between_said_and_true() -> None:
    figures = measure(LABELS, TARGETS, SHARES)
    gaps = (abs(1 - 0.9) * 1, abs(1 - 0.8) * 1, abs(0 - 0.7) * 1, abs(0.5 - 0.6) * 2)
    assert figures["ece"] == pytest.approx(sum(gaps) / 5)


def test_recall_comes_with_wilsons_interval() -> None:
    row = measure(LABELS, TARGETS, SHARES)["per_class"]["a"]
    assert (row["n"], row["recall"]) == (3, pytest.approx(2 / 3))
    assert row["recall_interval"] == pytest.approx([0.2077, 0.9385], abs=1e-3)  # Wilson 1927


def test_a_class_that_does_not_occur_has_no_auc_and_no_recall_interval() -> None:
    figures = measure(LABELS, TARGETS[:3], SHARES[:3])
    assert figures["auc"] is None
    assert figures["per_class"]["b"]["recall_interval"] is None
    assert figures["balanced_accuracy"] == pytest.approx(2 / 3)


def test_intervals_hold_the_figure_and_widen_with_fewer_patients() -> None:
    rng = np.random.default_rng(0)
    targets = np.arange(200, dtype=np.intp) % 2
    shares = softmax(np.eye(2)[targets] + rng.normal(0, 1, (200, 2)))
    each = np.array([str(i) for i in range(200)])
    ten = np.array([str(i // 20) for i in range(200)])
    right = (shares.argmax(1) == targets).astype(float)
    right[:60] = 0  # three of the ten patients are all wrong
    shares[:60] = 1 - np.eye(2)[targets[:60]]
    low, high = bootstrap(targets, shares, each)["accuracy_interval"]
    assert low < right.mean() < high
    wide = bootstrap(targets, shares, ten)["accuracy_interval"]
    assert wide[1] - wide[0] > high - low


def test_temperature_cools_overconfident_answers() -> None:
    rng = np.random.default_rng(1)
    targets = rng.integers(0, 2, 500)
    logits = np.eye(2)[targets] * 2 + rng.logistic(0, 1, (500, 2))
    honest = fit_temperature(targets, logits)
    assert fit_temperature(targets, logits * 3) == pytest.approx(3 * honest, rel=0.02)


def test_accepted_answers_are_right_at_the_asked_rate() -> None:
    rng = np.random.default_rng(2)
    sure = rng.uniform(0.5, 1, 2000)
    targets = (rng.uniform(size=2000) > sure).astype(np.intp)  # right as often as it says
    shares = np.column_stack([sure, 1 - sure])
    threshold = accept_from(targets, shares, 0.9)
    kept = sure >= threshold
    assert (targets[kept] == 0).mean() >= 0.9
    assert 0.7 < threshold < 0.9


def test_answers_that_are_never_right_are_never_accepted() -> None:
    assert accept_from(1 - TARGETS, np.eye(2)[TARGETS], 0.9) == 0.99


def test_probabilities_add_up_along_the_last_axis() -> None:
    shares = softmax(np.arange(24, dtype=np.float64).reshape(2, 3, 4))
    assert shares.sum(axis=-1) == pytest.approx(np.ones((2, 3)))
