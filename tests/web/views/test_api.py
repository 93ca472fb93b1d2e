"""web.views.api: models and predictions as JSON, with the keys that programs rely on."""

import hashlib
import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ecg.page.frame import Box, Grey, find_frame
from ecg.tasks import NOTICE
from model_registry.registry import read_registry
from tests.support.models.tiny_models import KERAS_LABELS, PYTORCH_LABELS
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.web.web_fakes import PAGE, SHARES, FakePredictor, form, make_app
from twelvelead.inference.batch import NO_FRAME

MODELS, PREDICTIONS, FRAME = "/api/v1/models", "/api/v1/predictions", "/api/v1/frame"
MODEL_KEYS = [
    *("key", "title", "framework", "architecture", "task", "reads", "labels"),
    *("label_titles", "input", "members"),
    *("metrics", "size_bytes", "sha256", "state", "reason", "notes"),
]
PREDICTION_KEYS = [
    *("model", "framework", "runtime", "label", "probabilities", "decision"),
    *("cannot_rule_out", "reasons", "reason_codes"),
    *("familiarity", "seen_in_training", "notes"),
    *("timings_ms", "page_sha256", "model_sha256"),
]


@pytest.fixture
def app(models_dir: Path) -> Flask:
    return make_app(models_dir)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def broken_beside(models_dir: Path, folder: Path) -> Path:
    """The tiny models, and one whose entry lacks nearly everything."""
    shutil.copytree(models_dir, folder)
    (folder / "broken").mkdir()
    (folder / "broken" / "model.toml").write_text('framework = "keras"\n', encoding="utf-8")
    return folder


def asked(client: FlaskClient, fields: Any) -> Any:
    """The predictions for a form; the request must succeed."""
    answer = client.post(PREDICTIONS, data=fields)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_it_works(client: FlaskClient) -> None:
    found = asked(client, form("tiny_keras"))
    assert list(found) == ["page", "verdict", "predictions", "failures", "notice"]
    (one,) = found["predictions"]
    assert list(one) == PREDICTION_KEYS
    assert (one["model"], one["framework"], one["runtime"]) == ("tiny_keras", "keras", "fake 1.0")
    assert (one["label"], one["decision"], one["reasons"]) == ("normal", "accepted", [])
    assert one["probabilities"] == dict(zip(KERAS_LABELS, SHARES, strict=True))
    assert list(one["timings_ms"]) == ["decode", "preprocess", "run"]
    assert min(one["timings_ms"].values()) > 0
    assert one["page_sha256"] == found["page"]["sha256"] == hashlib.sha256(PAGE).hexdigest()
    assert (found["failures"], found["notice"]) == ([], NOTICE)


def test_the_page_is_told_as_it_was_read(client: FlaskClient) -> None:
    page = asked(client, form("tiny_keras"))["page"]
    assert list(page) == [
        "sha256",
        "kind",
        "width",
        "height",
        "frame",
        "area",
        "straightened",
        "notes",
    ]
    assert (page["width"], page["height"]) == (600, 420)
    assert page["frame"] == page["area"]
    left, top, right, bottom = page["area"]
    assert 0 < left < right < 600
    assert 0 < top < bottom < 420


def test_several_models_answer_in_the_order_asked(client: FlaskClient) -> None:
    found = asked(client, form("tiny_torch", "tiny_keras"))["predictions"]
    assert [one["model"] for one in found] == ["tiny_torch", "tiny_keras"]
    assert [one["label"] for one in found] == [PYTORCH_LABELS[0], KERAS_LABELS[0]]
    assert list(found[0]["probabilities"]) == list(PYTORCH_LABELS)


def test_all_means_every_usable_model(models_dir: Path, tmp_path: Path) -> None:
    client = make_app(broken_beside(models_dir, tmp_path / "models")).test_client()
    found = asked(client, form("all"))
    assert [one["model"] for one in found["predictions"]] == ["tiny_keras", "tiny_torch"]
    assert found["failures"] == []


def test_a_model_that_is_asked_twice_answers_once(client: FlaskClient) -> None:
    assert len(asked(client, form("tiny_keras", "tiny_keras"))["predictions"]) == 1


def test_a_sample_is_read_by_its_id(app: Flask, client: FlaskClient) -> None:
    picture = app.extensions["twelvelead"].samples.pictures[0]
    found = asked(client, form("tiny_keras", file=None, sample=picture.id))
    assert found["page"]["sha256"] == hashlib.sha256(picture.path.read_bytes()).hexdigest()


def test_a_page_without_a_frame_is_answered_with_the_reason(client: FlaskClient) -> None:
    page = encode(draw_page((600, 420), frame=False))
    found = asked(client, form("tiny_keras", file=page))
    assert found["page"]["frame"] is None
    assert found["page"]["area"] == [0, 0, 600, 420]
    assert found["predictions"][0]["decision"] == "uncertain"
    assert found["predictions"][0]["reasons"] == [NO_FRAME.message]


