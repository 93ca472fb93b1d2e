"""web.views.health: whether the process lives, whether the models that should be warm are, its figures."""

import shutil
import threading
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from model_registry.registry import read_registry
from tests.support.models.fake_framework import make_fake_model
from tests.support.web.web_fakes import FAKE_BACKENDS, Cold, FakePredictor, form, make_app
from twelvelead.inference.failures import TRIED_AGAIN
from twelvelead.inference.predictor import Predictor
from twelvelead.inference.resources.limits import Deadline, Limits
from twelvelead.inference.resources.machine import cores
from twelvelead.web.server.metrics import KIND

OK = {"status": "ok", "waiting_for": [], "broken": [], "stopped": []}


def client_of(predictor: FakePredictor, models: Path, warm: str) -> FlaskClient:
    return make_app(models, predictor, warm=warm).test_client()


def test_it_works(models_dir: Path) -> None:
    client = make_app(models_dir).test_client()
    for address in ("/livez", "/readyz"):
        answer = client.get(address)
        assert (answer.status_code, answer.json) == (200, OK)


def test_nobody_waits_for_models_that_need_not_be_warm(models_dir: Path) -> None:
    client = client_of(Cold(read_registry(models_dir)), models_dir, "")
    assert client.get("/readyz").status_code == 200


def test_it_is_not_ready_before_each_warm_model_is_loaded(models_dir: Path) -> None:
    predictor = Cold(read_registry(models_dir))
    client = client_of(predictor, models_dir, "all")
    waiting = client.get("/readyz")
    assert (waiting.status_code, waiting.headers["Cache-Control"]) == (503, "no-store")
    assert waiting.json == OK | {
        "status": "starting",
        "waiting_for": ["tiny_keras", "tiny_torch"],
    }
    predictor.told = True
    predictor.load("tiny_keras")
    assert (client.get("/readyz").json or {})["waiting_for"] == ["tiny_torch"]
    predictor.load("tiny_torch")
    assert client.get("/readyz").json == OK
    predictor.close()


def test_a_model_that_made_room_for_another_keeps_nobody_waiting(models_dir: Path) -> None:
    predictor = Cold(read_registry(models_dir))
    app = make_app(models_dir, predictor, warm="all")
    assert app.test_client().get("/readyz").status_code == 503
    predictor.answered = {"tiny_keras", "tiny_torch"}
    predictor.close()
    app.extensions["twelvelead"].warming.join()
    assert predictor.state("tiny_keras") == "idle"
    assert app.test_client().get("/readyz").json == OK


def test_it_is_not_ready_once_it_was_told_to_end(models_dir: Path) -> None:
    app = make_app(models_dir)
    app.extensions["twelvelead"].stopping = lambda: True
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, (answer.json or {})["status"]) == (503, "stopping")
    assert app.test_client().get("/livez").json == OK


def test_its_figures_are_text_for_prometheus(models_dir: Path) -> None:
    answer = make_app(models_dir).test_client().get("/metrics")
    assert (answer.status_code, answer.content_type) == (200, KIND)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "# TYPE twelvelead_requests_total counter" in answer.text


def test_it_lives_before_it_is_ready(models_dir: Path) -> None:
    predictor = Cold(read_registry(models_dir))
    assert client_of(predictor, models_dir, "all").get("/livez").json == OK
    predictor.close()


def test_a_warm_model_that_failed_is_named_and_the_others_serve(models_dir: Path) -> None:
    predictor = FakePredictor(read_registry(models_dir), {"tiny_torch": "It is out."})
    answer = client_of(predictor, models_dir, "all").get("/readyz")
    assert answer.status_code == 200
    assert answer.json == OK | {"status": "degraded", "broken": ["tiny_torch"]}


def test_a_warm_model_that_never_answered_is_named_once_warming_is_over(models_dir: Path) -> None:
    predictor = Cold(read_registry(models_dir))
    app = make_app(models_dir, predictor, warm="all")
    predictor.answered = {"tiny_torch"}
    predictor.close()
    app.extensions["twelvelead"].warming.join()
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 200, "it may answer the first who asks"
    assert answer.json == OK | {"status": "degraded", "broken": ["tiny_keras"]}


@pytest.mark.parametrize("warm", ["", "all"])
def test_it_is_not_ready_where_no_model_is_usable(models_dir: Path, warm: str) -> None:
    failing = dict.fromkeys(("tiny_keras", "tiny_torch"), "It is out.")
    predictor = FakePredictor(read_registry(models_dir), failing)
    client = client_of(predictor, models_dir, warm)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == OK | {"status": "broken", "broken": ["tiny_keras", "tiny_torch"]}
    assert client.get("/livez").json == OK
    predictor.failing.clear()
    for key in predictor.registry:
        predictor.load(key)
    assert client.get("/readyz").json == OK


def test_a_broken_entry_that_should_be_warm_keeps_nobody_waiting(
    models_dir: Path, tmp_path: Path
) -> None:
    models = Path(shutil.copytree(models_dir, tmp_path / "models"))
    (models / "tiny_torch" / "model.toml").write_text("title = 1\n", encoding="utf-8")
    predictor = FakePredictor(read_registry(models))
    client = client_of(predictor, models, "tiny_keras,tiny_torch")
    answer = client.get("/readyz")
    assert (answer.status_code, (answer.json or {})["broken"]) == (200, ["tiny_torch"])
    assert predictor.loaded == ["tiny_keras"]


def test_it_is_not_ready_while_all_cores_are_held_by_work_that_is_late(models_dir: Path) -> None:
    predictor = FakePredictor(read_registry(models_dir))
    app = make_app(models_dir, predictor)
    client, found = app.test_client(), app.extensions["twelvelead"]
    with ExitStack() as held:
        for _ in range(cores()):
            held.enter_context(predictor.slot(Deadline()))
        assert client.get("/readyz").json == OK, "they are not late yet"
        found.settings = replace(found.settings, deadline=0.0)
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json) == (503, OK | {"status": "stuck"})
    assert client.get("/readyz").json == OK


def test_recordings_that_nobody_classifies_any_more_are_named(models_dir: Path) -> None:
    app = make_app(models_dir)
    jobs, ended = app.extensions["twelvelead"].jobs, threading.Thread(target=bool)
    ended.start()
    ended.join()
    vars(jobs)["_thread"] = ended
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json == OK | {"status": "degraded", "stopped": ["recordings"]}


def test_with_a_real_predictor_a_damaged_model_is_named_until_it_is_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twelvelead.inference.engines.networks.BACKENDS", FAKE_BACKENDS)
    monkeypatch.setattr("model_registry.watch.PAUSE", 0.0)
    home = make_fake_model(tmp_path, "one")
    sound = (home / "weights.keras").read_bytes()
    (home / "weights.keras").write_bytes(b"damaged")
    predictor = Predictor(read_registry(tmp_path), Limits(threads=1))
    try:
        app = make_app(tmp_path, predictor, warm="all")
        app.extensions["twelvelead"].warming.join()
        client = app.test_client()
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json) == (
            503,
            OK | {"status": "broken", "broken": ["one"]},
        )
        refused = client.post("/api/v1/predictions", data=form("one"))
        assert refused.status_code == 503
        assert TRIED_AGAIN in (refused.json or {})["detail"]
        (home / "weights.keras").write_bytes(sound)
        assert client.get("/readyz").status_code == 200
        assert client.post("/api/v1/predictions", data=form("one")).status_code == 200
        assert client.get("/readyz").json == OK
    finally:
        predictor.close()
