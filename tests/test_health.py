"""web.health: whether the process lives, whether the models that should be warm are, its figures."""

import shutil
from pathlib import Path

from flask.testing import FlaskClient

from model_registry.registry import read_registry
from tests.web_fakes import Cold, FakePredictor, make_app
from web.metrics import KIND

OK = {"status": "ok", "waiting_for": []}


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
    assert waiting.json == {"status": "starting", "waiting_for": ["tiny_keras", "tiny_torch"]}
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


def test_a_model_that_fails_keeps_nobody_waiting(models_dir: Path) -> None:
    predictor = FakePredictor(read_registry(models_dir), {"tiny_torch": "It is out."})
    assert client_of(predictor, models_dir, "all").get("/readyz").status_code == 200


def test_a_broken_entry_that_should_be_warm_keeps_nobody_waiting(
    models_dir: Path, tmp_path: Path
) -> None:
    models = Path(shutil.copytree(models_dir, tmp_path / "models"))
    (models / "tiny_torch" / "model.toml").write_text("title = 1\n", encoding="utf-8")
    predictor = FakePredictor(read_registry(models))
    client = client_of(predictor, models, "tiny_keras,tiny_torch")
    assert client.get("/readyz").status_code == 200
    assert predictor.loaded == ["tiny_keras"]
