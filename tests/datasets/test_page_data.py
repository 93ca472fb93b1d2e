"""datasets.pages: labelled pages, read as they are served, copies left out."""

from pathlib import Path

import numpy as np
import pytest

from ecg.page.page import read_page
from model_registry.preprocessing import Preprocessing
from tests.support.pages.labelled_folders import LABELS, draw_folder, write_manifest
from twelvelead.datasets.pages import DataError, Reading, read_pages

WANTED = Preprocessing(size=(32, 56), colour="grey", scale="rescale", channels=1)


def reading(variants: int = 1) -> Reading:
    return Reading(WANTED, LABELS, variants)


def test_pages_come_with_labels_patients_and_variants(tmp_path: Path) -> None:
    pages = read_pages(draw_folder(tmp_path / "data"), reading(2), tmp_path / "work")
    assert pages.pixels.shape == (3, 8, 32, 56)
    assert sorted(pages.targets.tolist()) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert len(set(pages.patients)) == 8
    assert pages.copies == 0


def test_the_first_variant_is_the_page_as_it_is_served(tmp_path: Path) -> None:
    root = draw_folder(tmp_path / "data")
    pages = read_pages(root, reading(), tmp_path / "work")
    files = sorted(root.glob("*/*.png"))
    for place, file in enumerate(files):
        served = WANTED(read_page(file.read_bytes()))
        trained = WANTED.normalise(pages.pixels[0, place])
        assert np.array_equal(served, trained)


def test_variants_differ_from_the_page(tmp_path: Path) -> None:
    pages = read_pages(draw_folder(tmp_path / "data"), reading(), tmp_path / "work")
    assert (pages.pixels[0] != pages.pixels[1]).mean() > 0.1


def test_the_same_folder_gives_the_same_variants(tmp_path: Path) -> None:
    root = draw_folder(tmp_path / "data")
    first = read_pages(root, reading(), tmp_path / "one")
    second = read_pages(root, reading(), tmp_path / "two")
    assert np.array_equal(first.pixels, second.pixels)
    assert first.digest == second.digest


def test_what_was_read_once_is_not_read_again(tmp_path: Path) -> None:
    root = draw_folder(tmp_path / "data")
    read_pages(root, reading(), tmp_path / "work")
    (kept,) = (tmp_path / "work").glob("pages-*.npy")
    np.save(kept, np.zeros_like(np.load(kept)))
    assert not read_pages(root, reading(), tmp_path / "work").pixels.any()


def test_a_byte_identical_copy_is_left_out_and_counted(tmp_path: Path) -> None:
    root = draw_folder(tmp_path / "data")
    (root / "normal" / "copy.png").write_bytes((root / "normal" / "0.png").read_bytes())
    pages = read_pages(root, reading(), tmp_path / "work")
    assert (len(pages), pages.copies) == (8, 1)


def test_one_file_in_two_classes_is_refused(tmp_path: Path) -> None:
    root = draw_folder(tmp_path / "data")
    (root / "history_of_mi" / "x.png").write_bytes((root / "normal" / "0.png").read_bytes())
    with pytest.raises(DataError, match="the same file in two classes"):
        read_pages(root, reading(), tmp_path / "work")


def test_patients_come_from_the_manifest(tmp_path: Path) -> None:
    root = draw_folder(tmp_path / "data")
    write_manifest(root, {"normal/0.png": "7", "normal/1.png": "7"})
    pages = read_pages(root, reading(), tmp_path / "work")
    assert (pages.patients == "7").sum() == 2


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a folder"):
        read_pages(tmp_path / "nowhere", reading(), tmp_path / "work")


def test_a_folder_without_class_folders_says_which_are_wanted(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(DataError, match=r"no labelled picture.*normal"):
        read_pages(tmp_path / "data", reading(), tmp_path / "work")


def test_a_class_that_the_model_does_not_know_is_named(tmp_path: Path) -> None:
    two = Reading(WANTED, LABELS[:2], 0)
    with pytest.raises(DataError, match="history_of_mi, myocardial_infarction"):
        read_pages(draw_folder(tmp_path / "data"), two, tmp_path / "work")
