"""twelvelead.training.run, ship, card and the recipes: whole runs on a tiny simulated set.

`make test` runs one recipe of each framework, `make test-all` every one.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from model_registry.registry import read_registry
from tests.support.made_once import made_once
from tests.support.models.tiny_models import run_python
from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.evaluate import evaluate_out_of_fold, read_out_of_fold
from twelvelead.inference.predictor import Predictor
from twelvelead.inference.resources.limits import Limits
from twelvelead.training.recipe import RECIPES, find_recipe
from twelvelead.training.studies.trial import draw_trial_set

PAGES = sorted(key for key, module in RECIPES.items() if ".pages." in module)

QUICK = ("small_cnn", "vgg16")
PER_CLASS = 3


@pytest.fixture(
    scope="module",
    params=[pytest.param(key, marks=() if key in QUICK else pytest.mark.slow) for key in PAGES],
)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run; its name is the recipe's key."""
    folder = tmp_path_factory.mktemp("run") / str(request.param)
    trial_set = made_once(tmp_path_factory, "trial_set", lambda f: draw_trial_set(f, PER_CLASS))
    shutil.copytree(trial_set, folder / "data")
    run_python("-m", "tests.support.training.trial_run", request.param, folder)
    return folder


@pytest.fixture
def predictor(run: Path) -> Iterator[Predictor]:
    made = Predictor(read_registry(run / "models"), Limits(threads=1))
    yield made
    made.close()


def test_a_run_leaves_a_model_that_serves_and_answers_its_example(
    run: Path, predictor: Predictor
) -> None:
    assert not predictor.registry.broken
    assert predictor.load(run.name)


def test_the_card_tells_the_measured_figures(run: Path) -> None:
    folder = run / "models" / run.name
    figures = json.loads((folder / "metrics.json").read_text())["cross_validation"]
    card = (folder / "README.md").read_text()
    assert f"| macro-F1 | {figures['macro_f1']:.3f} |" in card
    assert figures["split_sha256"] in card
    assert "not a medical device" in card.lower()


def test_the_cards_figures_can_be_computed_again(run: Path) -> None:
    entry = read_registry(run / "models")[run.name]
    told = (entry.metrics or {})["cross_validation"]
    again = evaluate_out_of_fold(entry, run / "data")
    for name in ("n", "accuracy", "macro_f1", "auc", "ece", "macro_f1_interval"):
        assert again[name] == pytest.approx(told[name])
    assert again["confusion"] == told["confusion"]


def test_every_page_was_answered_by_a_network_that_had_not_seen_it(run: Path) -> None:
    entry = read_registry(run / "models")[run.name]
    held_out = read_out_of_fold(entry) or {}
    files = (run / "data").glob("*/*.jpg")
    assert set(held_out) == {hashlib.sha256(f.read_bytes()).hexdigest() for f in files}
    assert all(np.isclose(shares.sum(), 1, atol=1e-5) for shares in held_out.values())


@pytest.mark.slow  # twice as long; that fits are kept is held with the fake recipe too
def test_a_second_run_takes_finished_folds_from_the_first(run: Path) -> None:
    log = run / "runs" / run.name / "log.csv"
    before = log.read_text().count("fold-")
    assert before > 0
    run_python("-m", "tests.support.training.trial_run", run.name, run)
    assert log.read_text().count("fold-") == before


def test_a_key_without_recipe_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(DataError, match=", ".join(RECIPES)):
        find_recipe("nothing")
