"""95 % intervals that respect patients: the clustered bootstrap, all resamples in matrix products.

A patient's answers belong together, so patients are drawn, with replacement, and not answers (Field &
Welsh 2007). A resample is a row of counts: how often each patient was drawn. Of confusion matrices it
is the counts times each patient's own; in an AUC each answer weighs as much as its patient was drawn.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from twelvelead.datasets.pages import Indices
from twelvelead.evaluation.metrics import Matrix, auc, overall

RESAMPLES = 1000
CELLS = 2**21  # of a matrix of counts or weights at a time: 16 MiB


def bootstrap(
    targets: Indices, probabilities: Matrix, patients: npt.NDArray[np.str_], seed: int = 0
) -> dict[str, list[float]]:
    """Intervals of accuracy, balanced accuracy, macro-F1 and AUC, each as `.._interval`.

    targets: (n,) indices of labels. probabilities: (n, labels). patients: (n,) whose each answer is.
    Resamples without one of the classes are left out: that class has no one-vs-rest AUC there.
    """
    names, owner = np.unique(patients, return_inverse=True)
    aucs = np.concatenate(
        [
            auc(targets, probabilities, counts[:, owner])
            for counts in draw_counts(len(names), len(targets), seed)
        ]
    )
    whole = ~np.isnan(aucs)
    confusions = resampled_confusions(targets, probabilities, patients, seed)[whole]
    return percentile_intervals(overall(confusions) | {"auc": aucs[whole]})


def resampled_confusions(
    targets: Indices, probabilities: Matrix, patients: npt.NDArray[np.str_], seed: int = 0
) -> Matrix:
    """(1000, labels, labels): a confusion matrix of each resample, truth by row."""
    names, owner = np.unique(patients, return_inverse=True)
    labels = probabilities.shape[1]
    cells = (owner * labels + targets) * labels + probabilities.argmax(axis=1)
    of_each = np.bincount(cells, minlength=len(names) * labels**2).reshape(len(names), -1)
    drawn = [counts @ of_each for counts in draw_counts(len(names), len(names), seed)]
    return np.concatenate(drawn).reshape(-1, labels, labels)


def percentile_intervals(values: Mapping[str, Matrix]) -> dict[str, list[float]]:
    """The middle 95 % of what each figure was in the resamples, as `.._interval`."""
    return {
        f"{name}_interval": [float(v) for v in np.percentile(drawn, (2.5, 97.5))]
        for name, drawn in values.items()
    }


def draw_counts(patients: int, width: int, seed: int) -> Iterator[Matrix]:
    """How often each patient is in each resample: (some, patients), 1,000 rows in all.

    width: of the matrix that a row becomes, which bounds how many rows come at a time; the draws of a
    seed don't depend on it.
    """
    rng = np.random.default_rng(seed)
    step = max(1, CELLS // max(patients, width))
    for first in range(0, RESAMPLES, step):
        rows = min(step, RESAMPLES - first)
        picks = rng.integers(0, patients, (rows, patients))
        cells = picks + np.arange(rows)[:, np.newaxis] * patients
        counts = np.bincount(cells.ravel(), minlength=rows * patients)
        yield counts.reshape(rows, patients).astype(np.float64)
