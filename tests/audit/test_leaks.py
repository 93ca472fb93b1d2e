"""audit.leaks: nothing is trained on and tested on in one fold."""

from pathlib import Path

import numpy as np
import pytest

from tests.support.pages.drawn_copies import jpeg, put, resized, simulated_page
from tests.support.pages.labelled_folders import LABELS
from twelvelead.audit.folder import audit
from twelvelead.audit.leaks import FoldLeak, find_fold_leaks, refuse_fold_leaks, same_recordings
from twelvelead.datasets.pages import DataError, PageDataset
from twelvelead.datasets.splits import Fold

FOLDS = [
    Fold(np.array([2, 3], dtype=np.intp), np.array([0, 1], dtype=np.intp)),
    Fold(np.array([0, 1], dtype=np.intp), np.array([2, 3], dtype=np.intp)),
]


def pages(patients: str = "abcd", digests: str = "0123") -> PageDataset:
    """Four pages without pixels."""
    return PageDataset(
        pixels=np.zeros((1, 4, 1, 1), np.uint8),
        targets=np.zeros(4, dtype=np.intp),
        patients=np.array(list(patients)),
        sha256=tuple(digest * 64 for digest in digests),
        labels=LABELS,
        copies=0,
        digest="",
    )


def test_pages_of_different_people_leak_nothing() -> None:
    assert find_fold_leaks(pages(), FOLDS, [("0" * 64, "1" * 64)]) == []
    refuse_fold_leaks([], pages(), Path("data"))


def test_the_same_recording_on_both_sides_is_found_in_each_fold() -> None:
    assert find_fold_leaks(pages(), FOLDS, [("3" * 64, "1" * 64), ("0" * 64, "f" * 64)]) == [
        FoldLeak(0, 1, 3, "near"),
        FoldLeak(1, 3, 1, "near"),
    ]


def test_the_same_patient_on_both_sides_is_found() -> None:
    assert find_fold_leaks(pages("abbd"), FOLDS) == [
        FoldLeak(0, 1, 2, "patient"),
        FoldLeak(1, 2, 1, "patient"),
    ]


def test_the_same_file_on_both_sides_is_found() -> None:
    assert find_fold_leaks(pages(digests="0110"), FOLDS)[0] == FoldLeak(0, 0, 3, "bytes")


def test_a_refusal_names_the_first_pairs_and_what_to_do() -> None:
    held = pages("aaaa")
    with pytest.raises(DataError) as refused:
        refuse_fold_leaks(find_fold_leaks(held, FOLDS), held, Path("data"))
    told = str(refused.value)
    assert told.startswith("4 tested pages")
    assert "fold 0: 000000000000 and 222222222222 are the same patient" in told
    assert "and 1 more" in told
    assert "--despite-leaks 'why'" in told


def test_an_audit_tells_which_sha256_show_one_recording(tmp_path: Path) -> None:
    page = resized(simulated_page(1), 0.5)
    put(tmp_path / "a.jpg", jpeg(page))
    put(tmp_path / "b.jpg", jpeg(page) + b"\0")  # the same pixels
    put(tmp_path / "c.jpg", jpeg(page, 40))
    put(tmp_path / "d.jpg", jpeg(resized(simulated_page(2), 0.5)))
    found = audit(tmp_path)
    sha256 = {entry.file: entry.sha256 for entry in found.entries}
    pairs = {frozenset(pair) for pair in same_recordings(found)}
    together = [("a.jpg", "b.jpg"), ("a.jpg", "c.jpg"), ("b.jpg", "c.jpg")]
    assert pairs == {frozenset((sha256[one], sha256[other])) for one, other in together}
