"""Whatever is posted to a route that takes uploads, it gets an answer that says what was wrong with it."""

import io
import json
import math

import numpy as np
import pytest
from flask import Flask
from hypothesis import event, given

from model_registry.entry import ModelEntry
from model_registry.preprocessing import Tensor
from model_registry.registry import Registry, read_registry
from tests.fuzz.requests import (
    CANARY,
    RIGHT_FILES,
    RIGHT_MODELS,
    TYPES,
    Request,
    join,
    requests,
)
from tests.support.models.beat_models import PICTURE_FACTS, make_fake_beat_model
from tests.support.models.fake_framework import make_fake_model
from tests.support.web.web_fakes import RUNTIME, make_app
from twelvelead.inference.answers import Run
from twelvelead.inference.engines.backend import State
from twelvelead.inference.loader import Loader
from twelvelead.inference.prediction import Probabilities
from twelvelead.inference.predictor import Predictor
from twelvelead.inference.resources.limits import FOREVER, Deadline, Limits

SIGNALS = "/api/v1/signals/predictions"
FINE = (200, 303)
REFUSED = (400, 408, 411, 413, 415, 422, 404)
FULL = 503  # with Retry-After, or where no model could answer


class InstantLoader(Loader):
    """Its networks are ready, and answer at once that all labels are as probable."""

    def state(self, key: str) -> State:
        del key
        return "ready"

    def load(self, key: str, deadline: Deadline = FOREVER) -> str:
        del key, deadline
        return RUNTIME

    def runner(self, deadline: Deadline = FOREVER) -> Run:
        del deadline

        def run(entry: ModelEntry, batch: Tensor) -> Probabilities:
            return np.full((len(batch), len(entry.labels)), 1 / len(entry.labels))

        return run


class Instant(Predictor):
    """The real predictor over such networks."""

    def __init__(self, registry: Registry) -> None:
        limits = Limits(threads=1)
        super().__init__(registry, limits)
        self._loader = InstantLoader(registry, limits, self._slots)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Over one model of pages, one of pictures of beats, one of beats."""
    models = tmp_path_factory.mktemp("models")
    make_fake_model(models, "pages")
    make_fake_beat_model(models, "beat_signal_cnn")
    make_fake_beat_model(models, "beat_drawn", PICTURE_FACTS)
    return make_app(models, Instant(read_registry(models)))


def test_a_form_as_it_should_be_is_answered(app: Flask) -> None:
    for file, route in ((RIGHT_FILES[0], "/api/v1/predictions"), (RIGHT_FILES[1], SIGNALS)):
        answer = app.test_client().post(
            route, data=join([RIGHT_MODELS[0], file]), content_type=TYPES[0]
        )
        assert answer.status_code == 200, answer.text
        assert '"model"' in answer.text


@given(asked=requests())
def test_every_request_is_answered_or_refused_in_one_sentence(app: Flask, asked: Request) -> None:
    environ = {"wsgi.input": io.BytesIO(asked.body), "CONTENT_TYPE": asked.content_type}
    length = len(asked.body) if asked.told is None else asked.told
    answer = app.test_client().post(
        asked.path,
        environ_overrides=environ | {"CONTENT_LENGTH": str(length)},
        headers={"Accept": asked.accept},
    )
    event(f"status {answer.status_code}")
    assert answer.status_code in (*FINE, *REFUSED, FULL), answer.text[:300]
    if (answer.mimetype or "").endswith("json"):
        told = json.loads(answer.text, parse_constant=_refuse_constant)
        assert CANARY not in answer.text
        if answer.status_code not in FINE:
            assert told["status"] == answer.status_code
            assert told["detail"].rstrip().endswith((".", "?"))


def _refuse_constant(name: str) -> float:
    raise AssertionError(f"{name} in an answer")


def test_a_number_that_json_does_not_have_would_be_seen() -> None:
    with pytest.raises(AssertionError):
        json.loads(json.dumps([math.nan]), parse_constant=_refuse_constant)
