"""Signals in, a class for every beat out: by the models that read beats, in stretches, before a deadline."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ecg.beats.beats import Beats
from ecg.signal.signal import Signal
from model_registry.errors import Busy, UnknownModel, WrongInput
from model_registry.registry import read_registry
from tests.support.models.beat_models import (
    BEAT_LABELS,
    EARLY,
    NORMAL,
    PICTURE_FACTS,
    make_beat_ensemble,
    make_fake_beat_model,
    simulated,
)
from tests.support.models.fake_framework import logged, make_fake_model, rewrite_weights
from tests.support.web.web_fakes import FAKE_BACKENDS
from twelvelead.inference.batch import AT_ONCE
from twelvelead.inference.fitting import beat_models
from twelvelead.inference.predictor import Asker, Predictor
from twelvelead.inference.resources.limits import Deadline, Limits

SIGNAL = simulated(seed=4)
MARKED = SIGNAL.reference.indices if SIGNAL.reference else np.empty(0, np.int64)
DRAWN = (0.4, 0.3, 0.1, 0.1, 0.1)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Models of segments and of drawn beats, their average, and one of pages, on the fake framework."""
    monkeypatch.setattr("twelvelead.inference.engines.networks.BACKENDS", FAKE_BACKENDS)
    make_fake_beat_model(tmp_path, "segments")
    make_fake_beat_model(tmp_path, "drawn", PICTURE_FACTS, outputs=DRAWN)
    make_beat_ensemble(tmp_path, "both", ("segments", "drawn"))
    make_fake_model(tmp_path, "pages")
    return tmp_path


@pytest.fixture
def predictor(models: Path) -> Iterator[Predictor]:
    made = Predictor(read_registry(models), Limits(threads=1))
    yield made
    made.close()


def flat(seconds: float = 10.0) -> Signal:
    return Signal(np.zeros((1, round(360 * seconds)), np.float32), 360.0, ("II",))


def test_it_works(predictor: Predictor) -> None:
    answers = predictor.predict(SIGNAL, ["segments"])
    assert (answers.batch.signal, answers.batch.lead, answers.failures) == (SIGNAL, 0, {})
    assert len(answers.batch.beats) == len(MARKED)
    assert np.abs(answers.batch.beats.indices - MARKED).max() <= 0.05 * 360
    (said,) = answers.predictions
    assert (said.model, said.runtime, said.labels) == ("segments", "fake 1.0", BEAT_LABELS)
    early = answers.batch.beats.rr_before < 0.85 * answers.batch.beats.usual_rr
    assert early.sum() == 8
    expected = np.where(early[:, np.newaxis], EARLY, NORMAL)
    np.testing.assert_allclose(said.probabilities, expected, atol=1e-6)
    assert list(said.timings_ms) == ["find_beats", "run"]


def test_classes_are_counted_and_weighed(predictor: Predictor) -> None:
    (said,) = predictor.predict(SIGNAL, ["segments"]).predictions
    assert said.counts() == {"N": 32, "S": 0, "V": 8, "F": 0, "Q": 0}
    assert set(said.classes.tolist()) == {0, 2}
    np.testing.assert_allclose(np.unique(said.confidence), [0.8, 0.9], atol=1e-6)
    assert said.confidence[said.surest] == said.confidence.max()
    assert said.accepted.all()


def test_answers_below_the_models_threshold_do_not_count(predictor: Predictor) -> None:
    (said,) = predictor.predict(SIGNAL, ["drawn"]).predictions
    assert said.rule.accept_from == 0.5
    assert not said.accepted.any()


def test_all_that_read_beats_are_asked_where_none_is_named(predictor: Predictor) -> None:
    assert beat_models(predictor.registry) == ["both", "drawn", "segments"]
    answers = predictor.predict(SIGNAL)
    assert [one.model for one in answers.predictions] == beat_models(predictor.registry)


def test_an_ensemble_of_segments_and_pictures_averages_them(predictor: Predictor) -> None:
    both, drawn, segments = predictor.predict(SIGNAL, ["both", "drawn", "segments"]).predictions
    expected = (drawn.probabilities + segments.probabilities) / 2
    np.testing.assert_allclose(both.probabilities, expected)
    assert (both.framework, both.runtime) == ("ensemble", "fake 1.0")


