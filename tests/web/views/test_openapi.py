"""web.views.openapi: the API's description is valid OpenAPI 3.1, and every answer is as it says."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from werkzeug.test import TestResponse

from ecg.tasks import NOTICE
from model_registry.registry import read_registry
from tests.support.models.entry_files import LABELS, write_entry
from tests.support.models.fake_metrics import fake_metrics, write_metrics
from tests.support.project import ROOT
from tests.support.web.web_fakes import PAGE, Brittle, Cold, FakePredictor, form, make_app
from twelvelead.web.views.openapi import describe_api

PREDICTIONS = "/api/v1/predictions"
METRICS = "/api/v1/models/{key}/metrics"
JSON = {"Accept": "application/json"}


@pytest.fixture
def client(models_dir: Path) -> FlaskClient:
    return make_app(models_dir).test_client()


def check(answer: TestResponse, path: str, method: str = "post") -> None:
    """Fails where an answer is not as the description says of this path, method and status."""
    api = describe_api()
    said = api["paths"][path][method]["responses"][str(answer.status_code)]["content"]
    schema = said[answer.mimetype]["schema"] | {"components": api["components"]}
    OAS31Validator(schema).validate(answer.json)


def test_it_is_valid(client: FlaskClient) -> None:
    api: Any = client.get("/openapi.json").json
    validate(api)
    assert api["openapi"] == "3.1.0"
    assert api == describe_api()


def test_it_says_what_this_is_not_for() -> None:
    assert NOTICE in describe_api()["info"]["description"]


def test_it_names_the_addresses_that_programs_use(models_dir: Path) -> None:
    rules = make_app(models_dir).url_map.iter_rules()
    served = {str(rule).replace("<", "{").replace(">", "}") for rule in rules}
    named = set(describe_api()["paths"])
    assert named <= served
    assert {path for path in served if path.startswith("/api/")} <= named
    assert {"/predict", "/livez", "/readyz", "/metrics"} <= named


@pytest.mark.parametrize("path", ["/api/v1/models", "/livez", "/readyz"])
def test_what_is_read_is_as_described(client: FlaskClient, path: str) -> None:
    check(client.get(path), path, "get")


def test_waiting_for_models_is_as_described(models_dir: Path) -> None:
    predictor = Cold(read_registry(models_dir))
    answer = make_app(models_dir, predictor, warm="all").test_client().get("/readyz")
    predictor.close()
    assert answer.status_code == 503
    check(answer, "/readyz", "get")


def test_stopping_is_as_described(models_dir: Path) -> None:
    app = make_app(models_dir)
    app.extensions["twelvelead"].stopping = lambda: True
    check(app.test_client().get("/readyz"), "/readyz", "get")


def test_too_many_requests_are_as_described(models_dir: Path) -> None:
    app = make_app(models_dir, admitted=1)
    assert app.extensions["twelvelead"].admission.enter()
    for path in (PREDICTIONS, "/predict", "/api/v1/frame"):
        answer = app.test_client().post(path, data=form("all"), headers=JSON)
        assert answer.status_code == 503
        check(answer, path)
        said = describe_api()["paths"][path]["post"]["responses"]["503"]["headers"]
        OAS31Validator(said["Retry-After"]["schema"]).validate(int(answer.headers["Retry-After"]))


def test_the_figures_are_text_as_described(client: FlaskClient) -> None:
    said = describe_api()["paths"]["/metrics"]["get"]["responses"]["200"]["content"]
    assert list(said) == [client.get("/metrics").mimetype]


def test_a_broken_model_in_the_list_is_as_described(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model.toml").write_text("title = 1\n", encoding="utf-8")
    check(make_app(tmp_path).test_client().get("/api/v1/models"), "/api/v1/models", "get")


def test_measured_figures_in_the_list_are_as_described() -> None:
    models = ROOT / "models"
    answer = make_app(models).test_client().get("/api/v1/models")
    check(answer, "/api/v1/models", "get")


def test_all_figures_of_a_model_are_as_described(tmp_path: Path) -> None:
    home = write_entry(tmp_path).parent
    write_metrics(home, fake_metrics(LABELS))
    write_entry(tmp_path, "", "broken")
    client = make_app(tmp_path).test_client()
    for key, status in (("a_model", 200), ("none", 404), ("broken", 503)):
        answer = client.get(METRICS.format(key=key))
        assert answer.status_code == status
        check(answer, METRICS, "get")


def test_a_model_without_figures_is_as_described(client: FlaskClient) -> None:
    check(client.get(METRICS.format(key="tiny_keras")), METRICS, "get")


def test_predictions_are_as_described(client: FlaskClient) -> None:
    check(client.post(PREDICTIONS, data=form("all")), PREDICTIONS)


def test_predictions_and_failures_are_as_described(models_dir: Path) -> None:
    predictor = FakePredictor(read_registry(models_dir), {"tiny_keras": "It is out."})
    client = make_app(models_dir, predictor).test_client()
    check(client.post(PREDICTIONS, data=form("all")), PREDICTIONS)
    check(client.post(PREDICTIONS, data=form("tiny_keras")), PREDICTIONS)


def test_the_earlier_form_is_answered_as_described(client: FlaskClient) -> None:
    fields = {"model_key": "all", "upload_image": (BytesIO(PAGE), "page.png")}
    check(client.post("/predict", data=fields, headers=JSON), "/predict")
    check(client.post("/predict", headers=JSON), "/predict")


def test_a_frame_is_as_described(client: FlaskClient) -> None:
    check(client.post("/api/v1/frame", data=form()), "/api/v1/frame")


@pytest.mark.parametrize(
    ("fields", "headers", "status"),
    [
        (form("all", file=None), {}, 400),
        (form("all"), {"Sec-Fetch-Site": "cross-site"}, 403),
        (form("none"), {}, 404),
        (form("all", file=b"text"), {}, 415),
        (form("all", file=b""), {}, 422),
    ],
)
def test_problems_are_as_described(
    client: FlaskClient, fields: Any, headers: dict[str, str], status: int
) -> None:
    answer = client.post(PREDICTIONS, data=fields, headers=headers)
    assert answer.status_code == status
    check(answer, PREDICTIONS)


def test_a_bug_of_ours_is_as_described(models_dir: Path) -> None:
    client = make_app(models_dir, Brittle(read_registry(models_dir))).test_client()
    answer = client.post(PREDICTIONS, data=form("all"))
    assert answer.status_code == 500
    problem = describe_api()["components"]["schemas"]["Problem"]
    OAS31Validator(problem).validate(answer.json)


def test_people_read_the_same(client: FlaskClient) -> None:
    page = client.get("/api").text
    api = describe_api()
    for word in [*api["paths"], *api["components"]["schemas"], "openapi.json", "curl -F file="]:
        assert word in page
