"""Beats of a recording as JSON, CSV and annotations, and as the earlier app told them."""

import base64
from contextlib import ExitStack
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_schema_validator import OAS31Validator
from PIL import Image

from ecg.signal.signal import Signal
from ecg.tasks import NOTICE
from model_registry.errors import Busy, ModelUnavailable
from tests.support.models.beat_models import BEAT_LABELS, EARLY, NORMAL, simulated
from tests.support.models.fake_framework import make_fake_model
from tests.support.signals.signal_fakes import (
    CSV,
    DRAWN,
    MODEL,
    PAGES,
    SECONDS,
    make_beats_app,
    recording,
    said_of,
)
from tests.support.signals.wfdb_files import write
from tests.support.web.web_fakes import PAGE, form, large_form, make_app
from twelvelead.inference.resources.limits import FOREVER
from twelvelead.web.views.openapi import describe_api
from twelvelead.web.views.signal_api import why_unanswered

ADDRESS = "/api/v1/signals/predictions"
FLAT = b"ECG\n" + b"0.5\n" * 4000


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return make_beats_app(tmp_path_factory.mktemp("registry"))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def asked(client: FlaskClient, **fields: Any) -> Any:
    """The document for a recording; the request must succeed."""
    answer = client.post(ADDRESS, data=recording(**fields))
    assert answer.status_code == 200, answer.text
    return answer.json


def test_it_works(client: FlaskClient) -> None:
    found = asked(client)
    assert " ".join(found) == "signal beats stretches heart_rate predictions failures notice"
    (one,) = found["predictions"]
    assert (one["model"], one["labels"]) == (MODEL, list(BEAT_LABELS))
    known = simulated("pvc", SECONDS).reference
    assert known is not None
    samples = [beat["sample"] for beat in one["beats"]]
    assert found["beats"] == len(samples)
    assert abs(len(samples) - len(known.indices)) <= 1
    assert one["counts"]["N"] + one["counts"]["V"] == len(samples)
    assert one["counts"]["V"] > 3
    assert found["failures"] == []
    assert found["notice"] == NOTICE


def test_each_beat_has_its_time_interval_and_probabilities(client: FlaskClient) -> None:
    (one,) = asked(client)["predictions"]
    first, second = one["beats"][:2]
    assert " ".join(first) == "time_s sample rr_s label probabilities decision reason_code"
    assert first["rr_s"] is None
    assert second["rr_s"] == pytest.approx(second["time_s"] - first["time_s"], abs=1e-3)
    assert second["time_s"] == pytest.approx(second["sample"] / 360, abs=1e-3)
    early = next(beat for beat in one["beats"] if beat["label"] == "V")
    assert list(early["probabilities"].values()) == pytest.approx(EARLY, abs=1e-5)
    assert early["decision"] == "accepted"
    sure = one["beats"][one["surest"]]
    assert max(sure["probabilities"].values()) == pytest.approx(max(NORMAL), abs=1e-5)


def test_facts_of_the_signal_and_the_heart_rate_are_told(client: FlaskClient) -> None:
    found = asked(client)
    facts = found["signal"]
    assert (facts["rate"], facts["rate_source"]) == (pytest.approx(360, abs=0.1), "file")
    assert (facts["lead"], facts["leads"]) == ("II", ["II"])
    assert facts["seconds"] == pytest.approx(SECONDS, abs=0.1)
    times = [beat["time_s"] for beat in found["predictions"][0]["beats"]]
    assert found["heart_rate"]["mean"] == pytest.approx(60 / np.diff(times).mean(), abs=0.2)


def test_a_rate_that_nobody_told_is_said_to_be_assumed(client: FlaskClient) -> None:
    values = b"\n".join(line.split(b",")[1] for line in CSV.splitlines()[1:])
    facts = asked(client, file=b"MLII\n" + values)["signal"]
    assert (facts["rate"], facts["rate_source"]) == (360, "assumed")
    assert any("360 Hz are assumed" in note for note in facts["notes"])
    facts = asked(client, file=b"MLII\n" + values, rate="250,0")["signal"]
    assert (facts["rate"], facts["rate_source"]) == (250, "asked")


