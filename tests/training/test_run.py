"""Training a model of pages without a framework: which folds, refused leaks, fits that are kept."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.training.fake_recipe import RECIPE
from tests.support.training.held_out_fakes import FOLDS, draw_data
from twelvelead.datasets.pages import DataError, PageDataset
from twelvelead.datasets.splits import Fold, split_by_patient, write_split
from twelvelead.evaluation.figures import LabelledAnswers
from twelvelead.training.fits import Fits
from twelvelead.training.pages import PageData
from twelvelead.training.plan import Plan
from twelvelead.training.run import train


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan("fake", draw_data(tmp_path), tmp_path / "models", tmp_path / "runs", folds=FOLDS)


def stand_apart(plan: Plan) -> Path:
    """A split file whose folds tear the patients apart: pages by turns."""
    pages = PageData.read(plan, RECIPE).pages
    numbers = np.arange(len(pages)) % FOLDS
    torn = [Fold(np.flatnonzero(numbers != n), np.flatnonzero(numbers == n)) for n in range(FOLDS)]
    return write_split(plan.work, pages, torn)


def cross_validated(data: PageData, said: list[str]) -> LabelledAnswers:
    work = data.plan.work / data.plan.key
    return Fits(data, work, data.prepare(), said.append).cross_validated()


def test_each_page_is_answered_by_a_network_that_saw_none_of_its_patient(plan: Plan) -> None:
    data = PageData.read(plan, RECIPE)
    answered = cross_validated(data, [])
    rows = {digest: row for row, digest in enumerate(answered.records)}

    for fold, network in data.fold_networks():
        shown = RECIPE.preprocessing.normalise(data.pages.pixels[0, fold.test])
        held_out = [rows[data.pages.sha256[index]] for index in fold.test]
        np.testing.assert_allclose(answered.logits[held_out], network.logits(shown))
        assert not set(data.pages.patients[fold.train]) & set(data.pages.patients[fold.test])


def test_a_finished_fold_is_not_fitted_again(plan: Plan) -> None:
    data, said = PageData.read(plan, RECIPE), list[str]()
    first = cross_validated(data, [])
    second = cross_validated(data, said)

    assert np.array_equal(first.logits, second.logits)
    assert not [line for line in said if "training" in line]


def test_another_knob_makes_fits_count_no_more(plan: Plan) -> None:
    one = PageData.read(plan, RECIPE)
    other = PageData.read(plan, replace(RECIPE, title="Another"))
    cross_validated(one, [])

    with pytest.raises(DataError, match="Fold 0 of fake is not in"):
        other.fold_networks()


def test_a_recipe_that_begins_with_random_numbers_refuses_a_backbone(plan: Plan) -> None:
    with pytest.raises(
        DataError, match=r"^'fake' begins with random numbers .* leave --backbone out"
    ):
        train(replace(plan, backbone=Path("weights.pt")), recipe=RECIPE)
    assert not plan.work.exists()


def test_training_refuses_a_split_that_tears_a_patient_apart(plan: Plan) -> None:
    torn = replace(plan, split=stand_apart(plan), folds=None)
    with pytest.raises(DataError, match=r"are the same patient.*--despite-leaks"):
        train(torn, recipe=RECIPE)
    assert not list(plan.work.glob("fake/fold-*"))
    assert not plan.models.exists()


def test_training_refuses_a_copy_in_another_fold(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    (plan.data / "manifest.csv").unlink()

    copied = plan.data / "normal" / "again.png"
    Image.open(plan.data / "normal" / "0.png").save(copied, compress_level=1)
    monkeypatch.setattr("twelvelead.training.pages.split_by_patient", _halves)
    with pytest.raises(DataError, match="are the same recording"):
        train(plan, recipe=RECIPE)


def _halves(pages: PageDataset, folds: int) -> list[Fold]:
    """Two folds, pages by turns; the copy, which is read last, opposite its original."""
    numbers = np.arange(len(pages)) % folds
    numbers[-1] = 1 - numbers[-5]
    return [Fold(np.flatnonzero(numbers != n), np.flatnonzero(numbers == n)) for n in range(folds)]


def test_a_split_file_takes_the_place_of_the_usual_split(plan: Plan) -> None:
    pages = PageData.read(plan, RECIPE).pages
    other = split_by_patient(pages, FOLDS, seed=3)
    chosen = replace(plan, split=write_split(plan.work, pages, other), folds=None)

    for one, two in zip(PageData.read(chosen, RECIPE).split, other, strict=True):
        assert np.array_equal(one.test, two.test)


def test_the_usual_split_is_written_down_for_another_run(plan: Plan) -> None:
    data = PageData.read(plan, RECIPE)
    data.prepare()

    (file,) = (plan.work / "fake").glob("split-*.csv")
    again = PageData.read(replace(plan, split=file, folds=None), RECIPE)
    assert again.split_sha256 == data.split_sha256


def test_a_split_file_and_a_number_of_folds_are_one_too_many(plan: Plan) -> None:
    with pytest.raises(DataError, match="says which folds there are: leave --folds out"):
        PageData.read(replace(plan, split=stand_apart(plan)), RECIPE)
