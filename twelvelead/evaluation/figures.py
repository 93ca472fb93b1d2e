"""All figures of a set of answers: what `evaluate` prints and what a model's card rests on."""

from typing import Any

from twelvelead.datasets.pages import LabelledPages
from twelvelead.evaluation.bootstrap import bootstrap
from twelvelead.evaluation.curves import calibration_curve, roc
from twelvelead.evaluation.metrics import Matrix, measure


def full_figures(pages: LabelledPages, probabilities: Matrix) -> dict[str, Any]:
    """Figures of probabilities (n, labels) for pages, with intervals drawn by patient.

    Beside those of `metrics.measure`: patients, data_sha256, roc, calibration_curve and, where
    every class occurs (no resample would have all of them else), `.._interval` of the main figures.
    """
    figures = measure(pages.labels, pages.targets, probabilities)
    if figures["auc"] is not None:
        figures |= bootstrap(pages.targets, probabilities, pages.patients)
    return figures | {
        "patients": len(set(pages.patients)),
        "data_sha256": pages.data_sha256,
        "roc": roc(pages.labels, pages.targets, probabilities),
        "calibration_curve": calibration_curve(pages.targets, probabilities),
    }
