"""web.server.security: headers on every answer, forms from our own pages only."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from model_registry.registry import read_registry
from tests.support.web.web_fakes import Brittle, a_sample, form, make_app, tags

POSTS = ["/", "/results", "/predict", "/api/v1/predictions", "/api/v1/frame"]
PAGES = ["/", "/signals", "/browse", "/api", "/models", "/models/tiny_keras", "/nothing"]
CLOSED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
JSON, HTML = {"Accept": "application/json"}, {"Accept": "text/html"}


@pytest.fixture
def app(models_dir: Path) -> Flask:
    return make_app(models_dir)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def policy(answer: TestResponse) -> dict[str, list[str]]:
    """The Content-Security-Policy: directive -> sources."""
    parts = [part.split() for part in answer.headers["Content-Security-Policy"].split(";")]
    return {name: sources for name, *sources in parts}


def check_headers(answer: TestResponse) -> None:
    assert {name: answer.headers[name] for name in CLOSED} == CLOSED
    assert policy(answer)["default-src"] == ["'none'"]
    assert policy(answer)["frame-ancestors"] == ["'none'"]


def test_it_works(client: FlaskClient) -> None:
    answer = client.post("/", data=form("all"))
    assert answer.status_code == 200
    check_headers(answer)


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("OPTIONS", "/", 200),
        ("GET", "/browse", 200),
        ("GET", "/api", 200),
        ("GET", "/models", 200),
        ("GET", "/models/tiny_keras", 200),
        ("GET", "/models/nothing", 404),
        ("GET", "/openapi.json", 200),
        ("GET", "/api/v1/models", 200),
        ("GET", "/livez", 200),
        ("GET", "/static/app.js", 200),
        ("GET", "/nothing", 404),
        ("GET", "/pictures/0", 404),
        ("PUT", "/", 405),
        ("POST", "/", 400),
        ("POST", "/api/v1/predictions", 400),
    ],
)
def test_every_kind_of_answer_is_closed(
    client: FlaskClient, method: str, address: str, status: int
) -> None:
    for accept in ({}, JSON):
        answer = client.open(address, method=method, headers=accept)
        assert answer.status_code == status
        check_headers(answer)
        answer.close()


def test_pictures_are_closed(app: Flask, client: FlaskClient) -> None:
    check_headers(client.get(f"/pictures/{a_sample(app)}"))
    check_headers(client.get(f"/pictures/{a_sample(app)}/thumbnail"))


def test_a_bug_of_ours_is_closed(models_dir: Path) -> None:
    client = make_app(models_dir, Brittle(read_registry(models_dir))).test_client()
    check_headers(client.post("/results", data=form("all")))


def test_the_policy_takes_nothing_inline_and_nothing_from_elsewhere(client: FlaskClient) -> None:
    found = policy(client.get("/"))
    sources = {source for name in found for source in found[name]}
    assert sources == {"'none'", "'self'", "blob:", "data:"}
    assert found["script-src"] == found["style-src"] == found["connect-src"] == ["'self'"]
    assert found["form-action"] == ["'self'"]
    assert found["base-uri"] == ["'none'"]


@pytest.mark.parametrize("address", PAGES)
def test_pages_hold_nothing_inline_and_nothing_from_elsewhere(
    client: FlaskClient, address: str
) -> None:
    page = client.get(address, headers=HTML).text
    assert "<style" not in page
    assert all(script.get("src", "").startswith("/static/") for script in tags(page, "script"))
    for element in tags(page, "*"):
        assert "style" not in element
        assert not [name for name in element if name.startswith("on")]
        for name in ("src", "href", "action"):
            assert element.get(name, "/").startswith(("/", "#"))


def test_answers_hold_nothing_inline(client: FlaskClient) -> None:
    for address in ("/", "/results"):
        page = client.post(address, data=form("all")).text
        assert "<style" not in page
        assert not [e for e in tags(page, "*") if {"style", "onclick", "onload"} & set(e)]


@pytest.mark.parametrize("address", POSTS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "anything"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://localhost.elsewhere.example"},
        {"Origin": "http://localhost:81"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://["},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_form_of_another_site_is_refused(
    client: FlaskClient, address: str, headers: dict[str, str]
) -> None:
    answer = client.post(address, data=form("all"), headers=headers)
    assert answer.status_code == 403
    assert "this site&#39;s own pages only" in answer.text.replace("'", "&#39;")
    assert "elsewhere" not in answer.text
    check_headers(answer)


@pytest.mark.parametrize("address", POSTS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_our_own_pages_and_programs_are_answered(
    client: FlaskClient, address: str, headers: dict[str, str]
) -> None:
    assert client.post(address, data=form("all"), headers=headers).status_code == 200


def test_a_link_from_another_site_is_followed(client: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Referer": "https://elsewhere.example/"}
    assert client.get("/", headers=headers).status_code == 200


def test_nobody_else_is_let_in_to_the_api(client: FlaskClient) -> None:
    headers = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    for answer in (
        client.options("/api/v1/predictions", headers=headers),
        client.get("/api/v1/models", headers=headers),
    ):
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("address", POSTS)
def test_results_are_not_stored(client: FlaskClient, address: str) -> None:
    for fields in (form("all"), form("all", file=b"text")):
        assert client.post(address, data=fields).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", ["/", "/browse", "/api/v1/models", "/pictures/0", "/livez"])
def test_what_changes_is_not_stored(client: FlaskClient, address: str) -> None:
    assert client.get(address).headers["Cache-Control"] == "no-store"


def test_pictures_are_kept_by_the_browser_alone(app: Flask, client: FlaskClient) -> None:
    kept = client.get(f"/pictures/{a_sample(app)}").headers["Cache-Control"]
    assert kept == "private, max-age=3600"


def test_no_cookie_is_set(client: FlaskClient) -> None:
    for answer in (client.get("/"), client.post("/", data=form("all")), client.get("/nothing")):
        assert "Set-Cookie" not in answer.headers
