"""Temperature and threshold of a model, from its held-out answers."""

from typing import Any

from twelvelead.datasets.pages import Indices
from twelvelead.evaluation.metrics import Matrix, accept_from, fit_temperature, softmax

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
