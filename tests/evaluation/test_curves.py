"""evaluation.curves: ROC and calibration of answers worked by hand."""

import numpy as np
import pytest

from twelvelead.evaluation.curves import POINTS, calibration_curve, roc
from twelvelead.evaluation.metrics import measure

LABELS = ("a", "b")
TARGETS = np.array([0, 0, 1, 1])
SHARES = np.array([[0.9, 0.1], [0.4, 0.6], [0.35, 0.65], [0.2, 0.8]])


def test_a_curve_goes_through_the_points_worked_by_hand() -> None:
    curve = roc(LABELS, TARGETS, SHARES)["b"]
    points = list(zip(curve["fpr"], curve["tpr"], strict=True))

    assert points[0] == (0, 0)
    assert points[-1] == (1, 1)
    assert (0, 1) in points


def test_the_area_below_a_curve_is_its_auc() -> None:
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 2, 400)
    first = np.clip(0.5 + 0.2 * (targets == 0) + 0.3 * rng.normal(size=400), 0.01, 0.99)
    shares = np.column_stack([first, 1 - first])
    curve = roc(LABELS, targets, shares)["a"]

    assert len(curve["fpr"]) <= POINTS
    area = np.trapezoid(curve["tpr"], curve["fpr"])
    assert area == pytest.approx(measure(LABELS, targets, shares)["auc"], abs=0.01)


def test_a_class_that_does_not_occur_has_no_curve() -> None:
    assert roc(LABELS, np.zeros(4, int), SHARES) == {}


def test_bins_hold_what_was_said_and_how_often_it_was_right() -> None:
    rows = calibration_curve(TARGETS, SHARES)

    assert [row["n"] for row in rows] == [0, 0, 0, 0, 0, 0, 2, 0, 1, 1]
    assert (rows[6]["confidence"], rows[6]["accuracy"]) == (pytest.approx(0.625), 0.5)
    assert rows[0] == {"from": 0.0, "to": 0.1, "n": 0, "confidence": None, "accuracy": None}


def test_the_bins_add_up_to_the_calibration_error() -> None:
    rows = [row for row in calibration_curve(TARGETS, SHARES) if row["n"]]
    gap = sum(row["n"] / 4 * abs(row["accuracy"] - row["confidence"]) for row in rows)

    assert gap == pytest.approx(measure(LABELS, TARGETS, SHARES)["ece"])
