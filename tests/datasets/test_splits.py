"""datasets.splits: no patient on both sides, every page tested once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.pages.labelled_folders import LABELS
from twelvelead.datasets.pages import DataError, PageDataset
from twelvelead.datasets.splits import (
    hold_out,
    read_split,
    split_by_patient,
    split_hash,
    write_split,
)


def some_pages(count: int = 80, patients_per_class: int = 10) -> PageDataset:
    """Pages without pixels; patients have several pages of one class each."""
    targets = np.arange(count, dtype=np.intp) % 4
    patients = np.array([f"{t}-{(i // 4) % patients_per_class}" for i, t in enumerate(targets)])
    return PageDataset(
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


def test_a_split_is_read_as_it_was_written(tmp_path: Path) -> None:
    pages = some_pages()
    folds = split_by_patient(pages)
    file = write_split(tmp_path, pages, folds)

    assert split_hash(pages, folds) in file.name
    again = read_split(file, pages)
    for one, other in zip(folds, again, strict=True):
        assert np.array_equal(one.test, other.test)
        assert np.array_equal(one.train, other.train)


def test_a_split_of_other_pages_is_refused(tmp_path: Path) -> None:
    pages = some_pages()
    file = write_split(tmp_path, pages, split_by_patient(pages))
    with pytest.raises(DataError, match="differ in 4 pages"):
        read_split(file, some_pages(76))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a,b\n1,2\n", "is no split"),
        ("sha256,fold\nx,one\n", "is no split"),
        ("sha256,fold\nx,0\nx,1\n", "each page once"),
        ("sha256,fold\nx,-1\n", "from 0 on"),
    ],
)
def test_a_file_that_is_no_split_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "split-x.csv"
    file.write_text(text)
    with pytest.raises(DataError, match=reason):
        read_split(file, some_pages())


def test_a_split_that_was_changed_is_refused(tmp_path: Path) -> None:
    pages = some_pages()
    file = write_split(tmp_path, pages, split_by_patient(pages))
    lines = file.read_text().splitlines()
    lines[1] = lines[1][:-1] + str((int(lines[1][-1]) + 1) % 5)
    file.write_text("\n".join(lines))
    with pytest.raises(DataError, match="was changed: its hash is"):
        read_split(file, pages)


def test_folds_with_a_gap_are_refused(tmp_path: Path) -> None:
    pages = some_pages()
    file = tmp_path / "split-x.csv"
    rows = "".join(f"{digest},{2 * (i % 2)}\n" for i, digest in enumerate(pages.sha256))
    file.write_text("sha256,fold\n" + rows)
    with pytest.raises(DataError, match="from 0 without a gap"):
        read_split(file, pages)