def test_all_models_that_read_beats_are_asked_for_all(client: FlaskClient) -> None:
    found = asked(client, model="all")
    assert [one["model"] for one in found["predictions"]] == [DRAWN, MODEL]
    assert found["predictions"][0]["counts"]["N"] == found["beats"]


def test_files_and_a_sample_are_two_recordings(client: FlaskClient) -> None:
    sample = client.application.extensions["twelvelead"].signal_samples[0].id
    answer = client.post(ADDRESS, data=recording(sample=sample))
    assert answer.status_code == 400
    assert "either its files or one sample" in answer.text


def test_damaged_marks_beside_a_good_record_hinder_nobody(
    client: FlaskClient, tmp_path: Path
) -> None:
    files = write(tmp_path / "record", "16")
    sound = client.post(ADDRESS, data={"file": [(BytesIO(files[n]), n) for n in files]})
    files["r1.atr"] = b"\xff\xff\xff"
    damaged = client.post(ADDRESS, data={"file": [(BytesIO(files[n]), n) for n in files]})
    assert (sound.status_code, damaged.status_code) == (200, 200), damaged.text
    assert (damaged.json or {})["beats"] == (sound.json or {})["beats"]


def test_a_model_of_pages_fails_beside_those_that_answer(client: FlaskClient) -> None:
    found = asked(client, model=[PAGES, MODEL])
    assert [one["model"] for one in found["predictions"]] == [MODEL]
    assert [one["model"] for one in found["failures"]] == [PAGES]


def test_a_recording_without_beats_is_answered_with_none(client: FlaskClient) -> None:
    quiet = np.random.default_rng(1).normal(0, 0.0001, 400)
    text = "ECG (mV)\n" + "\n".join(f"{value:.7f}" for value in quiet)
    answer = client.post(ADDRESS, data=recording(text.encode()))
    if answer.status_code == 200:
        found: Any = answer.json
        assert found["beats"] == 0
        assert (found["heart_rate"], found["predictions"][0]["surest"]) == (None, None)
    else:
        assert answer.status_code == 422  # refused as flat


def test_csv_and_annotations_are_files(client: FlaskClient) -> None:
    count = asked(client)["beats"]
    table = client.post(ADDRESS, data=recording(format="csv"))
    assert table.mimetype == "text/csv"
    assert "beats.csv" in table.headers["Content-Disposition"]
    head, *rows = table.text.splitlines()
    assert head.startswith("time_s,sample,label,p_N")
    assert len(rows) == count
    packed = client.post(ADDRESS, data=recording(), headers={"Accept": "application/octet-stream"})
    assert packed.mimetype == "application/octet-stream"
    assert len(packed.data) > 2 * count


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"file": b""}, 422, "empty"),
        ({"file": PAGE, "name": "page.png"}, 415, "picture"),
        ({"file": FLAT}, 422, "flat"),
        ({"lead": "aVF"}, 422, "no such"),
        ({"lead": "x" * 101}, 400, "100 characters"),
        ({"rate": "fast"}, 400, "number of Hz"),
        ({"rate": "nan"}, 400, "number of Hz"),
        ({"rate": "20"}, 422, "20 Hz"),
        ({"unit": "volt"}, 400, "mV or adc"),
        ({"format": "xml"}, 400, "json, csv or atr"),
        ({"format": "csv", "model": "all"}, 400, "one model"),
        ({"model": "nobody"}, 404, MODEL),
        ({"model": PAGES}, 422, "reads ECG pages"),
    ],
)
def test_what_is_wrong_is_said_with_its_status(
    client: FlaskClient, fields: dict[str, Any], status: int, words: str
) -> None:
    answer = client.post(ADDRESS, data=recording(**fields))
    assert answer.status_code == status, answer.text
    problem: Any = answer.json
    assert answer.content_type == "application/problem+json"
    assert words in problem["detail"]
    assert problem["detail"].endswith(".")


def test_without_a_recording_the_field_is_named(client: FlaskClient) -> None:
    answer = client.post(ADDRESS, data={"model": "all"})
    assert (answer.status_code, "as 'file'" in answer.text) == (400, True)


