"""Splits by patient: no patient stands on both sides of a split. One function makes them all."""

import hashlib
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from ecg.tasks import TASKS
from training.data import DataError, Indices, LabelledPages

FOLDS = 5
SEED = 0


@dataclass(frozen=True)
class Fold:
    """Indices into the pages: what is trained on and what is tested on."""

    train: Indices
    test: Indices


def split_by_patient(pages: LabelledPages, folds: int = FOLDS, seed: int = SEED) -> list[Fold]:
    """Cross-validation folds, grouped by patient and stratified by class as far as groups allow.

    Raises DataError where a class has fewer patients than there are folds.
    """
    for target, label in enumerate(pages.labels):
        patients = len(set(pages.patients[pages.targets == target]))
        if patients < folds:
            raise DataError(
                f"'{label}' has {patients} patients; {folds} folds need at least {folds}."
            )
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    split = splitter.split(np.zeros(len(pages)), _in_task_order(pages), pages.patients)
    return [Fold(train, test) for train, test in split]


def hold_out(pages: LabelledPages, some: Indices, parts: int) -> Fold:
    """One of `parts` of the patients in `some` apart from the others, as indices into the pages.

    For deciding when to stop; the patients of a class stand on both sides as far as they can.
    """
    splitter = StratifiedGroupKFold(parts, shuffle=True, random_state=SEED)
    targets = _in_task_order(pages)[some]
    train, test = next(splitter.split(np.zeros(len(some)), targets, pages.patients[some]))
    return Fold(some[train], some[test])


def _in_task_order(pages: LabelledPages) -> Indices:
    """Targets counted in the order of the task, so that every model gets the same folds.

    The order of a model's own labels would change the split: the splitter adds up by class.
    """
    tasks = (tuple(task.labels) for task in TASKS.values())
    order = next((labels for labels in tasks if set(labels) == set(pages.labels)), None)
    order = order or tuple(sorted(pages.labels))
    return np.array([order.index(label) for label in pages.labels], dtype=np.intp)[pages.targets]


def split_hash(pages: LabelledPages, folds: list[Fold]) -> str:
    """A sha256 that names this split: which page, by its sha256, is tested in which fold."""
    rows = sorted((pages.sha256[i], f) for f, fold in enumerate(folds) for i in fold.test)
    return hashlib.sha256(repr(rows).encode()).hexdigest()
