"""evaluation.evaluate: a served model on labelled folders, and its card's figures again."""

import csv
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from model_registry.entry import Entry
from model_registry.registry import read_registry
from tests.support.models.beat_models import beat_picture
from tests.support.pages.labelled_folders import draw_folder
from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.evaluate import (
    OUT_OF_FOLD,
    Manner,
    evaluate,
    evaluate_out_of_fold,
    read_out_of_fold,
)
from twelvelead.inference.predictor import Predictor
from twelvelead.inference.resources.limits import Limits

KEY = "tiny_keras"


@pytest.fixture
def registry_folder(tmp_path: Path, models_dir: Path) -> Path:
    return Path(shutil.copytree(models_dir, tmp_path / "models"))


@pytest.fixture(scope="module")
def predictor(compiled_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Predictor]:
    """One for all, of compiled models: no framework has to start. Leave its models as they are."""
    models = shutil.copytree(compiled_dir, tmp_path_factory.mktemp("served") / "models")
    made = Predictor(read_registry(models), Limits(threads=1))
    yield made
    made.close()


def keep_out_of_fold(entry: Entry, root: Path) -> None:
    """An out-of-fold file in which every page of `root` was answered rightly at 0.97."""
    with (entry.folder / OUT_OF_FOLD).open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["sha256", "fold", *entry.labels])
        for file in sorted(root.glob("*/*.png")):
            shares = [0.97 if label == file.parent.name else 0.01 for label in entry.labels]
            writer.writerow([hashlib.sha256(file.read_bytes()).hexdigest(), 0, *shares])


def test_it_gives_the_figures_of_the_served_answers(predictor: Predictor, tmp_path: Path) -> None:
    root = draw_folder(tmp_path / "data")
    figures = evaluate(predictor, KEY, root)
    entry = predictor.registry[KEY]
    files = sorted(root.glob("*/*.png"))
    answers = [predictor.predict(file.read_bytes(), [KEY]).predictions[0] for file in files]
    right = [a.label == file.parent.name for a, file in zip(answers, files, strict=True)]
    assert figures["n"] == figures["files"] == 8
    assert figures["accuracy"] == pytest.approx(np.mean(right))
    assert figures["labels"] == list(entry.labels)
    assert figures["seen_in_training"] == 0
    assert sum(figures["decisions"].values()) == 8


def test_copies_and_unreadable_files_are_counted_and_left_out(
    predictor: Predictor, tmp_path: Path
) -> None:
    root = draw_folder(tmp_path / "data")
    (root / "normal" / "copy.png").write_bytes((root / "normal" / "0.png").read_bytes())
    (root / "normal" / "broken.png").write_bytes(b"no picture")
    figures = evaluate(predictor, KEY, root)
    assert [figures[k] for k in ("n", "files", "copies", "unreadable")] == [8, 10, 1, 1]


def test_a_picture_that_the_model_refuses_is_counted_and_left_out(
    predictor: Predictor, tmp_path: Path
) -> None:
    root = draw_folder(tmp_path / "data")
    (root / "normal" / "beat.png").write_bytes(beat_picture())
    figures = evaluate(predictor, KEY, root)
    assert (figures["n"], figures["files"], figures["unreadable"]) == (8, 9, 0)
    assert figures["decisions"]["refused"] == 1


def test_pages_that_the_model_was_trained_on_are_counted(
    predictor: Predictor, tmp_path: Path
) -> None:
    root = draw_folder(tmp_path / "data")
    entry = predictor.registry[KEY]
    keep_out_of_fold(entry, root)
    try:
        assert evaluate(predictor, KEY, root)["seen_in_training"] == 8
    finally:
        (entry.folder / OUT_OF_FOLD).unlink()


def test_pages_that_the_model_was_trained_on_can_be_left_out(
    predictor: Predictor, tmp_path: Path
) -> None:
    root, entry = draw_folder(tmp_path / "data"), predictor.registry[KEY]
    shutil.copytree(root / "normal", tmp_path / "known" / "normal")
    keep_out_of_fold(entry, tmp_path / "known")
    try:
        figures = evaluate(predictor, KEY, root, Manner(leave_out_seen=True))
        with pytest.raises(DataError, match="in the training data of tiny_keras"):
            evaluate(predictor, KEY, tmp_path / "known", Manner(leave_out_seen=True))
    finally:
        (entry.folder / OUT_OF_FOLD).unlink()
    assert [figures[k] for k in ("n", "left_out_as_seen", "seen_in_training")] == [6, 2, 0]


def test_the_held_out_figures_come_from_the_file_beside_the_model(
    registry_folder: Path, tmp_path: Path
) -> None:
    root = draw_folder(tmp_path / "data")
    entry = read_registry(registry_folder)[KEY]
    keep_out_of_fold(entry, root)
    figures = evaluate_out_of_fold(entry, root)
    assert (figures["n"], figures["accuracy"], figures["auc"]) == (8, 1.0, 1.0)


def test_held_out_figures_need_every_page(registry_folder: Path, tmp_path: Path) -> None:
    root = draw_folder(tmp_path / "data")
    entry = read_registry(registry_folder)[KEY]
    keep_out_of_fold(entry, root)
    (root / "normal" / "0.png").unlink()
    with pytest.raises(DataError, match="1 of the 8 pages"):
        evaluate_out_of_fold(entry, root)


def test_a_model_without_held_out_answers_says_so(registry_folder: Path, tmp_path: Path) -> None:
    entry = read_registry(registry_folder)[KEY]
    assert read_out_of_fold(entry) is None
    with pytest.raises(DataError, match=r"has no out_of_fold\.csv"):
        evaluate_out_of_fold(entry, draw_folder(tmp_path / "data"))
