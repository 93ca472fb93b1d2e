"""Splits by patient: no patient is on both sides of one. All of them are made here."""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from ecg.tasks import TASKS
from twelvelead.datasets.pages import DataError, Indices, PageDataset

FOLDS = 5
SEED = 0


@dataclass(frozen=True)
class Fold:
    """Indices into the pages: what is trained on and what is tested on."""

    train: Indices
    test: Indices


def split_by_patient(pages: PageDataset, folds: int = FOLDS, seed: int = SEED) -> list[Fold]:
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


def hold_out(pages: PageDataset, some: Indices, parts: int) -> Fold:
    """Sets one of `parts` shares of the patients in `some` apart, as indices into the pages.

    For deciding when to stop; the patients of a class stand on both sides as far as they can.
    """
    splitter = StratifiedGroupKFold(parts, shuffle=True, random_state=SEED)
    targets = _in_task_order(pages)[some]
    train, test = next(splitter.split(np.zeros(len(some)), targets, pages.patients[some]))
    return Fold(some[train], some[test])


def _in_task_order(pages: PageDataset) -> Indices:
    """Targets counted in the order of the task, so that every model gets the same folds.

    The order of a model's own labels would change the split: the splitter adds up by class.
    """
    tasks = (tuple(task.labels) for task in TASKS.values())
    order = next((labels for labels in tasks if set(labels) == set(pages.labels)), None)
    order = order or tuple(sorted(pages.labels))
    return np.array([order.index(label) for label in pages.labels], dtype=np.intp)[pages.targets]


def write_split(folder: Path, pages: PageDataset, folds: list[Fold]) -> Path:
    """`split-<hash>.csv` in `folder`: in which fold each page, by its sha256, is tested; the file."""
    file = folder / f"split-{split_hash(pages, folds)}.csv"
    rows = sorted((pages.sha256[i], f) for f, fold in enumerate(folds) for i in fold.test)
    text = "sha256,fold\n" + "".join(f"{digest},{fold}\n" for digest, fold in rows)
    part = file.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    return part.rename(file)


def read_split(file: Path, pages: PageDataset) -> list[Fold]:
    """The folds that a file of `write_split` names, for these pages.

    Raises DataError for a file that is no such table, that lacks a page or has another one, whose
    folds are not numbered from 0, or whose hash is not that of its name.
    """
    fold_of = _read_rows(file)
    strange = len(set(fold_of) ^ set(pages.sha256))
    if strange:
        raise DataError(f"{file.name} and the data differ in {strange} pages: it is of other data.")
    numbers = np.array([fold_of[digest] for digest in pages.sha256])
    if sorted(set(numbers)) != list(range(numbers.max() + 1)) or numbers.max() < 1:
        raise DataError(f"{file.name} should number two folds or more from 0 without a gap.")
    folds = [
        Fold(np.flatnonzero(numbers != number), np.flatnonzero(numbers == number))
        for number in range(numbers.max() + 1)
    ]
    if split_hash(pages, folds) not in file.name:
        raise DataError(f"{file.name} was changed: its hash is {split_hash(pages, folds)}.")
    return folds


def _read_rows(file: Path) -> dict[str, int]:
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            rows = [(row["sha256"], int(row["fold"])) for row in csv.DictReader(opened)]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{file.name} is no split: it should be a CSV file with the columns sha256 and fold."
        ) from error
    if len(dict(rows)) != len(rows) or min((fold for _, fold in rows), default=-1) < 0:
        raise DataError(f"{file.name} should name each page once, with its fold from 0 on.")
    return dict(rows)


def split_hash(pages: PageDataset, folds: list[Fold]) -> str:
    """A sha256 that names this split: which page, by its sha256, is tested in which fold."""
    rows = sorted((pages.sha256[i], f) for f, fold in enumerate(folds) for i in fold.test)
    return hashlib.sha256(repr(rows).encode()).hexdigest()