def test_known_beats_are_not_looked_for(predictor: Predictor) -> None:
    beats = Beats.of(SIGNAL, 0, MARKED[3:8])
    answers = predictor.predict(beats, ["segments"])
    assert answers.failures == {}
    assert answers.predictions[0].probabilities.shape == (5, 5)


def test_another_lead_may_be_asked_for(predictor: Predictor) -> None:
    two = Signal(np.concatenate([flat(30).values, SIGNAL.values]), 360.0, ("MLII", "V5"))
    assert len(predictor.predict(two, []).batch.beats) == 0
    answers = predictor.predict(two.only("v5"), [])
    assert (answers.batch.signal.leads, len(answers.batch.beats)) == (("V5",), len(MARKED))


def test_a_signal_without_beats_has_no_answers(predictor: Predictor, models: Path) -> None:
    answers = predictor.predict(flat(), ["segments", "both"])
    assert (len(answers.batch.beats), answers.failures) == (0, {})
    assert [one.probabilities.shape for one in answers.predictions] == [(0, 5), (0, 5)]
    assert set(answers.predictions[0].counts().values()) == {0}
    assert logged(models / "segments", "run") == 0


def test_a_model_of_pages_says_what_it_reads(predictor: Predictor) -> None:
    answers = predictor.predict(SIGNAL, ["pages", "segments"])
    assert [one.model for one in answers.predictions] == ["segments"]
    assert list(answers.failures) == ["pages"]
    assert "reads ECG pages, not signals" in answers.failures["pages"]
    assert isinstance(answers.errors["pages"], WrongInput)


def test_a_model_that_fails_stops_no_other(predictor: Predictor, models: Path) -> None:
    rewrite_weights(models / "drawn", refuse="These weights are spoilt.")
    answers = predictor.predict(SIGNAL)
    assert [one.model for one in answers.predictions] == ["segments"]
    assert set(answers.failures) == {"both", "drawn"}
    assert answers.failures["both"].startswith("Its member 'drawn' can't answer: ")
    assert "spoilt" in answers.failures["drawn"]


def test_an_unknown_model_is_named(predictor: Predictor) -> None:
    with pytest.raises(UnknownModel, match="Known models: both, drawn, pages, segments"):
        predictor.predict(SIGNAL, ["three"])


def test_a_key_named_twice_is_asked_once(predictor: Predictor) -> None:
    answers = predictor.predict(SIGNAL, ["segments", "segments"])
    assert [one.model for one in answers.predictions] == ["segments"]


def test_stretches_give_what_one_run_gives(
    predictor: Predictor, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (whole,) = predictor.predict(SIGNAL, ["segments"]).predictions
    before = logged(models / "segments", "run")
    monkeypatch.setitem(AT_ONCE, "segment", 16)
    (parts,) = predictor.predict(SIGNAL, ["segments"]).predictions
    assert logged(models / "segments", "run") - before == 3
    np.testing.assert_array_equal(parts.probabilities, whole.probabilities)


def test_the_share_that_is_done_is_noted(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(AT_ONCE, "segment", 20)
    monkeypatch.setitem(AT_ONCE, "beat_picture", 20)
    shares: list[float] = []
    predictor.predict(SIGNAL, ["segments", "drawn"], asker=Asker(note=shares.append))
    assert shares == [0.25, 0.5, 0.75, 1.0]


class Passing(Deadline):
    """Passes when it is told."""

    passed = False

    def left(self) -> float:
        return 0.0 if self.passed else 60.0


def test_nobody_waits_beyond_the_deadline(
    predictor: Predictor, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(AT_ONCE, "segment", 10)
    deadline = Passing()
    asker = Asker(deadline, note=lambda share: setattr(deadline, "passed", share >= 0.5))
    answers = predictor.predict(SIGNAL, ["segments"], asker=asker)
    assert answers.predictions == ()
    assert isinstance(answers.errors["segments"], Busy)
    assert "no time left" in answers.failures["segments"]
    assert "a shorter piece" in answers.failures["segments"]
    assert "/signals" in answers.failures["segments"]
    assert logged(models / "segments", "run") == 2
