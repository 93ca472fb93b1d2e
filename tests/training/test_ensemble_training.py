"""training.ensemble: an ensemble made of what its members answered held out, with nothing to fit."""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest

from ecg.page.page import read_page
from model_registry.entry import EnsembleEntry, Example
from model_registry.errors import ModelUnavailable
from model_registry.registry import read_registry
from tests.support.models.fake_framework import make_fake_model
from tests.support.models.tiny_models import KERAS_LABELS, PYTORCH_LABELS, Facts
from tests.support.pages.labelled_folders import draw_folder, write_manifest
from tests.support.web.web_fakes import FAKE_BACKENDS, PAGE
from twelvelead.cli import main as cli
from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.evaluate import evaluate_out_of_fold, read_out_of_fold
from twelvelead.inference.predictor import Predictor
from twelvelead.inference.resources.limits import Limits
from twelvelead.training.ensemble import assemble
from twelvelead.training.plan import Plan
from twelvelead.training.recipe import Ensemble

FOLDS = 2
EXAMPLE = '[example]\nimage = "example.png"\nprobabilities = [0.1, 0.6, 0.2, 0.1]\n'
MIX = Ensemble("Mixed", ("one", "two"), (3.0, 1.0))


class Made(NamedTuple):
    """A finished run: where, what it returned, what it said."""

    plan: Plan
    metrics: dict[str, Any]
    said: list[str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """`mix`, assembled once for the tests that only look at it."""
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        plan = planned(tmp_path_factory.mktemp("made"), patch)
        yield Made(plan, assemble(plan, said.append), said)


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """What to assemble `mix` from, to be changed first."""
    return planned(tmp_path, monkeypatch)


def planned(folder: Path, patch: pytest.MonkeyPatch) -> Plan:
    """A registry of two fake models with held-out answers, and an ensemble `mix` to make of them.

    There are four pages a class; the first two of each are of one patient.
    """
    patch.setattr("twelvelead.inference.engines.networks.BACKENDS", FAKE_BACKENDS)
    set_ensemble(patch, MIX)
    data, models = draw_folder(folder / "data", 4), folder / "models"
    write_manifest(data, {f"{f.name}/{n}.png": f.name for f in data.iterdir() for n in (0, 1)})
    for seed, (key, labels) in enumerate((("one", KERAS_LABELS), ("two", PYTORCH_LABELS))):
        home = make_fake_model(models, key, Facts(labels=labels, end=EXAMPLE))
        (home / "example.png").write_bytes(PAGE)
        (home / "metrics.json").write_text('{"parameters": 10}', encoding="utf-8")
        keep_out_of_fold(home, labels, data, seed)
    return Plan("mix", data, models, folder / "runs")


def set_ensemble(monkeypatch: pytest.MonkeyPatch, ensemble: Ensemble) -> None:
    for user in ("training.ensemble", "cli.train"):
        known = MappingProxyType({"mix": ensemble})
        monkeypatch.setattr(f"twelvelead.{user}.ENSEMBLES", known)


def keep_out_of_fold(home: Path, labels: tuple[str, ...], data: Path, seed: int) -> None:
    """Held-out answers that are often right; each page in the fold of its number."""
    rng = np.random.default_rng(seed)
    with (home / "out_of_fold.csv").open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["sha256", "fold", *labels])
        for file in sorted(data.glob("*/*.png")):
            logits = 2.0 * (np.array(labels) == file.parent.name) + 2.0 * rng.normal(size=4)
            shares = np.exp(logits) / np.exp(logits).sum()
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            writer.writerow([digest, int(file.stem) // 2, *(f"{p:.6f}" for p in shares)])


def rewritten(home: Path, row: int, **changes: object) -> None:
    """Changes one row of a model's held-out answers."""
    file = home / "out_of_fold.csv"
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    rows[row] |= {name: str(value) for name, value in changes.items()}
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def averaged(plan: Plan) -> Mapping[str, dict[str, float]]:
    """Page -> label -> 3/4 of what `one` answered held out and 1/4 of what `two` did."""
    registry = read_registry(plan.models)
    one, two = (
        {
            digest: dict(zip(registry[key].labels, shares, strict=True))
            for digest, shares in (read_out_of_fold(registry[key]) or {}).items()
        }
        for key in ("one", "two")
    )
    return {
        digest: {label: 0.75 * p + 0.25 * two[digest][label] for label, p in shares.items()}
        for digest, shares in one.items()
    }


def left_overs(plan: Plan) -> list[str]:
    """What lies among the models beside the members."""
    return sorted(home.name for home in plan.models.iterdir() if home.name not in MIX.members)


def test_it_works(made: Made) -> None:
    plan, metrics, said = made
    registry = read_registry(plan.models)
    entry = registry["mix"]

    assert registry.broken == {}
    assert left_overs(plan) == ["mix"]
    assert isinstance(entry, EnsembleEntry)
    assert (entry.title, entry.members, entry.shares) == ("Mixed", ("one", "two"), (0.75, 0.25))
    assert entry.labels == KERAS_LABELS
    assert entry.temperature == metrics["calibration"]["temperature"]
    assert entry.accept_from == metrics["calibration"]["accept_from"]
    assert entry.metrics == metrics
    assert metrics["cross_validation"]["folds"] == FOLDS
    assert metrics["cross_validation"]["patients"] == 4 + 8
    assert metrics["on_training_pages"]["seen_in_training"] == 16
    assert metrics["parameters"] == 20
    assert metrics["recipe"] == {
        "members": "one, two",
        "weights": "0.7500, 0.2500",
        "average": "probabilities",
    }
    assert said[0] == "16 pages in 2 folds, held out by one, two"


def test_its_held_out_answers_are_the_average_of_its_members_with_its_temperature(
    made: Made,
) -> None:
    entry = read_registry(made.plan.models)["mix"]
    held_out = read_out_of_fold(entry) or {}

    assert len(held_out) == 16
    for digest, shares in averaged(made.plan).items():
        sharpened = np.array([shares[label] ** (1 / entry.temperature) for label in entry.labels])
        np.testing.assert_allclose(held_out[digest], sharpened / sharpened.sum(), atol=2e-6)


def test_its_temperature_gives_its_held_out_answers_the_least_log_loss(made: Made) -> None:
    fitted = made.metrics["calibration"]["temperature"]
    files = {hashlib.sha256(f.read_bytes()).hexdigest(): f for f in made.plan.data.glob("*/*.png")}
    held_out = averaged(made.plan)

    def loss(temperature: float) -> float:
        total = 0.0
        for digest, shares in held_out.items():
            powers = {label: p ** (1 / temperature) for label, p in shares.items()}
            total -= np.log(powers[files[digest].parent.name] / sum(powers.values()))
        return float(total)

    assert fitted != 1
    assert loss(fitted) <= min(loss(fitted * 1.02), loss(fitted / 1.02))


def test_its_figures_can_be_computed_again(made: Made) -> None:
    told = made.metrics["cross_validation"]
    again = evaluate_out_of_fold(read_registry(made.plan.models)["mix"], made.plan.data)

    for name in ("n", "accuracy", "macro_f1", "auc", "ece", "macro_f1_interval"):
        assert again[name] == pytest.approx(told[name])
    assert again["confusion"] == told["confusion"]


def test_its_split_is_named_as_that_of_its_members(made: Made) -> None:
    files = made.plan.data.glob("*/*.png")
    rows = sorted((hashlib.sha256(f.read_bytes()).hexdigest(), int(f.stem) // 2) for f in files)
    told = made.metrics["cross_validation"]["split_sha256"]

    assert told == hashlib.sha256(repr(rows).encode()).hexdigest()


def test_its_example_is_a_members_page_with_its_own_served_answer(made: Made) -> None:
    predictor = Predictor(read_registry(made.plan.models), Limits(threads=1))
    entry = predictor.registry["mix"]
    assert isinstance(entry.example, Example)
    try:
        predictor.load("mix")
        answer = predictor.probabilities(read_page(PAGE), "mix")
    finally:
        predictor.close()

    assert entry.example.image.read_bytes() == PAGE
    np.testing.assert_allclose(entry.example.probabilities, answer, atol=1e-6)


def test_it_is_made_again_over_the_one_before(plan: Plan) -> None:
    first = assemble(plan, lambda _: None)
    (plan.models / "mix" / "stray").touch()
    second = assemble(plan, lambda _: None)

    assert second == first
    assert not (plan.models / "mix" / "stray").exists()


def test_members_without_examples_make_an_ensemble_without_one(plan: Plan) -> None:
    for key in ("one", "two"):
        toml = plan.models / key / "model.toml"
        toml.write_text(toml.read_text("utf-8").replace(EXAMPLE, ""), encoding="utf-8")
    assemble(plan, lambda _: None)

    assert read_registry(plan.models)["mix"].example is None


def test_a_member_that_is_not_there_is_named(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    set_ensemble(monkeypatch, Ensemble("Mixed", ("one", "three")))

    with pytest.raises(DataError, match=r"'mix' averages 'three'.*`twelvelead train three`"):
        assemble(plan)
    assert left_overs(plan) == []


def test_a_member_without_held_out_answers_is_named(plan: Plan) -> None:
    (plan.models / "two" / "out_of_fold.csv").unlink()

    with pytest.raises(DataError, match=r"'two' has no out_of_fold\.csv"):
        assemble(plan)
    assert left_overs(plan) == []


@pytest.mark.parametrize(
    "asked",
    [
        *({"folds": 3}, {"split": Path("split.csv")}, {"despite_leaks": "no other pages"}),
        {"backbone": Path("weights.pt")},
    ],
)
def test_options_of_training_are_refused(plan: Plan, asked: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=r"'mix' is averaged .* go with the training of those"):
        assemble(replace(plan, **asked))
    assert left_overs(plan) == []


@pytest.mark.parametrize("changes", [{"fold": 1}, {"sha256": "0" * 64}])
def test_members_of_other_folds_or_pages_are_refused(plan: Plan, changes: dict[str, Any]) -> None:
    rewritten(plan.models / "two", 0, **changes)

    with pytest.raises(DataError, match="'two' was cross-validated on other pages or other folds"):
        assemble(plan, lambda _: None)
    assert left_overs(plan) == []


def test_other_pages_than_those_of_the_members_are_refused(plan: Plan) -> None:
    (plan.data / "normal" / "0.png").unlink()

    with pytest.raises(DataError, match="1 pages are only among those given or only among the 16"):
        assemble(plan, lambda _: None)


def test_what_the_registry_finds_wrong_is_told_and_the_model_before_stays(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    assemble(plan, lambda _: None)
    before = (plan.models / "mix" / "model.toml").read_bytes()
    set_ensemble(monkeypatch, Ensemble("Mixed", ("one", "two"), (1.0, -1.0)))

    with pytest.raises(ModelUnavailable, match=r"mix/model\.toml: key 'ensemble\.weights'"):
        assemble(plan)
    assert (plan.models / "mix" / "model.toml").read_bytes() == before
    assert left_overs(plan) == ["mix"]


def test_the_command_assembles_by_key_and_lists_it(
    plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ("--models", str(plan.models), "--work", str(plan.work), "--data", str(plan.data))
    assert cli.main(["train", "mix", "--json", *told]) == 0
    metrics = json.loads(capsys.readouterr().out)
    assert metrics["cross_validation"]["n"] == 16

    assert cli.main(["models", "--models", str(plan.models)]) == 0
    assert "average of one, two" in capsys.readouterr().out


def test_the_command_says_which_options_an_ensemble_has_no_use_for(
    plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ("--models", str(plan.models), "--work", str(plan.work), "--data", str(plan.data))
    assert cli.main(["train", "mix", *told, "--folds", "3"]) == 1
    assert (
        "--backbone, --folds, --split and --despite-leaks go with the training"
        in capsys.readouterr().err
    )


def test_without_held_out_answers_of_its_own_the_pages_of_its_members_count_as_seen(
    plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    assemble(plan, lambda _: None)
    (plan.models / "mix" / "out_of_fold.csv").unlink()

    asked = ("--models", str(plan.models), "--model", "mix", "--data", str(plan.data))
    assert cli.main(["evaluate", "--json", *asked]) == 0
    assert json.loads(capsys.readouterr().out)["seen_in_training"] == 16
