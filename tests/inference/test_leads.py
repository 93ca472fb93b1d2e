"""A lead, or a polarity, that a model was not trained on makes its answers uncertain, and says so."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ecg.interrupt import unhurried
from ecg.signal.lead_names import LEADS, meant_lead
from model_registry.read_entry import read_entry
from model_registry.registry import read_registry
from tests.support.models.beat_models import make_fake_beat_model, simulated
from tests.support.web.web_fakes import FAKE_BACKENDS
from twelvelead.inference.batch import find_beats
from twelvelead.inference.leads import (
    UNKNOWN_LEAD,
    UNLIKE_LEAD,
    UPSIDE_DOWN,
    lead_doubts,
    lead_notes,
)
from twelvelead.inference.predictor import Predictor
from twelvelead.web.schemas.signals import describe_beats

SIGNAL = simulated("sinus_rhythm", seed=4)


def make_model_of_lead_2(folder: Path, key: str = "segments") -> Path:
    home = make_fake_beat_model(folder, key)
    file = home / "model.toml"
    labels = 'labels = ["N"'
    text = file.read_text("utf-8")
    file.write_text(text.replace(labels, f'leads = ["II", "MLII"]\n{labels}'), "utf-8")
    return home


@pytest.fixture
def predictor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Predictor]:
    monkeypatch.setattr("twelvelead.inference.engines.networks.BACKENDS", FAKE_BACKENDS)
    make_model_of_lead_2(tmp_path)
    made = Predictor(read_registry(tmp_path))
    yield made
    made.close()


@pytest.mark.parametrize("name", ["II", "MLII", "ml2", "Lead II", "ECG"])
def test_a_lead_that_it_knows_is_not_doubted(predictor: Predictor, name: str) -> None:
    (one,) = predictor.predict(replace(SIGNAL, leads=(name,)), ["segments"]).predictions
    assert one.reasons == ()
    assert one.accepted.all()


@pytest.mark.parametrize(("name", "told"), [("V1", "V1"), ("lead I", "I"), ("avr", "aVR")])
def test_another_lead_is_said_to_be_one(predictor: Predictor, name: str, told: str) -> None:
    answers = predictor.predict(replace(SIGNAL, leads=(name,)), ["segments"])
    document = describe_beats(answers, (name,)).predictions[0]
    assert document.reason_codes == ["other_lead"]
    assert document.reasons[0].startswith(
        f"This is lead {told}; the model was trained on II and MLII"
    )
    assert {beat.decision for beat in document.beats} == {"uncertain"}
    assert None not in {beat.label for beat in document.beats}


@pytest.mark.parametrize("name", ["II", "ECG", "0"])
def test_a_lead_upside_down_is_told(predictor: Predictor, name: str) -> None:
    turned = replace(SIGNAL, values=-SIGNAL.values, leads=(name,))
    (one,) = predictor.predict(turned, ["segments"]).predictions
    assert one.reasons == (UPSIDE_DOWN,)
    assert not one.accepted.any()


def test_a_lead_without_a_name_is_doubted_sooner(predictor: Predictor) -> None:
    entry = predictor.registry["segments"]
    assert lead_doubts(entry, "II", 0.5) == ()
    assert lead_doubts(entry, "ECG1", 0.5) == (UNLIKE_LEAD,)
    assert lead_doubts(entry, "ECG1", -1.0) == ()


def test_a_name_that_tells_nothing_is_noted_and_hinders_nothing() -> None:
    for name in ("ECG1", "0", "ECG", "channel 2", ""):
        assert lead_notes(name) == (UNKNOWN_LEAD,)
    assert lead_notes("V5") == ()
    recording = find_beats(replace(SIGNAL, leads=("ECG1",)), unhurried)
    assert recording.notes[-1] == UNKNOWN_LEAD


def test_a_model_that_does_not_tell_its_leads_is_not_doubted(tmp_path: Path) -> None:
    entry = read_entry(make_fake_beat_model(tmp_path, "any") / "model.toml")
    assert lead_doubts(entry, "V1", 9.0) == ()


@pytest.mark.parametrize("lead", LEADS)
def test_each_lead_is_known_however_it_is_written(lead: str) -> None:
    for name in (lead, lead.lower(), f" {lead} ", f"ECG {lead}", f"lead_{lead}"):
        assert meant_lead(name) == lead


@pytest.mark.parametrize(
    "name", ["", "0", "ECG", "ECG1", "heart", "V7", "IIII", "time", "ECG lead"]
)
def test_other_names_tell_no_lead(name: str) -> None:
    assert meant_lead(name) == ""
