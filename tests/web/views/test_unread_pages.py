"""What the page, the viewer, the files and the earlier address tell where a lead can't be read."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from ecg.signal.wfdb.annotations import read_annotations
from tests.support.models.beat_models import simulated
from tests.support.signals.signal_fakes import finished, make_beats_app, recording, sent

SECONDS, NOISE = 30.0, 12.0


def table(values: np.ndarray) -> bytes:
    rows = [f"{number / 360:.6f},{value:.4f}" for number, value in enumerate(values)]
    return "\n".join(["time (s),II (mV)", *rows, ""]).encode()


def begins_with_noise(until: float = NOISE) -> bytes:
    values = simulated("pvc", SECONDS).values[0].copy()
    end = round(until * 360)
    values[:end] = np.random.default_rng(1).normal(size=end)
    return table(values)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return make_beats_app(tmp_path_factory.mktemp("registry"))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="module")
def shown(app: Flask) -> tuple[FlaskClient, str]:
    """A client and the address of a recording that begins with noise."""
    client = app.test_client()
    address = sent(client, file=begins_with_noise())
    assert finished(client, address).status_code == 200
    return client, address


def test_it_works(shown: tuple[FlaskClient, str]) -> None:
    client, address = shown
    page = client.get(address).text
    assert "stretch get no label" in page
    assert "0:00:00 to 0:00:12: The trace is too noisy here" in page
    assert "Not read" in page
    assert 'data-stretches="[[0.0, 12.0]]"' in page


def test_the_viewer_is_told_why_a_beat_has_no_class(shown: tuple[FlaskClient, str]) -> None:
    client, address = shown
    columns: Any = client.get(f"{address}/beats").json
    early = [n for n, time in enumerate(columns["times"]) if time < NOISE]
    assert early
    for n in early:
        assert columns["classes"][n] == len(columns["labels"])
        assert (columns["reasons"][n], columns["confidence"][n]) == ("noise", 0)
        assert columns["accepted"][n] is False
    assert columns["reasons"][-1] is None


def test_files_leave_the_label_empty_or_unclassified(shown: tuple[FlaskClient, str]) -> None:
    client, address = shown
    rows = list(csv.DictReader(io.StringIO(client.get(f"{address}/annotations.csv").text)))
    assert (rows[0]["label"], rows[0]["p_N"], rows[0]["reason"]) == ("", "", "noise")
    assert (rows[-1]["label"] in "NV", rows[-1]["reason"]) == (True, "")
    marks = read_annotations(client.get(f"{address}/annotations.atr").data)
    assert len(marks.symbols) == len(rows)
    assert {s for s, row in zip(marks.symbols, rows, strict=True) if row["reason"]} == {"Q"}


def test_the_earlier_address_gives_no_class_for_it(client: FlaskClient) -> None:
    found: Any = client.post("/predict", data=recording(begins_with_noise())).json
    assert found["output"][0] is None
    assert found["output"][-1] in (0, 2)
    assert found["label"] in ("N", "V")


def test_where_nothing_can_be_read_it_says_why(client: FlaskClient) -> None:
    noise = table(np.random.default_rng(2).normal(size=round(SECONDS * 360)))
    refused = client.post("/predict", data=recording(noise))
    assert refused.status_code == 400
    assert "No heartbeats as of an ECG were found" in refused.text
    page = finished(client, sent(client, file=noise))
    assert page.status_code == 200
    assert "The surest beat" not in page.text
    assert "No heartbeats as of an ECG were found" in page.text


def test_samples_can_be_read_from_end_to_end() -> None:
    from ecg.beats.r_peaks import find_r_peaks
    from ecg.signal.quality.find_stretches import find_stretches
    from ecg.signal.read_signal import read_signal
    from tests.support.project import ROOT

    folder = Path(ROOT, "static", "samples", "signals")
    for file in [*folder.glob("*.zip"), *folder.glob("*.csv")]:
        signal = read_signal({file.name: file.read_bytes()})
        trace = signal.values[signal.find_lead()]
        assert find_stretches(trace, signal.rate, find_r_peaks(trace, signal.rate)) == ()
