"""evaluation.metrics: figures against values worked out by hand."""

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import precision_recall_fscore_support, roc_auc_score

from twelvelead.evaluation.metrics import f1_of, measure, softmax

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


@pytest.mark.parametrize(("right", "count"), [(0, 7), (7, 7), (1, 3), (186, 393)])
def test_the_interval_is_that_of_scipy(right: int, count: int) -> None:
    targets = np.zeros(count, dtype=np.intp)
    shares = np.eye(2)[np.where(np.arange(count) < right, 0, 1)]
    low, high = binomtest(right, count).proportion_ci(0.95, method="wilson")
    assert measure(LABELS, targets, shares)["per_class"]["a"]["recall_interval"] == pytest.approx(
        [low, high], abs=1e-12
    )


def test_figures_of_several_classes_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(5)
    targets = rng.integers(0, 4, 200)
    shares = softmax(np.eye(5)[targets] + rng.normal(0, 1, (200, 5)).round(1))  # many are equal
    names = tuple("abcde")
    figures = measure(names, targets, shares)
    rows = [figures["per_class"][name] for name in names]
    expected = precision_recall_fscore_support(
        targets, shares.argmax(axis=1), labels=range(5), zero_division=0
    )
    for key, values in zip(("precision", "recall", "f1", "n"), expected, strict=True):
        assert [row[key] for row in rows] == pytest.approx(values)
    assert (figures["auc"], rows[4]["auc"]) == (None, None)  # the last class does not occur
    for index, row in enumerate(rows[:4]):
        assert row["auc"] == pytest.approx(roc_auc_score(targets == index, shares[:, index]))


def test_a_class_that_is_neither_there_nor_named_has_no_f1() -> None:
    confusion = np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    assert f1_of(confusion) == pytest.approx([0.8, 2 / 3, 0.0])


def test_a_class_that_does_not_occur_has_no_auc_and_no_recall_interval() -> None:
    figures = measure(LABELS, TARGETS[:3], SHARES[:3])
    assert figures["auc"] is None
    assert figures["per_class"]["b"]["recall_interval"] is None
    assert figures["balanced_accuracy"] == pytest.approx(2 / 3)


def test_probabilities_add_up_along_the_last_axis() -> None:
    shares = softmax(np.arange(24, dtype=np.float64).reshape(2, 3, 4))
    assert shares.sum(axis=-1) == pytest.approx(np.ones((2, 3)))
