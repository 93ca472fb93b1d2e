"""Training a model of beats without a framework: folds by patient, the test, the twin, what is shipped."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_registry.entry import BeatExample
from model_registry.read_entry import read_entry
from tests.support.signals.drawn_beats import write_record
from tests.support.training.fake_beat_recipe import FakeBeats, Network
from twelvelead.datasets.pages import DataError
from twelvelead.datasets.records import BeatRecord, read_records
from twelvelead.training.batches.marked_beats import mark
from twelvelead.training.beats import BeatData, patient_folds
from twelvelead.training.plan import Plan
from twelvelead.training.recipe import find_recipe
from twelvelead.training.run import train

SYMBOLS = "NNNANNNNNVNNNNANNNNN"


@pytest.fixture
def recipe() -> FakeBeats:
    return FakeBeats()


@pytest.fixture
def plan(tmp_path: Path, recipe: FakeBeats) -> Plan:
    data = tmp_path / "data"
    data.mkdir()
    for seed, name in enumerate((*recipe.train, *recipe.test)):
        write_record(data, name, SYMBOLS, seed=seed)
    return Plan("fake", data, tmp_path / "models", tmp_path / "runs", folds=2)


def quietly(line: str) -> None:
    del line


def trained(plan: Plan, recipe: FakeBeats) -> dict[str, Any]:
    return train(plan, quietly, recipe)


def split_file(plan: Plan, rows: str) -> Plan:
    """The plan with a file of these rows, as in "r0,train r1,test"."""
    file = plan.data / "split.csv"
    file.write_text("\n".join(["record,side", *rows.split()]), encoding="utf-8")
    return replace(plan, split=file, with_twin=False)


def test_a_run_tests_on_the_test_records_and_ships(plan: Plan, recipe: FakeBeats) -> None:
    metrics = trained(plan, recipe)
    entry = read_entry(plan.models / "fake" / "model.toml")
    assert entry.metrics == metrics
    assert metrics["bytes"] == 4
    assert entry.preprocessing == recipe.preprocessing
    assert isinstance(entry.example, BeatExample)
    tested = metrics["cross_validation"]
    assert (tested["n"], tested["records"], tested["folds"]) == (40, 2, 1)
    assert tested["per_class"]["S"]["recall"] == 1
    assert metrics["random_split"]["n"] == pytest.approx(60, abs=20)


def test_the_card_tells_what_was_measured(plan: Plan, recipe: FakeBeats) -> None:
    metrics = trained(plan, recipe)
    card = (plan.models / "fake" / "README.md").read_text(encoding="utf-8")
    assert f"{metrics['cross_validation']['macro_f1']:.3f}" in card
    assert "F is absent here." in card
    assert "What others report" in card
    assert recipe.protocol in card
    assert recipe.words.schedule in card


def test_test_records_are_never_trained_on_before_the_twin(plan: Plan, recipe: FakeBeats) -> None:
    trained(plan, recipe)
    *folds, final, twin = recipe.seen
    assert final == set(recipe.train)
    assert twin == {*recipe.train, *recipe.test}
    assert len(folds) == 2
    assert folds[0] | folds[1] == final
    assert not folds[0] & folds[1]


def test_a_finished_fit_is_not_made_again(plan: Plan, recipe: FakeBeats) -> None:
    trained(plan, recipe)
    made = len(recipe.seen)
    trained(plan, recipe)
    assert len(recipe.seen) == made


def test_without_test_records_the_folds_are_told(plan: Plan, recipe: FakeBeats) -> None:
    metrics = trained(replace(plan, with_twin=False), replace(recipe, test=()))
    assert metrics["cross_validation"]["folds"] == 2
    assert "inside_training" not in metrics
    assert "records" not in metrics, "a record has beats of several classes"


def test_without_a_wish_the_folds_are_the_recipes(plan: Plan, recipe: FakeBeats) -> None:
    untold = replace(plan, with_twin=False, folds=None)
    metrics = trained(untold, replace(recipe, test=(), folds=3))
    assert metrics["cross_validation"]["folds"] == 3


def test_records_of_one_class_each_are_told_as_wholes_too(plan: Plan, recipe: FakeBeats) -> None:
    metrics = trained(replace(plan, with_twin=False), replace(recipe, test=(), codes={"N": "N"}))
    assert metrics["records"]["n"] == 4
    assert "By recording" in (plan.models / "fake" / "README.md").read_text(encoding="utf-8")


def test_records_that_are_kept_aside_settle_in_place_of_folds(
    plan: Plan, recipe: FakeBeats
) -> None:
    kept = replace(recipe, train=("r0", "r1"), held_out=("r2", "r3"), settle=True)
    metrics = trained(replace(plan, with_twin=False, folds=None), kept)
    assert recipe.seen == [{"r0", "r1"}]
    assert metrics["inside_training"]["protocol"] == "records r2, r3"
    assert metrics["inside_training"]["n"] == 40


def test_folds_of_a_recipe_that_keeps_records_aside_are_refused(
    plan: Plan, recipe: FakeBeats
) -> None:
    with pytest.raises(DataError, match=r"fake is settled on records .* leave --folds out"):
        trained(plan, replace(recipe, train=("r0",), held_out=("r2",)))


def test_a_split_file_names_the_records_of_each_side(plan: Plan, recipe: FakeBeats) -> None:
    chosen = split_file(plan, "r1,train r2,train t0,train r0,test")
    metrics = trained(chosen, recipe)
    assert recipe.seen[-1] == {"r1", "r2", "t0"}
    tested = metrics["cross_validation"]
    assert tested["records"] == 1
    assert tested["protocol"] == "trained and tested on the records that split.csv names"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("r0,train r1,train", "should name records on each of the sides train, test"),
        ("r0,train r1,test r2,held_out", "train, test, not held_out"),
        ("r0,train r1,test r0,test", "names a record twice"),
        ("r0,train r1,Test", "train, test, not Test"),
    ],
)
def test_a_split_file_that_leaves_doubt_is_refused(
    plan: Plan, recipe: FakeBeats, rows: str, told: str
) -> None:
    with pytest.raises(DataError, match=told):
        trained(split_file(plan, rows), recipe)


def test_a_split_of_pages_is_no_split_of_records(plan: Plan, recipe: FakeBeats) -> None:
    chosen = split_file(plan, "")
    (plan.data / "split.csv").write_text("sha256,fold\n00,1\n", encoding="utf-8")
    with pytest.raises(DataError, match="give a CSV with the columns record and side"):
        trained(chosen, recipe)


class TwoOfOne(FakeBeats):
    """Records r0 and t0 are of one patient."""

    def read_records(self, folder: Path, names: Any) -> list[BeatRecord]:
        found = read_records(folder, names)
        return [replace(one, person="a" if one.name in "r0 t0" else "") for one in found]


def test_a_patient_on_both_sides_is_refused(plan: Plan) -> None:
    recipe = TwoOfOne()
    with pytest.raises(DataError, match=r"1 tested records .* t0 \(patient a\).*--despite-leaks"):
        trained(plan, recipe)
    assert not recipe.seen


def test_despite_leaks_goes_on_and_is_told(plan: Plan) -> None:
    known = replace(plan, despite_leaks="there are no other records", with_twin=False)
    told = trained(known, TwoOfOne())["cross_validation"]
    assert (told["leaks"], told["despite_leaks"]) == (1, "there are no other records")
    card = (plan.models / "fake" / "README.md").read_text(encoding="utf-8")
    assert "1 tested records are of patients that were also trained on" in card
    assert "there are no other records" in card


def test_what_the_usual_split_is_known_for_is_let_pass_but_not_in_another(plan: Plan) -> None:
    recipe = TwoOfOne(known_twice=frozenset({"a"}))
    assert "leaks" not in trained(replace(plan, with_twin=False), recipe)["cross_validation"]
    with pytest.raises(DataError, match="t0"):
        trained(split_file(plan, "r0,train r1,train t0,test"), recipe)


@pytest.mark.parametrize("key", ["beat_signal_cnn", "beat_vgg16"])
def test_the_split_of_de_chazal_is_known_for_one_patient(key: str) -> None:
    assert vars(find_recipe(key))["known_twice"] == {"201"}


def test_records_of_one_person_stand_in_one_fold(plan: Plan, recipe: FakeBeats) -> None:
    records = read_records(plan.data, recipe.train)
    same = [replace(one, person="a" if one.name in "r0 r3" else one.name) for one in records]
    folds = patient_folds(mark(same, recipe.labels, recipe.codes), 2)
    assert sum({"r0", "r3"} <= names for names in folds) == 1
    assert set.union(*folds) == set(recipe.train)


def test_more_folds_than_patients_are_refused(plan: Plan, recipe: FakeBeats) -> None:
    with pytest.raises(DataError, match="4 patients are too few for 5 folds"):
        trained(replace(plan, folds=5), recipe)


def test_beats_that_are_left_out_are_still_context(plan: Plan, recipe: FakeBeats) -> None:
    data = BeatData.read(plan, recipe)
    marked, some = data.everything[0], np.arange(20) % 2 == 0
    whole = data.ask(Network(), [marked]).logits
    assert np.array_equal(data.ask(Network(), [marked.only(some)]).logits, whole[some])


def test_many_beats_are_answered_in_parts(
    plan: Plan, recipe: FakeBeats, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = BeatData.read(plan, recipe)
    whole = data.ask(Network(), data.everything)
    monkeypatch.setattr("twelvelead.training.beats.AT_ONCE", 7)
    assert np.array_equal(data.ask(Network(), data.everything).logits, whole.logits)


def test_an_unknown_key_is_told_the_recipes() -> None:
    with pytest.raises(DataError, match=r"beat_signal_cnn.*page_best"):
        find_recipe("nothing")
