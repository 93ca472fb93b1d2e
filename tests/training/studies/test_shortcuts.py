"""training.studies.shortcuts and training.studies.alterations: what is changed, and who is asked about it."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ecg.simulate.paint import paint_page
from ecg.simulate.twelve_leads import simulate
from model_registry.preprocessing import Preprocessing
from tests.support.pages.drawn_pages import encode
from tests.support.training.fake_recipe import RECIPE
from tests.support.training.held_out_fakes import FOLDS, draw_data, make_measured, read_metrics
from twelvelead.datasets.pages import DataError, list_pages
from twelvelead.evaluation.figures import LabelledAnswers
from twelvelead.training.fits import Fits
from twelvelead.training.pages import PageData
from twelvelead.training.plan import Plan
from twelvelead.training.studies.alterations import ALTERATIONS, INK_LEVEL, as_served
from twelvelead.training.studies.shortcuts import probe

WANTED = Preprocessing((128, 224), "grey", "rescale", 1)


@pytest.fixture(scope="module")
def page() -> bytes:
    return encode(paint_page(simulate("sinus_rhythm", seed=1)), "JPEG", quality=95)


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """A fake model whose folds are finished."""
    data = draw_data(tmp_path)
    made = Plan("one", data, tmp_path / "models", tmp_path / "runs", folds=FOLDS)
    make_measured(made, monkeypatch)
    monkeypatch.setattr("twelvelead.training.studies.shortcuts.find_recipe", lambda _: RECIPE)
    cross_validated(made)
    return made


def cross_validated(plan: Plan) -> LabelledAnswers:
    data = PageData.read(plan, RECIPE)
    return Fits(data, plan.work / plan.key, data.prepare(), print).cross_validated()


def ink_share(grey: np.ndarray) -> float:
    return float((grey < INK_LEVEL).mean())


def test_every_alteration_is_asked_about_every_page(plan: Plan) -> None:
    found = probe(plan)

    assert list(found) == list(ALTERATIONS)
    assert {row["n"] for row in found.values()} == {16}
    assert read_metrics(plan)["shortcuts"] == found


def test_the_control_is_what_cross_validation_measured(plan: Plan) -> None:
    answered = cross_validated(plan)
    right = (answered.logits.argmax(axis=1) == answered.targets).mean()

    assert probe(plan)["as served"]["accuracy"] == pytest.approx(right)


def test_fewer_folds_ask_about_fewer_pages(plan: Plan) -> None:
    data = PageData.read(plan, RECIPE)
    folds = data.fold_networks(1)
    assert {row["n"] for row in probe(plan, 1).values()} == {len(folds[0][0].test)}
    assert len(folds[0][0].test) < len(data.pages)


def test_pages_are_altered_once_for_models_that_read_alike(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = probe(plan)
    monkeypatch.setattr("twelvelead.training.studies.shortcuts.list_pages", _pages_without_pictures)
    assert probe(plan) == first


def _pages_without_pictures(folder: Path, labels: tuple[str, ...]) -> Any:
    return [], list_pages(folder, labels)[1]


def test_a_fold_that_is_missing_is_named(plan: Plan) -> None:
    for file in plan.work.glob("one/fold-1-*/weights.*"):
        file.unlink()
    with pytest.raises(DataError, match="Fold 1 of one is not in"):
        probe(plan)


def test_blanking_leaves_no_ink_and_much_of_the_grid(page: bytes) -> None:
    served = as_served(page, WANTED)
    blanked = ALTERATIONS["traces blanked"](page, WANTED)

    assert ink_share(served) > 0.005
    assert ink_share(blanked) == 0
    assert blanked.shape == served.shape
    assert (blanked == served).mean() > 0.5


def test_the_whole_page_has_more_than_the_trace_area(page: bytes) -> None:
    whole = ALTERATIONS["header and footer restored"](page, WANTED)
    full = np.asarray(Image.open(io.BytesIO(page)).convert("L"))
    assert whole.shape[1] / whole.shape[0] == pytest.approx(full.shape[1] / full.shape[0], rel=0.01)


def test_another_grid_keeps_the_traces(page: bytes) -> None:
    served = as_served(page, WANTED)
    changed = ALTERATIONS["grid recoloured"](page, WANTED)

    assert changed.shape == served.shape
    assert changed.mean() < served.mean() - 1
    traces = served < 60
    assert (changed[traces] < INK_LEVEL).mean() > 0.95


@pytest.mark.parametrize("name", ["half resolution", "rotated 3 degrees", "JPEG quality 30"])
def test_the_others_change_pixels_and_leave_ink(page: bytes, name: str) -> None:
    served, changed = as_served(page, WANTED), ALTERATIONS[name](page, WANTED)

    assert ink_share(changed) > 0.003
    assert changed.shape != served.shape or not np.array_equal(changed, served)
