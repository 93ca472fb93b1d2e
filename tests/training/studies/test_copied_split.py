"""training.studies.copied_split: files split at random, copies and all, scored as such studies see it."""

import csv
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.training.held_out_fakes import digest_of, draw_data, make_measured, read_metrics
from twelvelead.datasets.pages import DataError, list_pages
from twelvelead.training.plan import Plan
from twelvelead.training.studies.copied_split import count_copies, score_copied_split


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.setattr("twelvelead.training.studies.copied_split.SPLITS", 20)
    made = Plan("one", draw_data(tmp_path), tmp_path / "models", tmp_path / "runs")
    make_measured(made, monkeypatch)
    return made


def tell_copies(plan: Plan, copies: int) -> None:
    """A manifest in which every page stands so many times in the public set."""
    files = sorted(plan.data.glob("*/*.png"))
    with (plan.data / "manifest.csv").open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["file", "sha256", "copies_in_928"])
        for file in files:
            writer.writerow([file.relative_to(plan.data), digest_of(file), copies])


def score(plan: Plan) -> dict[str, Any]:
    return score_copied_split(plan.models, [plan.key], plan.data)[plan.key]


def test_it_works(plan: Plan) -> None:
    tell_copies(plan, 8)
    found = score(plan)

    assert (found["files"], found["distinct"], found["splits"]) == (128, 16, 20)
    assert found["share_of_test_files_with_a_copy_in_training"] > 0.99
    assert found["accuracy_range"][0] <= found["accuracy"] <= found["accuracy_range"][1]
    assert read_metrics(plan)["copied_split"] == found


def test_a_test_file_with_a_copy_in_training_gets_the_answer_of_who_has_seen_it(plan: Plan) -> None:
    """The fake model always names its second label, which is right for a quarter of the pages."""
    tell_copies(plan, 40)
    assert score(plan)["accuracy"] == pytest.approx(0.25, abs=0.05)


def test_a_test_file_without_one_gets_the_held_out_answer(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "twelvelead.training.studies.copied_split.count_copies",
        lambda _, pages: np.ones(len(pages), int),
    )
    monkeypatch.setattr("twelvelead.training.studies.copied_split.TEST_SHARE", 1.0)
    held_out = read_metrics(plan)["cross_validation"]["accuracy"]

    assert score(plan)["accuracy"] == pytest.approx(held_out, abs=1e-4)
    assert score(plan)["share_of_test_files_with_a_copy_in_training"] == 0


def test_copies_are_counted_in_the_folder_where_no_manifest_tells_them(plan: Plan) -> None:
    pages = list_pages(
        plan.data, ("normal", "abnormal_heartbeat", "history_of_mi", "myocardial_infarction")
    )[1]
    shutil.copy(plan.data / "normal" / "0.png", plan.data / "normal" / "again.png")

    counts = count_copies(plan.data, pages)
    assert sorted(counts) == [1] * 15 + [2]
    assert counts[pages.sha256.index(digest_of(plan.data / "normal" / "0.png"))] == 2


def test_a_folder_without_copies_is_refused(plan: Plan) -> None:
    with pytest.raises(DataError, match="has a copy"):
        score(plan)


def test_a_model_without_held_out_answers_is_refused(plan: Plan) -> None:
    (plan.models / plan.key / "out_of_fold.csv").unlink()
    with pytest.raises(DataError, match="kept no held-out answers"):
        score(plan)


def test_pages_too_few_for_every_class_in_a_test_are_refused(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_copies(plan, 2)
    monkeypatch.setattr("twelvelead.training.studies.copied_split.TEST_SHARE", 0.1)
    with pytest.raises(DataError, match="a random test lacks a class"):
        score(plan)
