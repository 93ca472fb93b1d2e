"""All figures of a set of answers: what `evaluate` prints, and what a model's card rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from twelvelead.datasets.pages import Indices, PageDataset
from twelvelead.evaluation.abstaining.selective import risk_coverage
from twelvelead.evaluation.bootstrap import bootstrap, percentile_intervals, resampled_confusions
from twelvelead.evaluation.curves import calibration_curve, roc
from twelvelead.evaluation.metrics import Matrix, f1_of, measure, overall, softmax

MAIN = ("N", "S", "V", "F")  # of AAMI; Q is nearly absent where paced records are left out
LEFT_OUT = (
    "per_record",
    "roc",
    "calibration_curve",
    "risk_coverage",
)  # of figures of whole records
PER_RECORD = ("S", "V")  # classes that de Chazal 2004 tells of each record


@dataclass(frozen=True)
class LabelledAnswers:
    """What a network answered to pages or beats whose class is known.

    targets: (n,) indices of labels. logits: (n, labels). records: (n,) which recording, or which page
    by its sha256. patients: (n,) whose it is.
    """

    labels: tuple[str, ...]
    targets: Indices
    logits: Matrix
    records: npt.NDArray[np.str_]
    patients: npt.NDArray[np.str_]

    @classmethod
    def together(cls, parts: Sequence["LabelledAnswers"]) -> "LabelledAnswers":
        """All of them, one after another."""
        return cls(
            parts[0].labels,
            np.concatenate([part.targets for part in parts]),
            np.concatenate([part.logits for part in parts]),
            np.concatenate([part.records for part in parts]),
            np.concatenate([part.patients for part in parts]),
        )


def page_figures(pages: PageDataset, probabilities: Matrix) -> dict[str, Any]:
    """Figures of probabilities (n, labels) for pages.

    Beside those of `metrics.measure`: patients (their count), data_sha256, roc, calibration_curve,
    risk_coverage and, where every class occurs (no resample would have all of them else), `.._interval`,
    95 %, of 1,000 resamples of patients.
    """
    figures = measure(pages.labels, pages.targets, probabilities)
    if figures["auc"] is not None:
        figures |= bootstrap(pages.targets, probabilities, pages.patients)
    figures |= {"patients": len(set(pages.patients)), "data_sha256": pages.data_sha256}
    return figures | _curves(pages.labels, pages.targets, probabilities)


def beat_figures(answered: LabelledAnswers, temperature: float) -> dict[str, Any]:
    """Figures of answers to beats at a temperature.

    Beside those of `metrics.measure`: macro_f1_nsvf (of N, S, V and F, where those are the
    classes), records and patients (counts), per_record (n, found and falsely named of S and V), roc,
    calibration_curve, risk_coverage, and `.._interval`, 95 %, of 1,000 resamples of patients.
    """
    labels, targets = answered.labels, answered.targets
    shares = softmax(answered.logits / temperature)
    figures = measure(labels, targets, shares)
    figures |= _intervals(labels, resampled_confusions(targets, shares, answered.patients))
    for label, row in figures["per_class"].items():
        row["f1_interval"] = figures.pop(f"f1_{label}_interval")
    if set(MAIN) <= set(labels):
        figures["macro_f1_nsvf"] = float(np.mean([figures["per_class"][c]["f1"] for c in MAIN]))
    figures |= {
        "records": len(set(answered.records)),
        "patients": len(set(answered.patients)),
        "per_record": _per_record(answered, shares.argmax(axis=1)),
    }
    return figures | _curves(labels, targets, shares)


def record_figures(answered: LabelledAnswers, temperature: float) -> dict[str, Any]:
    """The same of records, each answered by the mean probability of its beats, all being of one class."""
    shares = softmax(answered.logits / temperature)
    names, first, owner = np.unique(answered.records, return_index=True, return_inverse=True)
    means = np.stack([shares[owner == number].mean(axis=0) for number in range(len(names))])
    whole = LabelledAnswers(
        answered.labels, answered.targets[first], np.log(means), names, answered.patients[first]
    )
    figures = beat_figures(whole, 1.0)
    return {name: value for name, value in figures.items() if name not in LEFT_OUT}


def _curves(labels: tuple[str, ...], targets: Indices, shares: Matrix) -> dict[str, Any]:
    return {
        "roc": roc(labels, targets, shares),
        "calibration_curve": calibration_curve(targets, shares),
        "risk_coverage": risk_coverage(targets, shares),
    }


def _intervals(labels: tuple[str, ...], confusions: Matrix) -> dict[str, list[float]]:
    """95 % percentile intervals of confusion matrices of resamples, (k, labels, labels)."""
    f1 = f1_of(confusions)
    values = overall(confusions)
    values |= {f"f1_{label}": f1[:, index] for index, label in enumerate(labels)}
    if set(MAIN) <= set(labels):
        values["macro_f1_nsvf"] = f1[:, [labels.index(label) for label in MAIN]].mean(axis=1)
    return percentile_intervals(values)


def _per_record(answered: LabelledAnswers, predicted: Indices) -> dict[str, dict[str, Any]]:
    """By record: n beats, and of S and V how many there are, were found, were falsely named."""
    rows: dict[str, dict[str, Any]] = {}
    for name in np.unique(answered.records):
        here = answered.records == name
        row: dict[str, Any] = {"n": int(here.sum())}
        rows[str(name)] = row
        for label in PER_RECORD:
            if label not in answered.labels:
                continue
            index = answered.labels.index(label)
            truly, named = answered.targets[here] == index, predicted[here] == index
            row[label] = {
                "n": int(truly.sum()),
                "found": int((truly & named).sum()),
                "false": int((named & ~truly).sum()),
            }
    return rows
