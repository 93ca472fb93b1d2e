"""training.studies.beat_decisions: which beats count, from records that nothing was fitted on."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_registry.registry import read_registry
from tests.support.models.beat_models import BEAT_LABELS, PICTURE_FACTS, make_fake_beat_model
from tests.support.models.fake_framework import make_fake_model
from tests.support.signals.drawn_beats import drawn_beats, write_record
from tests.support.web.web_fakes import FAKE_BACKENDS
from twelvelead.datasets.pages import DataError
from twelvelead.datasets.records import BeatRecord
from twelvelead.evaluation.figures import LabelledAnswers, beat_figures
from twelvelead.inference.predictor import Predictor
from twelvelead.inference.resources.limits import Limits
from twelvelead.training.plan import Plan
from twelvelead.training.shipping.ship import read_metrics
from twelvelead.training.studies import beat_decisions
from twelvelead.training.studies.beat_decisions import decide_beats, thinned

RECORDS = tuple(str(name) for name in range(900, 906))
SURE, EARLY = [0.985, 0.005, 0.005, 0.003, 0.002], [0.005, 0.005, 0.985, 0.003, 0.002]


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """A model that tells early beats, and records of six patients that it was not trained on."""
    monkeypatch.setattr(beat_decisions, "DS2", RECORDS)
    monkeypatch.setattr("twelvelead.inference.engines.networks.BACKENDS", FAKE_BACKENDS)
    (tmp_path / "data").mkdir()
    for seed, name in enumerate(RECORDS):
        write_record(tmp_path / "data", name, "NNNNVNNNNNNNVNNNNNNN", seed=seed)
    plan = Plan("beats", tmp_path / "data", tmp_path / "models", tmp_path)
    home = make_fake_beat_model(plan.models, outputs=SURE, early=EARLY)
    measure(home)
    return plan


def measure(home: Path, **held_out: Any) -> None:
    """Figures of earlier, as for any model of beats."""
    targets = np.arange(40) % 5
    names = (np.arange(40) // 10).astype(str)
    answered = LabelledAnswers(BEAT_LABELS, targets, 3.0 * np.eye(5)[targets], names, names)
    figures = beat_figures(answered, 1.0) | {"folds": 1, "protocol": "drawn"} | held_out
    calibration = {"temperature": 1.0, "accept_from": 0.5, "accepted_accuracy": 0.95}
    calibration |= {"accepted_share": 1.0, "accepted_right": 0.95}
    text = json.dumps(
        {"cross_validation": figures, "calibration": calibration, "origin": "nowhere"}
    )
    (home / "metrics.json").write_text(text, encoding="utf-8")


@pytest.fixture
def predictor(plan: Plan) -> Iterator[Predictor]:
    made = Predictor(read_registry(plan.models), Limits(threads=1))
    yield made
    made.close()


def test_who_is_right_of_others_patients_is_accepted(plan: Plan, predictor: Predictor) -> None:
    found = decide_beats(plan, predictor)

    assert (found["accepts"], found["temperature"], found["accepted_right"]) == (True, 1.0, 1.0)
    assert found["three_ways"]["n"] == 120
    assert found["after"] == pytest.approx(found["before"])
    entry = read_registry(plan.models)["beats"]
    assert (entry.accepts, entry.accept_from) == (True, found["accept_from"])
    assert read_metrics(entry.folder)["calibration"] == found
    card = (entry.folder / "README.md").read_text(encoding="utf-8")
    assert "120 beats of patients of DS2 that the network was not trained on" in card


def test_who_is_often_wrong_when_sure_is_never_accepted(plan: Plan, predictor: Predictor) -> None:
    for name in RECORDS:
        write_record(plan.data, name, "NNNNANNNNNNNANNNNNNN")  # early ones are of another class
    assert not decide_beats(plan, predictor)["accepts"]
    card = (plan.models / "beats" / "README.md").read_text(encoding="utf-8")
    assert "**Its answers are never accepted**" in card


def test_a_part_of_the_beats_will_do(plan: Plan, predictor: Predictor) -> None:
    found = decide_beats(plan, predictor, every=4)
    assert found["three_ways"]["n"] == 30
    assert "each 4th beat" in found["told_of"]


def test_pictures_of_a_part_of_the_beats_are_those_of_the_whole(plan: Plan) -> None:
    beats = drawn_beats("NNVNN")
    some = thinned(BeatRecord("900", "MLII", beats, np.array(list("NNVNN"))), 2)
    assert some.symbols.tolist() == ["N", "V", "N"]
    assert some.beats.indices.tolist() == beats.indices[::2].tolist()
    make_fake_beat_model(plan.models, "drawn", PICTURE_FACTS, outputs=SURE)
    measure(plan.models / "drawn")
    made = Predictor(read_registry(plan.models), Limits(threads=1))
    try:
        found = decide_beats(replace(plan, key="drawn"), made, every=5)
    finally:
        made.close()
    assert found["three_ways"]["n"] == 24


def test_a_cross_validated_model_stays_unless_its_probabilities_mean_little(
    plan: Plan, predictor: Predictor
) -> None:
    home = plan.models / "beats"
    measure(home, folds=4, ece=0.01)
    with pytest.raises(DataError, match="kept no answers"):
        decide_beats(plan, predictor)
    measure(home, folds=4, ece=0.08)
    assert decide_beats(plan, predictor)["accepts"] is False
    assert not read_registry(plan.models)["beats"].accepts
    assert "an\nECE of 0.080" in (home / "README.md").read_text(encoding="utf-8")


def test_a_model_of_pages_is_refused(plan: Plan) -> None:
    make_fake_model(plan.models, "pages")
    made = Predictor(read_registry(plan.models), Limits(threads=1))
    with pytest.raises(DataError, match="'pages' reads pages"):
        decide_beats(replace(plan, key="pages"), made)
    made.close()
