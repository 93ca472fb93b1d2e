"""training.recalibrate: decisions of shipped models anew, nothing trained, from what they have kept."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_registry.entry import EnsembleEntry
from model_registry.registry import read_registry
from model_registry.write_entry import write_entry
from tests.support.models.beat_models import make_fake_beat_model
from tests.support.models.tiny_models import KERAS_LABELS, PYTORCH_LABELS
from tests.support.training.held_out_fakes import draw_data, make_measured, read_metrics
from tests.support.web.web_fakes import PAGE
from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.evaluate import read_out_of_fold
from twelvelead.inference.decision import Rule
from twelvelead.inference.predictor import Predictor
from twelvelead.inference.resources.limits import Limits
from twelvelead.training.plan import Plan
from twelvelead.training.recalibrate import recalibrate
from twelvelead.training.shipping.ship import write_metrics

MEMBERS = ("one", "two")


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """Two networks with held-out answers and an example each, and what averages them, uncalibrated."""
    data, models = draw_data(tmp_path), tmp_path / "models"
    for seed, (key, labels) in enumerate(zip(MEMBERS, (KERAS_LABELS, PYTORCH_LABELS), strict=True)):
        make_measured(Plan(key, data, models, tmp_path), monkeypatch, labels, seed)
        (models / key / "example.png").write_bytes(PAGE)
        with (models / key / "model.toml").open("a", encoding="utf-8") as opened:
            opened.write('[example]\nimage = "example.png"\nprobabilities = [0.1, 0.6, 0.2, 0.1]\n')
    first = read_registry(models)["one"]
    (models / "both").mkdir()
    entry = EnsembleEntry(
        key="both",
        title="Both",
        task=first.task,
        labels=first.labels,
        folder=models / "both",
        members=MEMBERS,
        shares=(0.5, 0.5),
        average="probabilities",
    )
    write_entry(entry)
    (models / "both" / "metrics.json").write_text('{"parameters": 20, "date": "today"}')
    return Plan("both", data, models, tmp_path / "runs")


def served(plan: Plan) -> dict[str, Any]:
    """What the model answers to the example's page now; loading holds it to its own example."""
    predictor = Predictor(read_registry(plan.models), Limits(threads=1))
    try:
        predictor.load(plan.key)
        return predictor.predict(PAGE, [plan.key]).predictions[0].as_json()
    finally:
        predictor.close()


def test_a_networks_entry_and_example_follow_its_held_out_answers(plan: Plan) -> None:
    one = replace(plan, key="one")
    memory = {"accuracy": 1.0, "macro_f1": 1.0, "ece": 0.3, "decisions": {"accepted": 9}}
    write_metrics(plan.models / "one", read_metrics(one) | {"on_training_pages": memory})
    before = read_metrics(one)

    calibration = recalibrate(one)["calibration"]

    entry = read_registry(plan.models)["one"]
    assert entry.temperature == calibration["temperature"] != 1
    assert entry.never == tuple(calibration["never"])
    told = Rule(calibration["accept_from"], tuple(calibration["keep_from"]), calibration["accepts"])
    assert replace(Rule.of(entry), never=()) == told
    assert entry.example is not None
    shares = np.array([0.1, 0.6, 0.2, 0.1]) ** (1 / entry.temperature)
    assert entry.example.probabilities == pytest.approx(shares / shares.sum(), abs=1e-5)
    assert list(served(one)["probabilities"].values()) == pytest.approx(
        shares / shares.sum(), abs=1e-5
    )
    after = read_metrics(one)
    assert after["calibration"] == calibration
    assert after["on_training_pages"] == {"accuracy": 1.0, "macro_f1": 1.0}
    assert after["origin"] == before["origin"]
    assert after["cross_validation"]["confusion"] == before["cross_validation"]["confusion"]
    card = (entry.folder / "README.md").read_text(encoding="utf-8")
    assert f"The temperature is {entry.temperature:.3f}" in card


def test_its_held_out_answers_are_kept_at_its_new_temperature(plan: Plan) -> None:
    one = replace(plan, key="one")
    before = read_out_of_fold(read_registry(plan.models)["one"]) or {}
    recalibrate(one)
    entry = read_registry(plan.models)["one"]
    after = read_out_of_fold(entry) or {}

    assert set(after) == set(before)
    for digest, shares in before.items():
        powers = shares ** (1 / entry.temperature)
        np.testing.assert_allclose(after[digest], powers / powers.sum(), atol=2e-5)


def test_a_second_time_changes_nothing(plan: Plan) -> None:
    one = replace(plan, key="one")
    recalibrate(one)
    files = sorted((plan.models / "one").iterdir())
    before = {
        file.name: file.read_bytes() for file in files if file.suffix in {".toml", ".csv", ".md"}
    }
    recalibrate(one)
    assert {name: (plan.models / "one" / name).read_bytes() for name in before} == before
    assert {"model.toml", "out_of_fold.csv", "README.md"} <= set(before)


def test_an_ensemble_follows_what_its_members_have_kept(plan: Plan) -> None:
    for member in MEMBERS:
        recalibrate(replace(plan, key=member))
    calibration = recalibrate(plan)["calibration"]

    registry = read_registry(plan.models)
    entry = registry["both"]
    assert isinstance(entry, EnsembleEntry)
    assert entry.temperature == calibration["temperature"]
    held_out = read_out_of_fold(entry) or {}
    answers = [
        (registry[member].labels, read_out_of_fold(registry[member]) or {}) for member in MEMBERS
    ]
    for digest, shares in held_out.items():
        rows = [
            [said[digest][labels.index(one)] for one in entry.labels] for labels, said in answers
        ]
        powers = np.mean(rows, axis=0) ** (1 / entry.temperature)
        np.testing.assert_allclose(shares, powers / powers.sum(), atol=2e-5)
    assert served(plan)["decision"] in {"accepted", "uncertain"}
    assert sorted(home.name for home in plan.models.iterdir()) == ["both", "one", "two"]


def test_a_model_of_beats_has_kept_nothing_to_go_by(plan: Plan) -> None:
    make_fake_beat_model(plan.models, "beats")
    with pytest.raises(DataError, match="'beats' kept no held-out answers"):
        recalibrate(replace(plan, key="beats"))
