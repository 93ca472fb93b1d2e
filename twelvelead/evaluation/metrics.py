"""Figures for a classifier, with 95 % intervals that respect patients."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.stats import binomtest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
)

from twelvelead.datasets.pages import Indices

Matrix = npt.NDArray[np.float64]

RESAMPLES = 1000
ECE_BINS = 10


def measure(labels: tuple[str, ...], targets: Indices, probabilities: Matrix) -> dict[str, Any]:
    """The figures of `twelvelead evaluate`.

    targets: (n,) index into `labels`. probabilities: (n, labels), rows that add up to 1. AUC is the
    mean over classes of one-vs-rest, None where a class is missing; ECE (Naeini 2015) has 10 equal
    bins of the highest probability; recall and precision come with Wilson 95 % intervals.
    """
    predicted = probabilities.argmax(axis=1)
    everything = list(range(len(labels)))
    return {
        "n": len(targets),
        "accuracy": float(accuracy_score(targets, predicted)),
        "balanced_accuracy": _balanced(targets, predicted),
        "macro_f1": _macro_f1(targets, predicted, everything),
        "auc": _auc(targets, probabilities),
        "ece": _ece(targets, probabilities),
        "labels": list(labels),
        "confusion": confusion_matrix(targets, predicted, labels=everything).tolist(),
        "per_class": _per_class(labels, targets, probabilities),
    }


def bootstrap(
    targets: Indices, probabilities: Matrix, patients: npt.NDArray[np.str_], seed: int = 0
) -> dict[str, list[float]]:
    """95 % percentile intervals, patients drawn with replacement (1,000 times), all their pages."""
    rng = np.random.default_rng(seed)
    names, owner = np.unique(patients, return_inverse=True)
    pages_of = [np.flatnonzero(owner == i) for i in range(len(names))]
    everything = list(range(probabilities.shape[1]))
    names_of = ("accuracy", "balanced_accuracy", "macro_f1", "auc")
    drawn: dict[str, list[float]] = {name: [] for name in names_of}
    for _ in range(RESAMPLES):
        picks = np.concatenate([pages_of[i] for i in rng.integers(0, len(names), len(names))])
        some, shares = targets[picks], probabilities[picks]
        auc = _auc(some, shares)
        if auc is None:
            continue  # a resample without one of the classes has no one-vs-rest curve for it
        drawn["auc"].append(auc)
        drawn["accuracy"].append(float(accuracy_score(some, shares.argmax(1))))
        drawn["balanced_accuracy"].append(_balanced(some, shares.argmax(1)))
        drawn["macro_f1"].append(_macro_f1(some, shares.argmax(1), everything))
    return {
        f"{name}_interval": [float(v) for v in np.percentile(values, (2.5, 97.5))]
        for name, values in drawn.items()
    }


def fit_temperature(targets: Indices, logits: Matrix) -> float:
    """The temperature (Guo 2017) that gives held-out logits, (n, labels), the least log loss."""

    def loss(log_temperature: float) -> float:
        shares = softmax(logits / np.exp(log_temperature))
        return float(log_loss(targets, shares, labels=list(range(logits.shape[1]))))

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded").x))


def accept_from(targets: Indices, probabilities: Matrix, accuracy: float) -> float:
    """The least highest-probability from which on held-out answers are right at that rate.

    0.5 at least, so that an accepted label is always the likelier one.
    """
    highest, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == targets
    for threshold in np.arange(0.5, 0.99, 0.01):
        kept = highest >= threshold
        if kept.any() and right[kept].mean() >= accuracy:
            return float(round(threshold, 2))
    return 0.99


def softmax(logits: Matrix) -> Matrix:
    """Probabilities that add up to 1 along the last axis."""
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))


def bins_of(highest: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Which of the ECE's equal bins each highest probability, (n,), falls into."""
    return np.minimum((highest * ECE_BINS).astype(np.intp), ECE_BINS - 1)


def _balanced(targets: Indices, predicted: Indices) -> float:
    """The mean recall over the classes that occur."""
    occurring = np.unique(targets)
    recalls = [float((predicted[targets == c] == c).mean()) for c in occurring]
    if len(occurring) > 1 and len(occurring) == len(
        np.unique(np.concatenate([targets, predicted]))
    ):
        return float(balanced_accuracy_score(targets, predicted))
    return float(np.mean(recalls))


def _macro_f1(targets: Indices, predicted: Indices, everything: list[int]) -> float:
    score = f1_score(targets, predicted, labels=everything, average="macro", zero_division=0)
    return float(score)


def _auc(targets: Indices, probabilities: Matrix) -> float | None:
    if len(np.unique(targets)) < probabilities.shape[1]:
        return None
    if probabilities.shape[1] == 2:
        return float(roc_auc_score(targets, probabilities[:, 1]))
    return float(roc_auc_score(targets, probabilities, multi_class="ovr", average="macro"))


def _ece(targets: Indices, probabilities: Matrix) -> float:
    highest, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == targets
    bins = bins_of(highest)
    gaps = [
        (bins == b).mean() * abs(right[bins == b].mean() - highest[bins == b].mean())
        for b in np.unique(bins)
    ]
    return float(sum(gaps))


def _per_class(
    labels: tuple[str, ...], targets: Indices, probabilities: Matrix
) -> dict[str, dict[str, Any]]:
    predicted = probabilities.argmax(axis=1)
    figures: dict[str, dict[str, Any]] = {}
    for index, label in enumerate(labels):
        truly, said = targets == index, predicted == index
        right = int((truly & said).sum())
        figures[label] = {
            "n": int(truly.sum()),
            "precision": float(precision_score(truly, said, zero_division=0)),
            "precision_interval": _wilson(right, int(said.sum())),
            "recall": float(recall_score(truly, said, zero_division=0)),
            "recall_interval": _wilson(right, int(truly.sum())),
            "f1": float(f1_score(truly, said, zero_division=0)),
            "auc": _auc(truly.astype(np.intp), _one_vs_rest(probabilities, index)),
        }
    return figures


def _one_vs_rest(probabilities: Matrix, index: int) -> Matrix:
    return np.column_stack([1 - probabilities[:, index], probabilities[:, index]])


def _wilson(right: int, count: int) -> list[float] | None:
    """Wilson's 95 % interval of a share; None of nothing."""
    if count == 0:
        return None
    interval = binomtest(right, count).proportion_ci(0.95, method="wilson")
    return [float(interval.low), float(interval.high)]
