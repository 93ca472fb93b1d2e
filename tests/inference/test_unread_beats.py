"""Beats in stretches that can't be read get no label, and nothing is counted or computed across them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ecg.beats.beat_files import beats_csv
from ecg.beats.beats import EVERY, Beats
from ecg.interrupt import unhurried
from ecg.signal.quality.stretch import ELECTRODE_OFF, NOISE, UnreadStretch
from ecg.signal.signal import Signal
from ecg.simulate.other_signals import pulse
from model_registry.registry import read_registry
from tests.support.models.beat_models import make_fake_beat_model, simulated
from tests.support.web.web_fakes import FAKE_BACKENDS
from twelvelead.inference.batch import Recording, find_beats
from twelvelead.inference.decision import Rule
from twelvelead.inference.prediction import Prediction, labelled
from twelvelead.inference.predictor import Predictor
from twelvelead.inference.unread import Unread, sure_intervals
from twelvelead.web.schemas.signals import describe_beats, describe_heart_rate

RATE = 100.0
TWO = (UnreadStretch(2.5, 4.5, NOISE), UnreadStretch(6.2, 6.8, ELECTRODE_OFF))
BEATS = Beats(np.zeros(1000, np.float32), RATE, np.arange(0, 1000, 100))  # one a second
SIGNAL = simulated(seed=4)


def noisy(seconds: float = 12.0) -> Signal:
    """SIGNAL whose first seconds are noise."""
    values = SIGNAL.values.copy()
    end = round(seconds * SIGNAL.rate)
    values[0, :end] = np.random.default_rng(1).normal(size=end)
    return replace(SIGNAL, values=values, reference=None)


@pytest.fixture
def predictor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Predictor]:
    monkeypatch.setattr("twelvelead.inference.engines.networks.BACKENDS", FAKE_BACKENDS)
    make_fake_beat_model(tmp_path, "segments")
    made = Predictor(read_registry(tmp_path))
    yield made
    made.close()


def said(unread: Unread) -> Prediction:
    """A model that is surest of the beat at 3 s, which is not read."""
    shares = np.tile([0.8, 0.2], (10, 1))
    shares[3], shares[5] = (0.99, 0.01), (0.1, 0.9)
    return Prediction(
        model="m",
        framework="keras",
        labels=("N", "V"),
        rule=Rule(0.5),
        model_sha256="",
        runtime="fake",
        probabilities=shares,
        unread=unread,
    )


def test_it_works(predictor: Predictor) -> None:
    answers = predictor.predict(noisy(), ["segments"])
    (one,) = answers.predictions
    late = answers.batch.beats.times > 14
    assert one.read[late].all()
    assert not one.read[answers.batch.beats.times < 12].any()
    told = describe_beats(answers, ("II",))
    first, last = told.predictions[0].beats[0], told.predictions[0].beats[-1]
    assert (first.label, first.probabilities, first.decision) == (None, {}, "refused")
    assert first.reason_code == "noise"
    assert (last.label in ("N", "V"), last.decision, last.reason_code) == (True, "accepted", None)
    assert (told.stretches[0].start_s, told.stretches[0].code) == (0.0, "noise")
    assert sum(told.predictions[0].counts.values()) == int(one.read.sum())
    assert told.predictions[0].unread == {"noise": int((~one.read).sum())}


def test_beats_inside_are_told_by_their_stretch() -> None:
    found = Unread.inside(BEATS, TWO)
    assert found.which.tolist() == [-1, -1, -1, 0, 0, -1, -1, -1, -1, -1]
    assert found.counts() == {"noise": 2}
    assert found.reasons_of(slice(2, 4), 10) == [None, NOISE]


def test_where_all_can_be_read_nothing_is_kept_for_each_beat() -> None:
    found = Unread.inside(BEATS, ())
    assert found.which.size == 0
    assert found.counts() == {}
    assert found.read(10).all()
    assert found.reasons_of(slice(8, 99), 10) == [None, None]


def test_no_interval_reaches_across_a_stretch() -> None:
    sure = sure_intervals(BEATS, TWO)  # the second lies between two beats
    assert sure.tolist() == [True, True, False, False, False, True, False, True, True]
    assert sure_intervals(BEATS, ()).all()
    assert sure_intervals(Beats(BEATS.trace, RATE, BEATS.indices[:1]), TWO).size == 0


def test_no_heart_rate_comes_out_of_noise() -> None:
    clean = describe_heart_rate(find_beats(SIGNAL, unhurried))
    found = describe_heart_rate(find_beats(noisy(), unhurried))
    assert clean is not None
    assert found is not None
    assert found.most <= clean.most + 1
    assert found.least >= clean.least - 1
    assert abs(found.mean - clean.mean) < 3


def test_what_is_no_ecg_has_no_heart_rate_and_no_label(predictor: Predictor) -> None:
    wave = pulse(np.random.default_rng(2), 30 * 360, 360.0).astype(np.float32)
    answers = predictor.predict(Signal(wave[np.newaxis], 360.0, ("II",)), ["segments"])
    told = describe_beats(answers, ("II",))
    assert told.heart_rate is None
    assert told.beats > 5
    assert {beat.reason_code for beat in told.predictions[0].beats} == {"not_an_ecg"}
    assert told.predictions[0].surest is None
    assert set(told.predictions[0].counts.values()) == {0}


def test_what_is_not_read_is_refused_and_never_the_surest() -> None:
    one = said(Unread.inside(BEATS, TWO))
    assert one.counts() == {"N": 7, "V": 1}
    assert one.decisions() == {"accepted": 8, "refused": 2}
    assert one.surest == 5
    assert one.named()[2:6] == ["N", None, None, "V"]
    everything = Unread.inside(BEATS, (UnreadStretch(0, 10, NOISE),))
    assert said(everything).surest is None


def test_a_file_says_why_a_beat_has_no_label() -> None:
    signal = Signal(BEATS.trace[np.newaxis], RATE, ("II",))
    recording = Recording(beats=BEATS, signal=signal, lead=0, stretches=TWO)
    lines = beats_csv(labelled(recording, said(recording.unread))).splitlines()
    assert lines[0] == "time_s,sample,label,p_N,p_V,reason"
    assert lines[3] == "2.0000,200,N,0.800000,0.200000,"
    assert lines[4] == "3.0000,300,,,,noise"
    alone = beats_csv(labelled(recording, None)).splitlines()
    assert alone[4] == "3.0000,300,,noise"
    assert recording.unread.reasons_of(EVERY, 10)[3] == NOISE
