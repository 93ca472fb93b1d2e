"""web.health: whether the process lives, and whether the models that should be warm are."""

import shutil
from pathlib import Path

from flask.testing import FlaskClient

from inference.limits import Deadline
from inference.predictor import FOREVER
from model_registry.registry import read_registry
from tests.web_fakes import FakePredictor, make_app

OK = {"status": "ok", "waiting_for": []}


class Cold(FakePredictor):
    """Loads nothing until it is told."""

    told = False

    def load(self, key: str, deadline: Deadline = FOREVER) -> str:
        return super().load(key, deadline) if self.told else key


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


def test_it_lives_before_it_is_ready(models_dir: Path) -> None:
    client = client_of(Cold(read_registry(models_dir)), models_dir, "all")
    assert client.get("/livez").json == OK


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
