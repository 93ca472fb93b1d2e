"""twelvelead.training.beat_run without a framework: folds by patient, the test, the twin, what is shipped."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_registry.read_entry import read_entry
from tests.support.signals.drawn_beats import write_record
from tests.support.training import fake_beat_recipe
from twelvelead.datasets.pages import DataError
from twelvelead.datasets.records import read_records
from twelvelead.training.beat_fits import BeatFits, patient_folds
from twelvelead.training.beat_recipe import answer, find_beat_recipe, mark
from twelvelead.training.beat_run import BeatPlan, train_beats

RECIPE: Any = fake_beat_recipe
SYMBOLS = "NNNANNNNNVNNNNANNNNN"


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BeatPlan:
    for user in ("twelvelead.training.beat_run", "twelvelead.training.shipping.beat_card"):
        monkeypatch.setattr(f"{user}.find_beat_recipe", lambda _: RECIPE)
    monkeypatch.setattr(RECIPE, "SEEN", [])
    data = tmp_path / "data"
    data.mkdir()
    for seed, name in enumerate((*RECIPE.TRAIN, *RECIPE.TEST)):
        write_record(data, name, SYMBOLS, seed=seed)
    return BeatPlan("fake", data, tmp_path / "models", tmp_path / "runs", folds=2)


def quietly(line: str) -> None:
    del line


def test_a_run_tests_on_the_test_records_and_ships(plan: BeatPlan) -> None:
    metrics = train_beats(plan, quietly)
    entry = read_entry(plan.models / "fake" / "model.toml")
    assert entry.metrics == metrics | {"bytes": 4}
    assert entry.preprocessing == RECIPE.READING
    assert entry.example is not None
    tested = metrics["cross_validation"]
    assert (tested["n"], tested["records"], tested["folds"]) == (40, 2, 1)
    assert tested["per_class"]["S"]["recall"] == 1
    assert metrics["random_split"]["n"] == pytest.approx(60, abs=20)


def test_the_card_tells_what_was_measured(plan: BeatPlan) -> None:
    metrics = train_beats(plan, quietly)
    card = (plan.models / "fake" / "README.md").read_text(encoding="utf-8")
    assert f"{metrics['cross_validation']['macro_f1']:.3f}" in card
    assert "F is absent here." in card
    assert "What others report" in card
    assert RECIPE.PROTOCOL in card


def test_test_records_are_never_trained_on_before_the_twin(plan: BeatPlan) -> None:
    train_beats(plan, quietly)
    *folds, final, twin = RECIPE.SEEN
    assert final == set(RECIPE.TRAIN)
    assert twin == {*RECIPE.TRAIN, *RECIPE.TEST}
    assert len(folds) == 2
    assert folds[0] | folds[1] == final
    assert not folds[0] & folds[1]


def test_a_finished_fit_is_not_made_again(plan: BeatPlan) -> None:
    train_beats(plan, quietly)
    made = len(RECIPE.SEEN)
    train_beats(plan, quietly)
    assert len(RECIPE.SEEN) == made


def test_without_test_records_the_folds_are_told(
    plan: BeatPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RECIPE, "TEST", ())
    metrics = train_beats(replace(plan, with_twin=False), quietly)
    assert metrics["cross_validation"]["folds"] == 2
    assert "inside_training" not in metrics
    assert "records" not in metrics, "a record has beats of several classes"


def test_records_of_one_class_each_are_told_as_wholes_too(
    plan: BeatPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RECIPE, "TEST", ())
    monkeypatch.setattr(RECIPE, "CODES", {"N": "N"})
    metrics = train_beats(replace(plan, with_twin=False), quietly)
    assert metrics["records"]["n"] == 4
    assert "By recording" in (plan.models / "fake" / "README.md").read_text(encoding="utf-8")


def test_records_of_one_person_stand_in_one_fold(plan: BeatPlan) -> None:
    records = read_records(plan.data, RECIPE.TRAIN)
    same = [replace(one, person="a" if one.name in "r0 r3" else one.name) for one in records]
    folds = patient_folds(mark(same, RECIPE), 2)
    assert sum({"r0", "r3"} <= names for names in folds) == 1
    assert set.union(*folds) == set(RECIPE.TRAIN)


def test_more_folds_than_patients_are_refused(plan: BeatPlan) -> None:
    marked = mark(read_records(plan.data, RECIPE.TRAIN), RECIPE)
    with pytest.raises(DataError, match="4 patients are too few for 5 folds"):
        patient_folds(marked, 5)


def test_beats_that_are_left_out_are_still_context(plan: BeatPlan) -> None:
    marked = mark(read_records(plan.data, ("r0",)), RECIPE)[0]
    some = np.arange(20) % 2 == 0
    whole = answer(RECIPE, RECIPE.Network(), marked)
    assert np.array_equal(answer(RECIPE, RECIPE.Network(), marked.only(some)), whole[some])


def test_many_beats_are_answered_in_parts(plan: BeatPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    marked = mark(read_records(plan.data, ("r0",)), RECIPE)
    fits = BeatFits(RECIPE, RECIPE.prepare(plan.work, None), plan.work, quietly)
    whole = fits.ask(RECIPE.Network(), marked)
    monkeypatch.setattr("twelvelead.training.beat_recipe.CHUNK", 7)
    assert np.array_equal(fits.ask(RECIPE.Network(), marked).logits, whole.logits)


def test_an_unknown_key_is_told_the_recipes() -> None:
    with pytest.raises(DataError, match="beat_signal_cnn"):
        find_beat_recipe("nothing")
