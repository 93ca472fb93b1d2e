"""Curves behind the figures: the ROC of each class, and how often answers of a given confidence are right."""

from typing import Any

import numpy as np
from sklearn.metrics import roc_curve

from twelvelead.datasets.pages import Indices
from twelvelead.evaluation.metrics import ECE_BINS, Matrix, bins_of

POINTS = 101  # of a curve, at most
DECIMALS = 5


def roc(labels: tuple[str, ...], targets: Indices, probabilities: Matrix) -> dict[str, Any]:
    """One-vs-rest ROC of each class that occurs and is not alone: {"fpr": [..], "tpr": [..]}.

    From (0, 0) to (1, 1), thinned to 101 points; targets (n,), probabilities (n, labels).
    """
    curves = {}
    for index, label in enumerate(labels):
        truly = targets == index
        if truly.all() or not truly.any():
            continue
        false, true, _ = roc_curve(truly, probabilities[:, index])
        chosen = np.unique(np.linspace(0, len(false) - 1, POINTS).round().astype(int))
        curves[label] = {
            "fpr": false[chosen].round(DECIMALS).tolist(),
            "tpr": true[chosen].round(DECIMALS).tolist(),
        }
    return curves


def calibration_curve(targets: Indices, probabilities: Matrix) -> list[dict[str, Any]]:
    """The bins of the ECE: from, to, n, mean highest probability, share of right answers.

    `confidence` and `accuracy` are None in a bin without answers.
    """
    highest, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == targets
    bins = bins_of(highest)
    rows: list[dict[str, Any]] = []
    for number in range(ECE_BINS):
        inside = bins == number
        some = bool(inside.any())
        rows.append(
            {
                "from": round(number / ECE_BINS, 2),
                "to": round((number + 1) / ECE_BINS, 2),
                "n": int(inside.sum()),
                "confidence": round(float(highest[inside].mean()), DECIMALS) if some else None,
                "accuracy": round(float(right[inside].mean()), DECIMALS) if some else None,
            }
        )
    return rows
