"""twelvelead.training.run without a framework: which folds, refused leaks, folds that are kept."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support.training import fake_recipe
from tests.support.training.held_out_fakes import FOLDS, draw_data
from twelvelead.datasets.pages import DataError
from twelvelead.datasets.splits import Fold, split_by_patient, write_split
from twelvelead.training.run import (
    Plan,
    cross_validate,
    fold_networks,
    read_pages_of,
    split_of,
    train,
)

RECIPE: Any = fake_recipe


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.setattr("twelvelead.training.run.find_recipe", lambda _: RECIPE)
    return Plan("fake", draw_data(tmp_path), tmp_path / "models", tmp_path / "runs", folds=FOLDS)


def stand_apart(plan: Plan) -> Path:
    """A split file whose folds tear the patients apart: pages by turns."""
    pages = read_pages_of(plan, RECIPE)
    folds = split_by_patient(pages, FOLDS)
    numbers = np.arange(len(pages)) % FOLDS
    torn = [
        type(folds[0])(np.flatnonzero(numbers != n), np.flatnonzero(numbers == n))
        for n in range(FOLDS)
    ]
    return write_split(plan.work, pages, torn)


def test_each_page_is_answered_by_a_network_that_saw_none_of_its_patient(plan: Plan) -> None:
    pages = read_pages_of(plan, RECIPE)
    fit = RECIPE.prepare(pages, plan.work, None)
    logits = cross_validate(plan, (RECIPE, fit), pages, print)

    _, folds = fold_networks(plan, RECIPE)
    for fold, network in folds:
        shown = RECIPE.PREPROCESSING.normalise(pages.pixels[0, fold.test])
        np.testing.assert_allclose(logits[fold.test], network.logits(shown))
        assert not set(pages.patients[fold.train]) & set(pages.patients[fold.test])


def test_a_finished_fold_is_not_fitted_again(plan: Plan) -> None:
    pages = read_pages_of(plan, RECIPE)
    fit = RECIPE.prepare(pages, plan.work, None)
    cross_validate(plan, (RECIPE, fit), pages, print)
    said: list[str] = []
    cross_validate(plan, (RECIPE, fit), pages, said.append)

    assert not [line for line in said if "training" in line]


def test_training_refuses_a_split_that_tears_a_patient_apart(plan: Plan) -> None:
    torn = Plan(**vars(plan) | {"split": stand_apart(plan)})
    with pytest.raises(DataError, match=r"are the same patient.*--despite-leaks"):
        train(torn)
    assert not list(plan.work.glob("fake/fold-*"))


def test_training_refuses_a_copy_in_another_fold(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    (plan.data / "manifest.csv").unlink()

    copied = plan.data / "normal" / "again.png"
    Image.open(plan.data / "normal" / "0.png").save(copied, compress_level=1)
    monkeypatch.setattr("twelvelead.training.run.split_by_patient", lambda pages, _: _halves(pages))
    with pytest.raises(DataError, match="are the same recording"):
        train(plan)


def _halves(pages: Any) -> Any:
    """Two folds, pages by turns; the copy, which is read last, opposite its original."""
    numbers = np.arange(len(pages)) % 2
    numbers[-1] = 1 - numbers[-5]
    return [Fold(np.flatnonzero(numbers != n), np.flatnonzero(numbers == n)) for n in range(2)]


def test_a_split_file_takes_the_place_of_the_usual_split(plan: Plan) -> None:
    pages = read_pages_of(plan, RECIPE)
    other = split_by_patient(pages, FOLDS, seed=3)
    chosen = Plan(**vars(plan) | {"split": write_split(plan.work, pages, other)})

    for one, two in zip(split_of(chosen, pages), other, strict=True):
        assert np.array_equal(one.test, two.test)
    shutil.rmtree(plan.work)
