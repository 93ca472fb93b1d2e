"""Figures for a classifier."""

from typing import Any

import numpy as np
import numpy.typing as npt

from twelvelead.datasets.pages import Indices

Matrix = npt.NDArray[np.float64]

ECE_BINS = 10
LEAST = 1e-12  # a probability of 0 has no logarithm
Z = 1.959963984540054  # of the normal distribution, at 97.5 %


def measure(labels: tuple[str, ...], targets: Indices, probabilities: Matrix) -> dict[str, Any]:
    """The figures of `twelvelead evaluate`.

    targets: (n,) index into `labels`. probabilities: (n, labels), rows that add up to 1. AUC is the
    mean over classes of one-vs-rest, None where a class is missing; ECE (Naeini 2015) has 10 equal
    bins of the highest probability; Brier's score (1950) adds the squares over all classes, 0 to 2;
    recall and precision come with Wilson 95 % intervals.
    """
    cells = targets * len(labels) + probabilities.argmax(axis=1)
    confusion = np.bincount(cells, minlength=len(labels) ** 2).reshape(len(labels), -1)
    return {
        "n": len(targets),
        **{name: float(value) for name, value in overall(confusion).items()},
        "auc": _known(auc(targets, probabilities)),
        **scores(targets, probabilities),
        "labels": list(labels),
        "confusion": confusion.tolist(),
        "per_class": _per_class(labels, confusion, (targets, probabilities)),
    }


def scores(targets: Indices, probabilities: Matrix) -> dict[str, float]:
    """How far probabilities, (n, labels), can be taken at their word: ece, brier, log_loss."""
    truth = np.eye(probabilities.shape[1])[targets]
    of_truth = probabilities[np.arange(len(targets)), targets]
    return {
        "ece": _ece(targets, probabilities),
        "brier": float(np.square(probabilities - truth).sum(axis=1).mean()),
        "log_loss": float(-np.log(np.maximum(of_truth, LEAST)).mean()),
    }


def overall(confusions: npt.NDArray[Any]) -> dict[str, Matrix]:
    """Accuracy, balanced accuracy and macro-F1 of confusion matrices (.., labels, labels), truth by row.

    Balanced accuracy is the mean recall over the classes that occur.
    """
    right = np.diagonal(confusions, axis1=-2, axis2=-1)
    truly = confusions.sum(axis=-1)
    recalls = right / np.maximum(truly, 1)
    return {
        "accuracy": np.asarray(right.sum(axis=-1) / truly.sum(axis=-1)),
        "balanced_accuracy": np.asarray(recalls.sum(axis=-1) / (truly > 0).sum(axis=-1)),
        "macro_f1": f1_of(confusions).mean(axis=-1),
    }


def f1_of(confusions: npt.NDArray[Any]) -> Matrix:
    """(.., labels) F1 of each class, 0 of one that neither is there nor was named."""
    right = np.diagonal(confusions, axis1=-2, axis2=-1)
    both = confusions.sum(axis=-1) + confusions.sum(axis=-2)
    return np.asarray(2 * right / np.maximum(both, 1))


def auc(targets: Indices, probabilities: Matrix, weights: Matrix | None = None) -> Matrix:
    """(k,) AUC, the mean over classes of one-vs-rest, under each row of `weights`.

    weights: (k, n) how much each answer counts; without them one row in which each counts once. NaN
    where a class has no weight. Of two classes the second is asked about.
    """
    weights = np.ones((1, len(targets))) if weights is None else weights
    labels = probabilities.shape[1]
    classes = [1] if labels == 2 else range(labels)
    each = [_one_vs_rest(targets == c, probabilities[:, c], weights) for c in classes]
    return np.asarray(np.mean(each, axis=0))


def softmax(logits: Matrix) -> Matrix:
    """Probabilities that add up to 1 along the last axis."""
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))


def bins_of(highest: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Which of the ECE's equal bins each highest probability, (n,), falls into."""
    return np.minimum((highest * ECE_BINS).astype(np.intp), ECE_BINS - 1)


def _one_vs_rest(truly: npt.NDArray[np.bool_], scores: Matrix, weights: Matrix) -> Matrix:
    """(k,) share of the pairs of a true and another answer in which the true one has the higher score.

    Equal scores count half (Mann & Whitney 1947). Sums of whole and half numbers, so exact.
    """
    order = np.argsort(scores, kind="stable")
    levels = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))  # where a higher score begins
    true = np.add.reduceat(weights[:, order] * truly[order], levels, axis=1)
    others = np.add.reduceat(weights[:, order] * ~truly[order], levels, axis=1)
    lower = others.cumsum(axis=1) - others / 2
    pairs = true.sum(axis=1) * others.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray((true * lower).sum(axis=1) / pairs)


def _known(value: Matrix) -> float | None:
    return None if np.isnan(value[0]) else float(value[0])


def _ece(targets: Indices, probabilities: Matrix) -> float:
    highest, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == targets
    bins = bins_of(highest)
    gaps = [
        (bins == b).mean() * abs(right[bins == b].mean() - highest[bins == b].mean())
        for b in np.unique(bins)
    ]
    return float(sum(gaps))


def _per_class(
    labels: tuple[str, ...], confusion: npt.NDArray[np.intp], answers: tuple[Indices, Matrix]
) -> dict[str, dict[str, Any]]:
    targets, probabilities = answers
    f1, once = f1_of(confusion), np.ones((1, len(targets)))
    figures: dict[str, dict[str, Any]] = {}
    for index, label in enumerate(labels):
        right = int(confusion[index, index])
        truly, named = int(confusion[index].sum()), int(confusion[:, index].sum())
        figures[label] = {
            "n": truly,
            "precision": right / max(1, named),
            "precision_interval": wilson(right, named),
            "recall": right / max(1, truly),
            "recall_interval": wilson(right, truly),
            "f1": float(f1[index]),
            "auc": _known(_one_vs_rest(targets == index, probabilities[:, index], once)),
        }
    return figures


def wilson(right: int, count: int) -> list[float] | None:
    """Wilson's 95 % interval of a share (1927); None of nothing."""
    if count == 0:
        return None
    share, room = right / count, Z**2 / count
    half = Z * np.sqrt(share * (1 - share) / count + room / (4 * count))
    low, high = ((share + room / 2 + side * half) / (1 + room) for side in (-1, 1))
    return [float(max(0.0, low)), float(min(1.0, high))]