def test_a_recording_may_be_larger_than_a_page_but_not_than_50_mb(client: FlaskClient) -> None:
    rows = b"\n".join([b"0.5,0.25"] * 1_300_000)
    answer = client.post(ADDRESS, **large_form(b"II,V5\n" + rows))
    assert (answer.status_code, "flat" in answer.text) == (422, True)
    answer = client.post(ADDRESS, **large_form(bytes(50_200_000)))
    assert (answer.status_code, "at most 50 MB" in answer.text) == (413, True)
    answer = client.post("/api/v1/predictions", **large_form(bytes(11_000_000), [("model", "all")]))
    assert (answer.status_code, "at most 10 MB" in answer.text) == (413, True)


def test_without_room_one_is_told_when_to_come_back(app: Flask, client: FlaskClient) -> None:
    room = app.extensions["twelvelead"].recordings
    for _ in range(room.room):
        assert room.enter()
    try:
        answer = client.post(ADDRESS, data=recording())
    finally:
        for _ in range(room.inside):
            room.leave(1.0)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert asked(client)["beats"]


def test_without_a_beat_model_it_says_so(tmp_path: Path) -> None:
    make_fake_model(tmp_path, PAGES)
    answer = make_app(tmp_path).test_client().post(ADDRESS, data=recording())
    assert (answer.status_code, "No model that reads beats" in answer.text) == (503, True)


def test_answers_are_as_described(client: FlaskClient) -> None:
    api = describe_api()
    for path, lead in ((ADDRESS, ""), ("/predict", ""), (ADDRESS, "none")):
        answer = client.post(path, data=recording(lead=lead))
        told = api["paths"][path]["post"]["responses"][str(answer.status_code)]["content"]
        schema = told[answer.mimetype]["schema"] | {"components": api["components"]}
        OAS31Validator(schema).validate(answer.json)


@pytest.mark.parametrize("field", ["file", "csv_file", "ecg_file"])
def test_the_earlier_address_answers_a_table_as_the_earlier_app_did(
    client: FlaskClient, field: str
) -> None:
    answer = client.post("/predict", data={field: (BytesIO(CSV), "beats.csv")})
    found: Any = answer.json
    assert list(found) == ["output", "ecg_plot", "label", "probability"]
    (one,) = asked(client)["predictions"]
    assert found["output"] == [BEAT_LABELS.index(beat["label"]) for beat in one["beats"]]
    assert found["label"] == "N"
    assert found["probability"] == pytest.approx(max(NORMAL), abs=1e-5)
    picture = Image.open(BytesIO(base64.b64decode(found["ecg_plot"])))
    assert (picture.format, picture.width > 200) == ("PNG", True)


def test_a_table_is_known_by_what_is_in_it(client: FlaskClient) -> None:
    assert "output" in client.post("/predict", data=recording(name="unnamed")).text
    page = client.post("/predict", data=form(PAGES, name="page.csv"))
    assert "predictions" in page.text
    words = client.post("/predict", data=form(PAGES, file=b"no picture\nat\nall\n"))
    assert (words.status_code, "not a picture" in words.text) == (415, True)


@pytest.mark.parametrize("field", ["csv_file", "ecg_file"])
def test_a_picture_in_a_field_for_recordings_is_refused_for_what_it_is(
    client: FlaskClient, field: str
) -> None:
    answer = client.post("/predict", data={field: (BytesIO(PAGE), "page.png")})
    assert (answer.status_code, "picture" in answer.text) == (415, True)


def test_who_finds_no_core_for_a_recording_waits_as_long_as_recordings_take(
    tmp_path: Path,
) -> None:
    app = make_beats_app(tmp_path, deadline=1)
    found, client = app.extensions["twelvelead"], app.test_client()
    assert found.recordings.enter()
    found.recordings.leave(20.0)
    with ExitStack() as cores_taken:
        for _ in range(found.capacity.runs):
            cores_taken.enter_context(found.predictor.slot(FOREVER))
        answer = client.post(ADDRESS, data=recording())
    assert (answer.status_code, "being worked on" in answer.text) == (503, True)
    assert int(answer.headers["Retry-After"]) > 5


def test_what_keeps_all_models_from_answering_is_told_once() -> None:
    answers = said_of(Signal(np.zeros((1, 9), np.float32), 360.0, ("II",)), np.empty(0, np.int64))
    errors = {"a": Busy("No time."), "b": Busy("No time."), "c": ModelUnavailable("Broken.")}
    told = why_unanswered(replace(answers, errors=errors))
    assert str(told) == "No time. Broken."
