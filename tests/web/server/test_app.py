"""app: create_app plugs settings, predictor and views together; what can't be used is refused."""

from pathlib import Path

import pytest

from app import create_app
from model_registry.errors import EntryError
from model_registry.registry import read_registry
from tests.support.web.web_fakes import FakePredictor, make_app
from twelvelead.web.server.settings import SettingsError

RULES = {
    "/",
    "/results",
    "/browse",
    "/models",
    "/models/<key>",
    "/pictures/<wanted>",
    "/pictures/<wanted>/thumbnail",
    "/predict",
    "/api",
    "/api/v1/models",
    "/api/v1/models/<key>/metrics",
    "/api/v1/predictions",
    "/api/v1/frame",
    "/api/v1/signals/predictions",
    "/signals",
    *(f"/signals/<wanted>{rest}" for rest in ("", "/annotations.<form>", "/beats", "/forget")),
    *(f"/signals/<wanted>{rest}" for rest in ("/progress", "/trace")),
    "/api/v1/traces",
    "/traces.csv",
    "/openapi.json",
    "/livez",
    "/readyz",
    "/metrics",
    "/static/<path:filename>",
    "/static/plotly/<version>.js",
}


def test_it_works(models_dir: Path) -> None:
    client = make_app(models_dir).test_client()
    assert client.get("/").status_code == 200
    with client.get("/static/style.css") as sheet:
        assert sheet.mimetype == "text/css"


def test_these_are_all_its_addresses(models_dir: Path) -> None:
    assert {rule.rule for rule in make_app(models_dir).url_map.iter_rules()} == RULES


def test_without_a_predictor_it_reads_the_registry_that_is_set(models_dir: Path) -> None:
    app = create_app({"TWELVELEAD_MODELS_DIR": str(models_dir)})
    predictor = app.extensions["twelvelead"].predictor
    assert list(predictor.registry) == ["tiny_keras", "tiny_torch"]
    predictor.close()


def test_apps_share_nothing(models_dir: Path) -> None:
    one, two = (make_app(models_dir) for _ in range(2))
    assert one.extensions["twelvelead"] is not two.extensions["twelvelead"]


def test_debugging_is_off(models_dir: Path) -> None:
    app = make_app(models_dir)
    assert not app.debug
    assert not app.testing
    assert not app.secret_key


def test_models_that_are_to_be_warm_are_loaded_at_start(models_dir: Path) -> None:
    predictor = FakePredictor(read_registry(models_dir))
    make_app(models_dir, predictor, warm="all")
    assert predictor.loaded == ["tiny_keras", "tiny_torch"]


def test_only_those_are_loaded_that_are_named(models_dir: Path) -> None:
    predictor = FakePredictor(read_registry(models_dir))
    make_app(models_dir, predictor, warm="tiny_torch")
    assert predictor.loaded == ["tiny_torch"]


def test_a_model_to_warm_that_nobody_registered_is_refused_at_start(models_dir: Path) -> None:
    with pytest.raises(SettingsError, match=r"TWELVELEAD_WARM.*tiny_keras, tiny_torch"):
        make_app(models_dir, warm="tiny_keras,tiny_tensor")


def test_a_wrong_setting_is_refused_at_start(models_dir: Path) -> None:
    with pytest.raises(SettingsError, match="TWELVELEAD_THREADS"):
        make_app(models_dir, threads="many")


def test_a_missing_models_folder_is_refused_at_start(tmp_path: Path) -> None:
    with pytest.raises((SettingsError, EntryError), match="a folder that exists"):
        create_app({"TWELVELEAD_MODELS_DIR": str(tmp_path / "none")})


def test_an_empty_registry_serves_a_page_that_says_so(tmp_path: Path) -> None:
    answer = make_app(tmp_path).test_client().get("/")
    assert answer.status_code == 200
    assert "No model is registered" in answer.text
