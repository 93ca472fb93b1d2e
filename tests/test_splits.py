"""training.splits: no patient on both sides, every page tested once."""

from dataclasses import replace

import numpy as np
import pytest

from tests.labelled_folders import LABELS
from training.data import DataError, LabelledPages
from training.splits import hold_out, split_by_patient, split_hash


def some_pages(count: int = 80, patients_per_class: int = 10) -> LabelledPages:
    """Pages without pixels; patients have several pages of one class each."""
    targets = np.arange(count, dtype=np.intp) % 4
    patients = np.array([f"{t}-{(i // 4) % patients_per_class}" for i, t in enumerate(targets)])
    return LabelledPages(
        pixels=np.zeros((1, count, 1, 1), np.uint8),
        targets=targets,
        patients=patients,
        sha256=tuple(f"{i:064x}" for i in range(count)),
        labels=LABELS,
        copies=0,
        digest="",
    )


def test_every_page_is_tested_exactly_once() -> None:
    folds = split_by_patient(some_pages())
    assert sorted(np.concatenate([fold.test for fold in folds]).tolist()) == list(range(80))


def test_no_patient_stands_on_both_sides() -> None:
    pages = some_pages()
    for fold in split_by_patient(pages):
        assert not set(pages.patients[fold.train]) & set(pages.patients[fold.test])


def test_every_fold_tests_every_class() -> None:
    pages = some_pages()
    for fold in split_by_patient(pages):
        assert set(pages.targets[fold.test]) == {0, 1, 2, 3}


def test_the_same_pages_give_the_same_hash_and_others_another() -> None:
    pages, fewer = some_pages(), some_pages(76)
    assert split_hash(pages, split_by_patient(pages)) == split_hash(pages, split_by_patient(pages))
    assert split_hash(pages, split_by_patient(pages)) != split_hash(fewer, split_by_patient(fewer))


def test_another_seed_gives_another_hash() -> None:
    pages = some_pages()
    first, second = split_by_patient(pages, seed=0), split_by_patient(pages, seed=1)
    assert split_hash(pages, first) != split_hash(pages, second)


def test_the_order_of_a_models_labels_does_not_change_the_split() -> None:
    pages = some_pages()
    turned = replace(pages, labels=LABELS[::-1], targets=3 - pages.targets)
    assert split_hash(pages, split_by_patient(pages)) == split_hash(
        turned, split_by_patient(turned)
    )


def test_labels_of_no_task_are_split_all_the_same() -> None:
    pages = replace(some_pages(), labels=("a", "b", "c", "d"))
    assert len(split_by_patient(pages)) == 5


def test_what_is_held_out_of_a_fold_shares_no_patient_with_the_rest() -> None:
    pages = some_pages()
    train = split_by_patient(pages)[0].train
    inner = hold_out(pages, train, 4)
    assert sorted([*inner.train, *inner.test]) == sorted(train)
    assert not set(pages.patients[inner.train]) & set(pages.patients[inner.test])
    assert set(pages.targets[inner.test]) == {0, 1, 2, 3}


def test_too_few_patients_of_a_class_are_named() -> None:
    with pytest.raises(DataError, match="'normal' has 3 patients; 5 folds need at least 5"):
        split_by_patient(some_pages(patients_per_class=3))
