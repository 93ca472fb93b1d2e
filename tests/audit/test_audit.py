"""audit.folder: copies by bytes, pixels and traces, within classes and across them."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from tests.support.pages.drawn_copies import cropped, jpeg, put, resized, simulated_page
from tests.support.pages.drawn_pages import encode
from twelvelead.audit.folder import Audit, audit
from twelvelead.datasets.pages import DataError


def page(seed: int) -> Image.Image:
    return resized(simulated_page(seed), 0.5)


def manifest(root: Path, patients: dict[str, str]) -> None:
    with (root / "manifest.csv").open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([("file", "printed_id"), *patients.items()])


def kinds(found: Audit) -> list[tuple[str, str, str]]:
    return [(leak.file, leak.against, leak.kind) for leak in found.leaks]


def test_it_finds_the_same_bytes_pixels_and_recording_and_nothing_else(tmp_path: Path) -> None:
    data = jpeg(page(1))
    put(tmp_path / "normal/a.jpg", data)
    put(tmp_path / "normal/b.jpg", data)
    with Image.open(tmp_path / "normal/a.jpg") as opened:
        put(tmp_path / "normal/c.png", encode(opened))
    put(tmp_path / "normal/d.jpg", jpeg(cropped(page(1), 0.03), 40))
    put(tmp_path / "mi/e.jpg", jpeg(page(2)))
    found = audit(tmp_path).as_json()
    assert (found["files"], found["distinct"], found["duplicates"]) == (5, 3, 2)
    assert found["groups"] == [["normal/a.jpg", "normal/b.jpg", "normal/c.png"]]
    (near,) = found["near"]
    assert (near["file"], near["other"]) == ("normal/a.jpg", "normal/d.jpg")
    assert 0.9 < near["similarity"] <= 1
    assert found["near_duplicates"] == 1
    assert found["per_class"] == {
        "myocardial_infarction": {"files": 1, "distinct": 1},
        "normal": {"files": 4, "distinct": 2},
    }
    assert found["leaks"] == found["across_classes"] == found["across_ids"] == []


def test_a_page_in_two_classes_is_told(tmp_path: Path) -> None:
    put(tmp_path / "normal/a.jpg", jpeg(page(1)))
    put(tmp_path / "normal/b.jpg", jpeg(page(2)))
    put(tmp_path / "my own class/a.jpg", jpeg(page(1)))
    put(tmp_path / "mi/b.jpg", jpeg(page(2), 40))
    rows = audit(tmp_path).as_json()["across_classes"]
    assert [(row["kind"], row["classes"]) for row in rows] == [
        ("bytes", ["my own class", "normal"]),
        ("near", ["myocardial_infarction", "normal"]),
    ]


def test_a_page_under_two_ids_is_told(tmp_path: Path) -> None:
    for name in ("a", "b"):
        put(tmp_path / f"{name}.jpg", jpeg(page(1)))
    manifest(tmp_path, {"a.jpg": "100", "b.jpg": "200"})
    (row,) = audit(tmp_path).as_json()["across_ids"]
    assert (row["files"], row["ids"]) == (["a.jpg", "b.jpg"], ["100", "200"])


def test_what_stands_in_two_splits_is_a_leak_told_of_the_later_one(tmp_path: Path) -> None:
    put(tmp_path / "train/normal/a.jpg", jpeg(page(1)))
    put(tmp_path / "train/normal/b.jpg", jpeg(page(2)))
    put(tmp_path / "train/normal/c.jpg", jpeg(page(3)))
    put(tmp_path / "test/normal/a.jpg", jpeg(page(1)))
    put(tmp_path / "test/normal/b.jpg", jpeg(page(2), 40))
    put(tmp_path / "val/normal/d.jpg", jpeg(page(4)))
    put(tmp_path / "val/normal/e.jpg", jpeg(page(5)))
    manifest(tmp_path, {"train/normal/c.jpg": "7", "val/normal/d.jpg": "7"})
    assert kinds(audit(tmp_path)) == [
        ("test/normal/a.jpg", "train/normal/a.jpg", "bytes"),
        ("test/normal/b.jpg", "train/normal/b.jpg", "near"),
        ("val/normal/d.jpg", "train/normal/c.jpg", "patient"),
    ]


def test_two_folders_are_held_against_each_other(tmp_path: Path) -> None:
    put(tmp_path / "one/normal/a.jpg", jpeg(page(1)))
    put(tmp_path / "one/normal/b.jpg", jpeg(page(2)))
    put(tmp_path / "two/x.jpg", jpeg(page(2)))
    put(tmp_path / "two/y.jpg", jpeg(page(2)))
    found = audit(tmp_path / "one", tmp_path / "two")
    assert kinds(found) == [("normal/b.jpg", "x.jpg", "bytes")]
    assert (found.as_json()["files"], found.as_json()["duplicates"]) == (2, 0)


def test_near_pairs_of_the_other_folder_are_not_told_as_the_folders_own(tmp_path: Path) -> None:
    put(tmp_path / "one/a.jpg", jpeg(page(1)))
    put(tmp_path / "two/x.jpg", jpeg(page(2)))
    put(tmp_path / "two/y.jpg", jpeg(page(2), 40))
    found = audit(tmp_path / "one", tmp_path / "two")
    assert (found.near, found.leaks) == ((), ())


def test_empty_sheets_are_the_same_only_by_their_pixels(tmp_path: Path) -> None:
    for name, level in (("a.png", 255), ("b.bmp", 255), ("c.png", 250)):
        kind = name.split(".")[1].upper()
        put(tmp_path / name, encode(Image.new("RGB", (200, 200), (level,) * 3), kind))
    found = audit(tmp_path).as_json()
    assert found["groups"] == [["a.png", "b.bmp"]]
    assert found["near"] == []
    assert found["per_class"] == {"no class": {"files": 3, "distinct": 2}}


def test_more_copies_than_are_looked_at_at_once_are_all_found(tmp_path: Path) -> None:
    for quality in range(30, 95, 8):
        put(tmp_path / f"{quality}.jpg", jpeg(page(1), quality))
    put(tmp_path / "other.jpg", jpeg(page(2)))
    found = audit(tmp_path)
    assert len(found.near) == 9 * 8 / 2
    assert Counter(p.first.file == "other.jpg" for p in found.near) == {False: 36}


def test_unreadable_files_are_named_and_stop_nothing(tmp_path: Path) -> None:
    put(tmp_path / "a.jpg", jpeg(page(1)))
    put(tmp_path / "broken.jpg", jpeg(page(2))[:5000])
    put(tmp_path / "text.png", b"no picture")
    found = audit(tmp_path).as_json()
    assert [row["file"] for row in found["unreadable"]] == ["broken.jpg", "text.png"]
    assert "truncated" in found["unreadable"][0]["reason"]
    assert found["files"] == 1


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a folder"):
        audit(tmp_path / "nowhere")
    put(tmp_path / "one/a.jpg", jpeg(page(1)))
    with pytest.raises(DataError, match="is not a folder"):
        audit(tmp_path / "one", tmp_path / "nowhere")


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "notes.txt", b"")
    with pytest.raises(DataError, match="holds no picture"):
        audit(tmp_path)


def test_a_manifest_without_its_columns_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "a.jpg", jpeg(page(1)))
    put(tmp_path / "manifest.csv", b"name,printed_id\na.jpg,7\n")
    with pytest.raises(DataError, match="columns file and printed_id"):
        audit(tmp_path)
