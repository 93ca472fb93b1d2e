"""Figures of answers to beats, with 95 % intervals by record: what `evaluate` prints, and cards show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from twelvelead.datasets.pages import Indices
from twelvelead.evaluation.curves import calibration_curve, roc
from twelvelead.evaluation.metrics import RESAMPLES, Matrix, measure, softmax

MAIN = ("N", "S", "V", "F")  # of AAMI; Q is nearly absent where paced records are left out
LEFT_OUT = ("per_record", "roc", "calibration_curve")  # of figures of whole records
PER_RECORD = ("S", "V")  # classes that de Chazal 2004 tells of each record


@dataclass(frozen=True)
class Answered:
    """Beats with what a network gave: targets (n,), logits (n, labels), whose they are (n,), by name."""

    labels: tuple[str, ...]
    targets: Indices
    logits: Matrix
    records: npt.NDArray[np.str_]
    patients: npt.NDArray[np.str_]

    @classmethod
    def together(cls, parts: Sequence["Answered"]) -> "Answered":
        """All of them, one after another."""
        return cls(
            parts[0].labels,
            np.concatenate([one.targets for one in parts]),
            np.concatenate([one.logits for one in parts]),
            np.concatenate([one.records for one in parts]),
            np.concatenate([one.patients for one in parts]),
        )


def beat_figures(answered: Answered, temperature: float) -> dict[str, Any]:
    """Figures of answers at a temperature.

    Beside those of `metrics.measure`: macro_f1_nsvf (of N, S, V and F, where those are the
    classes), records and patients (counts), per_record (n, found and falsely named of S and V), roc,
    calibration_curve, and `.._interval`, 95 %, of 1,000 resamples of patients.
    """
    labels, targets = answered.labels, answered.targets
    shares = softmax(answered.logits / temperature)
    predicted = shares.argmax(axis=1)
    figures = measure(labels, targets, shares)
    figures |= _intervals(_by_owner(targets, predicted, answered.patients, len(labels)), labels)
    for label, row in figures["per_class"].items():
        row["f1_interval"] = figures.pop(f"f1_{label}_interval")
    if set(MAIN) <= set(labels):
        figures["macro_f1_nsvf"] = float(np.mean([figures["per_class"][c]["f1"] for c in MAIN]))
    return figures | {
        "records": len(set(answered.records)),
        "patients": len(set(answered.patients)),
        "per_record": _per_record(answered, predicted),
        "roc": roc(labels, targets, shares),
        "calibration_curve": calibration_curve(targets, shares),
    }


def record_figures(answered: Answered, temperature: float) -> dict[str, Any]:
    """The same of records, each answered by the mean probability of its beats, all being of one class."""
    shares = softmax(answered.logits / temperature)
    names, first, owner = np.unique(answered.records, return_index=True, return_inverse=True)
    means = np.stack([shares[owner == place].mean(axis=0) for place in range(len(names))])
    whole = Answered(
        answered.labels, answered.targets[first], np.log(means), names, answered.patients[first]
    )
    figures = beat_figures(whole, 1.0)
    return {name: value for name, value in figures.items() if name not in LEFT_OUT}


def f1_of(confusion: Matrix) -> Matrix:
    """(labels,) F1 of each class, 0 of one that neither is there nor was named."""
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    both = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    return np.asarray(2 * right / np.maximum(both, 1))


def _by_owner(
    targets: Indices, predicted: Indices, owners: npt.NDArray[np.str_], count: int
) -> Matrix:
    """(patients, labels, labels): a confusion matrix of each, truth by row."""
    names, owner = np.unique(owners, return_inverse=True)
    flat = np.bincount(
        (owner * count + targets) * count + predicted, minlength=len(names) * count**2
    )
    return flat.reshape(len(names), count, count).astype(np.float64)


def _intervals(confusions: Matrix, labels: tuple[str, ...]) -> dict[str, list[float]]:
    """95 % percentile intervals, patients drawn with replacement."""
    rng = np.random.default_rng(0)
    picks = rng.integers(0, len(confusions), (RESAMPLES, len(confusions)))
    drawn = np.stack([confusions[pick].sum(axis=0) for pick in picks])
    right = np.diagonal(drawn, axis1=1, axis2=2)
    truly, f1 = drawn.sum(axis=2), f1_of(drawn)
    values = {
        "accuracy": right.sum(axis=1) / truly.sum(axis=1),
        "balanced_accuracy": _mean_of_occurring(right, truly),
        "macro_f1": f1.mean(axis=1),
    }
    values |= {f"f1_{label}": f1[:, place] for place, label in enumerate(labels)}
    if set(MAIN) <= set(labels):
        values["macro_f1_nsvf"] = f1[:, [labels.index(label) for label in MAIN]].mean(axis=1)
    return {
        f"{name}_interval": [float(v) for v in np.percentile(some, (2.5, 97.5))]
        for name, some in values.items()
    }


def _mean_of_occurring(right: Matrix, truly: Matrix) -> Matrix:
    recalls = np.where(truly > 0, right / np.maximum(truly, 1), 0)
    return np.asarray(recalls.sum(axis=1) / (truly > 0).sum(axis=1))


def _per_record(answered: Answered, predicted: Indices) -> dict[str, dict[str, Any]]:
    """By record: n beats, and of S and V how many there are, were found, were falsely named."""
    rows: dict[str, dict[str, Any]] = {}
    for name in np.unique(answered.records):
        here = answered.records == name
        row: dict[str, Any] = {"n": int(here.sum())}
        rows[str(name)] = row
        for label in PER_RECORD:
            if label not in answered.labels:
                continue
            place = answered.labels.index(label)
            truly, said = answered.targets[here] == place, predicted[here] == place
            row[label] = {
                "n": int(truly.sum()),
                "found": int((truly & said).sum()),
                "false": int((said & ~truly).sum()),
            }
    return rows
