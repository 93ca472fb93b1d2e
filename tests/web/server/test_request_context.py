"""web.server.request_context: every request has an id, a deadline, and a route that is a rule of ours."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from model_registry.registry import read_registry
from tests.support.web.web_fakes import NOBODY_WAITS, Brittle, FakePredictor, form, make_app
from twelvelead.inference.predictor import Asker
from twelvelead.web.server.request_context import HEADER

OURS = re.compile(r"[0-9a-f]{32}")


@pytest.fixture
def client(models_dir: Path) -> FlaskClient:
    return make_app(models_dir).test_client()


def test_it_works(client: FlaskClient) -> None:
    one, two = (client.get("/livez").headers[HEADER] for _ in range(2))
    assert OURS.fullmatch(one)
    assert one != two


@pytest.mark.parametrize("given", ["abcd1234", "A-b_c.d-1", "7" * 64])
def test_an_id_from_a_proxy_is_kept(client: FlaskClient, given: str) -> None:
    assert client.get("/livez", headers={HEADER: given}).headers[HEADER] == given


@pytest.mark.parametrize(
    "given",
    [
        "",
        "short",
        "7" * 65,
        "has a space",
        "<script>alert",
        "12345678;x",
        "h\u00e9h\u00e9h\u00e9h\u00e9",
    ],
)
def test_another_id_is_not(client: FlaskClient, given: str) -> None:
    assert OURS.fullmatch(client.get("/livez", headers={HEADER: given}).headers[HEADER])


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/nothing", 404),
        ("PUT", "/", 405),
        ("POST", "/", 400),
        ("GET", "/static/app.js", 200),
        ("OPTIONS", "/predict", 200),
    ],
)
def test_every_answer_has_one(client: FlaskClient, method: str, address: str, status: int) -> None:
    with client.open(address, method=method) as answer:
        assert answer.status_code == status
        assert OURS.fullmatch(answer.headers[HEADER])


def test_a_bug_of_ours_has_one(models_dir: Path) -> None:
    client = make_app(models_dir, Brittle(read_registry(models_dir))).test_client()
    answer = client.post("/results", data=form("all"), headers={HEADER: "abcd1234"})
    assert (answer.status_code, answer.headers[HEADER]) == (500, "abcd1234")


def test_a_refused_request_has_one(models_dir: Path) -> None:
    app = make_app(models_dir, admitted=1)
    app.extensions["twelvelead"].admission.enter()
    answer = app.test_client().post("/predict", headers={HEADER: "abcd1234"})
    assert (answer.status_code, answer.headers[HEADER]) == (503, "abcd1234")


def test_the_predictor_hears_how_long_somebody_waits(models_dir: Path) -> None:
    class Timed(FakePredictor):
        left = 0.0

        def predict(self, given: Any, keys: Any = None, asker: Asker = NOBODY_WAITS) -> Any:
            self.left = asker.deadline.left()
            return super().predict(given, keys, asker)

    predictor = Timed(read_registry(models_dir))
    client = make_app(models_dir, predictor, deadline=500).test_client()
    client.post("/predict", data=form("all"))
    assert 0 < predictor.left < 500
