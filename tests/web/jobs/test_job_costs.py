"""web.jobs.job_costs: what a recording will take, and what is said where that is too much."""

from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient

from ecg.signal.signal import Signal
from model_registry.registry import Registry, read_registry
from tests.support.models.beat_models import PICTURE_FACTS, make_beat_ensemble, make_fake_beat_model
from tests.support.signals.signal_fakes import (
    DRAWN,
    MODEL,
    finished,
    make_beats_app,
    recording,
    said_of,
    sent,
)
from twelvelead.inference.batch import Recording
from twelvelead.inference.decision import Rule
from twelvelead.inference.prediction import Answers, Prediction
from twelvelead.web.jobs.job_costs import SECONDS_A_BEAT, JobCosts, TooMuchWork, in_time
from twelvelead.web.jobs.recording_jobs import SignalJobs
from twelvelead.web.server.services import classify_with

DAY = 24 * 3600.0
BEATS = 100_000


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    make_fake_beat_model(tmp_path, MODEL)
    make_fake_beat_model(tmp_path, DRAWN, PICTURE_FACTS)
    return read_registry(tmp_path)


def answers(took: float, count: int = 1000, model: str = DRAWN) -> Answers[Recording]:
    """Those of a model for `count` beats, in `took` s a beat."""
    signal = Signal(np.zeros((1, 2 * count), np.float32), 360.0, ("II",))
    one = Prediction(
        model=model,
        framework="keras",
        labels=("N",),
        rule=Rule(0.5),
        model_sha256="",
        runtime="none",
        probabilities=np.ones((count, 1)),
        timings_ms={"run": 1000 * took * count},
    )
    return said_of(signal, np.arange(count), one)


def test_it_works(registry: Registry) -> None:
    costs = JobCosts(registry)
    segment, picture = SECONDS_A_BEAT["segment"], SECONDS_A_BEAT["beat_picture"]
    assert costs.seconds([MODEL], 1000) == pytest.approx(1000 * segment)
    assert costs.seconds([MODEL, DRAWN], 1000) == pytest.approx(1000 * (segment + picture))
    assert costs.check([MODEL], BEATS, DAY) == pytest.approx(BEATS * segment)


def test_a_network_that_several_models_share_counts_once(tmp_path: Path) -> None:
    make_fake_beat_model(tmp_path, MODEL)
    make_fake_beat_model(tmp_path, DRAWN, PICTURE_FACTS)
    make_beat_ensemble(tmp_path, "both", (MODEL, DRAWN))
    costs = JobCosts(read_registry(tmp_path))
    both = costs.seconds(["both"], 1)
    assert costs.seconds([MODEL, DRAWN, "both", "both"], 1) == both
    costs.learn(answers(3 * both, model="both"))
    assert costs.seconds([MODEL, "both"], 1) == pytest.approx(2 * both)
    assert costs.seconds([MODEL], 1) == pytest.approx(2 * SECONDS_A_BEAT["segment"])


def test_what_is_too_much_says_what_would_fit(registry: Registry) -> None:
    with pytest.raises(TooMuchWork) as raised:
        JobCosts(registry).check([MODEL, DRAWN], BEATS, DAY)
    assert str(raised.value) == (
        "It would take about 27 min to ask these 2 models about this recording, and 5 min are the "
        "most: ask fewer models (by itself, beat_signal_cnn would do), or send a piece of at most "
        "4.3 h."
    )
    with pytest.raises(TooMuchWork, match="to ask this model about"):
        JobCosts(registry).check([DRAWN], BEATS, DAY)


def test_costs_are_learned_within_bounds(registry: Registry) -> None:
    costs, usual = JobCosts(registry), SECONDS_A_BEAT["beat_picture"]
    costs.learn(answers(usual / 100, count=20))
    assert costs.seconds([DRAWN], 1) == usual
    costs.learn(answers(usual / 2))
    assert costs.seconds([DRAWN], 1) == pytest.approx(0.75 * usual)
    for _ in range(30):
        costs.learn(answers(1e-9))
    assert costs.seconds([DRAWN], 1) == pytest.approx(usual / 16)
    for _ in range(30):
        costs.learn(answers(1e9))
    assert costs.seconds([DRAWN], 1) == pytest.approx(8 * usual)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (99, "99 s"), (119, "1 min"), (5000, "83 min")]
)
def test_time_is_told_as_people_say_it(seconds: float, words: str) -> None:
    assert in_time(seconds) == words


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return make_beats_app(tmp_path).test_client()


def test_a_recording_that_would_take_too_long_is_refused_at_once(client: FlaskClient) -> None:
    client.application.extensions["twelvelead"].costs.most = 0.005
    answer = client.post("/signals", data=recording(model="all"))
    assert (answer.status_code, "ask fewer models" in answer.text) == (413, True)
    assert "Retry-After" not in answer.headers


def test_more_beats_than_a_heart_has_are_too_much_once_they_are_found(client: FlaskClient) -> None:
    found = client.application.extensions["twelvelead"]

    class Found(JobCosts):
        def check(self, keys: object, beats: float, length: float) -> float:
            del keys
            if isinstance(beats, int):
                raise TooMuchWork(f"Too many beats in {length:.0f} s.")
            return 1.0

    found.costs = Found(found.predictor.registry)
    found.jobs = SignalJobs(classify_with(found.predictor, found.costs, found.metrics))
    address = sent(client)
    assert "Too many beats in 30 s." in finished(client, address).text
