"""Temperature and threshold of a model, from its held-out answers."""

from typing import Any

import numpy as np

from twelvelead.datasets.pages import Indices
from twelvelead.evaluation.metrics import Matrix, softmax

ACCEPTED_ACCURACY = 0.95  # held-out accuracy of the answers that count as accepted


def calibrate(targets: Indices, logits: Matrix) -> dict[str, Any]:
    """`calibration` in metrics.json, fitted on held-out logits, (n, labels).

    Logarithms of probabilities serve as logits. accepted_share and accepted_right are measured on the
    same answers that the threshold was chosen on, so they are a little too good.
    """
    temperature = round(fit_temperature(targets, logits), 3)
    probabilities = softmax(logits / temperature)
    threshold = accept_from(targets, probabilities, ACCEPTED_ACCURACY)
    accepted = probabilities.max(axis=1) >= threshold
    right = probabilities.argmax(axis=1) == targets
    return {
        "temperature": temperature,
        "accept_from": threshold,
        "accepted_accuracy": ACCEPTED_ACCURACY,
        "accepted_share": float(accepted.mean()),
        "accepted_right": float(right[accepted].mean()) if accepted.any() else None,
    }


def fit_temperature(targets: Indices, logits: Matrix) -> float:
    """The temperature (Guo 2017) that gives held-out logits, (n, labels), the least log loss."""
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        shares = softmax(logits / np.exp(log_temperature))
        of_truth = shares[np.arange(len(targets)), targets]
        return float(-np.log(np.maximum(of_truth, np.finfo(np.float64).eps)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded").x))


def accept_from(targets: Indices, probabilities: Matrix, accuracy: float) -> float:
    """The lowest confidence from which on held-out answers are right at the rate `accuracy`.

    At least 0.5, so that an accepted label is likelier than all others together; 0.99 where no lower
    threshold will do.
    """
    highest, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == targets
    for threshold in np.arange(0.5, 0.99, 0.01):
        kept = highest >= threshold
        if kept.any() and right[kept].mean() >= accuracy:
            return float(round(threshold, 2))
    return 0.99