def test_a_model_that_fails_is_named_and_the_others_answer(models_dir: Path) -> None:
    failing = {"tiny_torch": "The weights were altered."}
    predictor = FakePredictor(read_registry(models_dir), failing)
    found = asked(make_app(models_dir, predictor).test_client(), form("all"))
    assert [one["model"] for one in found["predictions"]] == ["tiny_keras"]
    assert found["failures"] == [{"model": "tiny_torch", "detail": "The weights were altered."}]


def test_where_no_model_answers_the_reasons_are_the_problem(models_dir: Path) -> None:
    predictor = FakePredictor(
        read_registry(models_dir), {"tiny_torch": "The weights were altered."}
    )
    answer = (
        make_app(models_dir, predictor).test_client().post(PREDICTIONS, data=form("tiny_torch"))
    )
    assert answer.status_code == 503
    assert answer.json
    assert answer.json["detail"] == "The weights were altered."


def test_a_broken_model_that_is_asked_is_a_problem_of_ours(
    models_dir: Path, tmp_path: Path
) -> None:
    client = make_app(broken_beside(models_dir, tmp_path / "models")).test_client()
    answer = client.post(PREDICTIONS, data=form("broken"))
    assert answer.status_code == 503
    assert "broken/model.toml" in answer.text
    assert str(tmp_path) not in answer.text


def test_all_models_are_listed_with_what_is_known_of_them(
    client: FlaskClient, models_dir: Path
) -> None:
    listed = client.get(MODELS).json
    assert listed
    assert list(listed) == ["models"]
    one, two = listed["models"]
    assert list(one) == list(two) == MODEL_KEYS
    weights = (models_dir / "tiny_keras" / "weights.keras").read_bytes()
    assert one == {
        "key": "tiny_keras",
        "title": "Tiny keras model",
        "framework": "keras",
        "architecture": one["architecture"],
        "task": "cardiac-page-4",
        "reads": ["page"],
        "labels": list(KERAS_LABELS),
        "label_titles": one["label_titles"],
        "input": {
            "height": 32,
            "width": 56,
            "channels": 1,
            "colour": "grey",
            "scale": "standard",
            "steps": [],
            "rate": None,
            "context": [],
        },
        "members": {},
        "metrics": None,
        "size_bytes": len(weights),
        "sha256": hashlib.sha256(weights).hexdigest(),
        "state": "idle",
        "reason": None,
        "notes": [],
    }
    assert set(one["label_titles"]) == set(KERAS_LABELS)
    assert (two["architecture"], two["labels"]) == ("mobilenet_v2", list(PYTORCH_LABELS))


def test_a_model_that_has_answered_is_ready(client: FlaskClient) -> None:
    asked(client, form("tiny_keras"))
    listed = client.get(MODELS).json
    assert listed
    assert [one["state"] for one in listed["models"]] == ["ready", "idle"]


def test_a_broken_model_is_listed_with_the_reason_and_no_path_of_the_disk(
    models_dir: Path, tmp_path: Path
) -> None:
    client = make_app(broken_beside(models_dir, tmp_path / "models")).test_client()
    answer = client.get(MODELS)
    assert answer.json
    broken = answer.json["models"][0]
    assert (broken["key"], broken["state"]) == ("broken", "unavailable")
    assert "broken/model.toml" in broken["reason"]
    assert str(tmp_path) not in answer.text


def test_the_frame_of_a_page_is_told_without_asking_a_model(models_dir: Path) -> None:
    predictor = FakePredictor(read_registry(models_dir))
    client = make_app(models_dir, predictor).test_client()
    answer = client.post(FRAME, data={"file": (BytesIO(PAGE), "page.png")})
    assert answer.status_code == 200
    assert answer.json == asked(client, form("tiny_keras"))["page"]
    assert predictor.asked == [("tiny_keras",)]


def test_a_page_that_was_previewed_is_not_looked_through_again(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []

    def find(grey: Grey) -> Box | None:
        looked.append(grey.shape)
        return find_frame(grey)

    monkeypatch.setattr("ecg.page.page.find_frame", find)
    preview = client.post(FRAME, data=form()).json or {}
    assert client.post("/results", data=form("all")).status_code == 200
    analysed = asked(client, form("tiny_keras"))["page"]
    assert analysed == preview
    assert len(looked) == 1


def test_a_page_is_hashed_once(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def again(given: object) -> str:
        raise AssertionError(f"a page that comes through the predictor brings its hash: {given!r}")

    monkeypatch.setattr("ecg.picture.encoded.sha256_of", again)
    assert asked(client, form("all"))["page"]["sha256"] == hashlib.sha256(PAGE).hexdigest()
