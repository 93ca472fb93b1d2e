"""What the tests of signals on the web share: an app whose beat models answer without a framework."""

import time
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ecg.beats.beats import Beats
from ecg.signal.signal import SampleIndices, Signal
from model_registry.entry import ModelEntry
from model_registry.preprocessing import Tensor
from model_registry.registry import read_registry
from tests.support.models.beat_models import (
    EARLY,
    NORMAL,
    PICTURE_FACTS,
    make_fake_beat_model,
    simulated_csv,
)
from tests.support.models.fake_framework import EARLY as SHARE
from tests.support.models.fake_framework import make_fake_model
from tests.support.web.web_fakes import PATIENCE, FakePredictor, make_app
from twelvelead.inference.answers import Run
from twelvelead.inference.batch import Recording
from twelvelead.inference.prediction import Answers, Prediction, Probabilities
from twelvelead.inference.resources.limits import FOREVER, Deadline

MODEL, DRAWN, PAGES = "beat_signal_cnn", "beat_drawn", "pages"
SECONDS = 30.0
CSV = simulated_csv("pvc", SECONDS)


def said_of(signal: Signal, indices: SampleIndices, *predictions: Prediction) -> Answers[Recording]:
    """What models say of the beats at `indices` in the first lead of a signal."""
    beats = Beats.of(signal, 0, indices)
    return Answers(Recording(beats=beats, signal=signal, lead=0), predictions)


class FakeBeats(FakePredictor):
    """Beat models answer EARLY for an early beat and NORMAL for any other, in this process."""

    def runner(self, deadline: Deadline = FOREVER) -> Run:
        of_page = super().runner(deadline)

        def run(entry: ModelEntry, batch: Tensor) -> Probabilities:
            if entry.reads == "page":
                return of_page(entry, batch)
            early = batch[:, 0, 0, -1] < SHARE if entry.reads == "segment" else np.zeros(len(batch))
            return np.where(early[:, np.newaxis], EARLY, NORMAL).astype(np.float64)

        return run


def make_beats_app(folder: Path, **settings: object) -> Flask:
    """An app over one model of pages and two of beats, written into `folder`."""
    home = folder / "models"
    make_fake_model(home, PAGES)
    make_fake_beat_model(home, MODEL)
    make_fake_beat_model(home, DRAWN, PICTURE_FACTS)
    return make_app(home, FakeBeats(read_registry(home)), **settings)


def recording(file: bytes = CSV, name: str = "beats.csv", **more: Any) -> dict[str, Any]:
    """A form for the test client: one file and further fields."""
    return {"file": (BytesIO(file), name), **more}


def sent(client: FlaskClient, **fields: Any) -> str:
    """The address of a recording that the page has taken in."""
    answer = client.post("/signals", data=recording(**fields))
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def finished(client: FlaskClient, address: str) -> TestResponse:
    """The recording's page, once its analysis is over."""
    until = time.monotonic() + PATIENCE
    while True:
        told = client.get(f"{address}/progress").json
        assert told is not None
        if told["state"] in ("done", "failed"):
            return client.get(address)
        assert time.monotonic() < until, told
        time.sleep(0.02)
