"""Views that take a page are entered while there is room; the rest of an upload is read."""

import socket
import time
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from flask import Flask
from werkzeug.test import TestResponse

import twelvelead.web.admission.admit
from model_registry.registry import read_registry
from tests.support.web.web_fakes import PAGE, Brittle, FakePredictor, form, large_form, make_app
from twelvelead.web.admission.admit import drain
from twelvelead.web.server.connection import Connection, TimedBody
from twelvelead.web.server.security import MAX_REQUEST, MAX_SIGNAL_REQUEST

POSTS = ["/", "/results", "/predict", "/api/v1/predictions", "/api/v1/frame"]
KIND = "multipart/form-data; boundary=edge"
HTML, JSON = {"Accept": "text/html"}, {"Accept": "application/json"}


@pytest.fixture
def full(models_dir: Path) -> Flask:
    """An app with one place, which is taken."""
    app = make_app(models_dir, admitted=1)
    assert app.extensions["twelvelead"].admission.enter()
    return app


def form_of(file: bytes) -> bytes:
    """A form's body with a file in it."""
    body: bytes = large_form(file, [("model", "all")])["data"]
    return body


def metrics(app: Flask) -> str:
    return app.test_client().get("/metrics").text


def check_refused(answer: TestResponse) -> None:
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert "Too many requests are being answered: ask again in 1 s." in answer.text


def test_it_works(models_dir: Path) -> None:
    app = make_app(models_dir, admitted=1)
    for address in POSTS * 2:
        assert app.test_client().post(address, data=form("all")).status_code == 200
    assert app.extensions["twelvelead"].admission.inside == 0


@pytest.mark.parametrize("address", POSTS)
def test_without_room_everybody_is_told_when_to_come_back(full: Flask, address: str) -> None:
    client = full.test_client()
    problem = client.post(address, data=form("all"), headers=JSON)
    check_refused(problem)
    assert problem.content_type == "application/problem+json"
    page = client.post(address, data=form("all"), headers=HTML)
    check_refused(page)
    assert page.mimetype == ("text/html" if "/api/" not in address else "application/problem+json")


def test_pages_probes_and_figures_need_no_room(full: Flask) -> None:
    for address in ("/", "/models", "/livez", "/readyz", "/metrics", "/api/v1/models"):
        assert full.test_client().get(address).status_code == 200


def test_nobody_is_let_in_once_the_server_was_told_to_end(models_dir: Path) -> None:
    app = make_app(models_dir)
    app.extensions["twelvelead"].stopping = lambda: True
    for address in POSTS:
        check_refused(app.test_client().post(address, data=form("all")))
    figures = app.test_client().get("/metrics").text
    assert f'twelvelead_rejected_total{{reason="stopping"}} {len(POSTS)}.0' in figures


@pytest.mark.parametrize("model", ["all", "none"])
@pytest.mark.parametrize("file", [None, b"text"])
def test_a_place_is_given_back_after_a_wrong_request(
    models_dir: Path, model: str, file: bytes | None
) -> None:
    app = make_app(models_dir, admitted=1)
    for address in POSTS:
        answer = app.test_client().post(address, data=form(model, file=file))
        assert answer.status_code in (400, 404, 415)
    assert app.extensions["twelvelead"].admission.inside == 0


def test_a_place_is_given_back_after_a_bug(models_dir: Path) -> None:
    app = make_app(models_dir, Brittle(read_registry(models_dir)), admitted=1)
    for address in POSTS:
        app.test_client().post(address, data=form("all"))
    assert app.extensions["twelvelead"].admission.inside == 0


def test_an_upload_without_room_is_not_looked_at(full: Flask) -> None:
    predictor = full.extensions["twelvelead"].predictor
    assert isinstance(predictor, FakePredictor)
    check_refused(full.test_client().post("/predict", data=form("all", file=b"no picture")))
    assert predictor.asked == []


def test_an_upload_without_room_is_read_to_its_end_after_the_answer(full: Flask) -> None:
    body = BytesIO(PAGE)
    answer = full.test_client().post("/api/v1/predictions", input_stream=body, buffered=False)
    check_refused(answer)
    answer.close()
    assert body.tell() == len(PAGE)


def test_an_upload_without_memory_for_it_is_not_looked_at(models_dir: Path) -> None:
    app = make_app(models_dir)
    found = app.extensions["twelvelead"]
    assert found.uploads.enter(found.uploads.most - len(PAGE))
    body = BytesIO(form_of(PAGE))
    answer = app.test_client().post("/api/v1/predictions", input_stream=body, content_type=KIND)
    check_refused(answer)
    answer.close()
    assert body.tell() == len(form_of(PAGE))
    assert 'twelvelead_rejected_total{reason="memory"} 1.0' in metrics(app)
    found.uploads.leave(len(PAGE))
    answer = app.test_client().post("/api/v1/predictions", data=form("all"))
    assert answer.status_code == 200
    assert found.uploads.held == found.uploads.most - 2 * len(PAGE)


@pytest.mark.parametrize(
    ("address", "size"),
    [("/api/v1/frame", MAX_REQUEST), ("/api/v1/signals/predictions", MAX_SIGNAL_REQUEST)],
)
def test_a_body_of_unknown_length_takes_the_room_of_the_largest(
    models_dir: Path, address: str, size: int
) -> None:
    app = make_app(models_dir)
    found = app.extensions["twelvelead"]
    assert found.uploads.enter(found.uploads.most - size + 1)
    chunked = {"Transfer-Encoding": "chunked"}
    answer = app.test_client().post(
        address,
        input_stream=BytesIO(form_of(PAGE)),
        content_type=KIND,
        headers=chunked,
        environ_overrides={"wsgi.input_terminated": True},
    )
    check_refused(answer)


def test_a_body_that_is_too_large_takes_no_room(models_dir: Path) -> None:
    app = make_app(models_dir)
    found = app.extensions["twelvelead"]
    assert found.uploads.enter(found.uploads.most)
    answer = app.test_client().post("/api/v1/frame", **large_form(bytes(MAX_REQUEST)))
    assert answer.status_code == 413


def test_no_more_is_read_than_a_request_may_hold() -> None:
    body = BytesIO(bytes(1_000_000))
    drain(body, 150_000)
    assert body.tell() == 150_000


class Incoming(NamedTuple):
    """A body that is read from a socket, as gunicorn's are."""

    connection: Connection

    def read(self, size: int, /) -> bytes:
        return self.connection.recv(size)


def test_a_client_that_sends_nothing_more_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(twelvelead.web.admission.admit, "DRAIN_SECONDS", 0.2)
    ours, theirs = socket.socketpair()
    taken = Connection(ours.family, ours.type, fileno=ours.detach())
    body = TimedBody(SimpleNamespace(force_close=lambda: None), Incoming(taken))
    with taken, theirs:
        theirs.sendall(b"a part")
        began = time.monotonic()
        drain(body, 1000, taken)
        assert time.monotonic() - began < 60


LINES = b"MLII\n" + b"0.1\n0.2\n" * 1_300_000  # a table larger than a page can be


@pytest.mark.parametrize(
    "told",
    [
        {"CONTENT_LENGTH": str(MAX_REQUEST + 1)},
        {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True},
    ],
    ids=["told", "not told"],
)
def test_what_may_be_larger_than_a_page_finds_the_recordings_room(
    models_dir: Path, told: dict[str, Any]
) -> None:
    app = make_app(models_dir, admitted=1)
    found = app.extensions["twelvelead"]
    assert found.recordings.enter()
    answer = app.test_client().post(
        "/predict", input_stream=BytesIO(b""), content_type=KIND, environ_overrides=told
    )
    check_refused(answer)
    assert found.admission.inside == 0
    assert app.test_client().post("/predict", data=form("all")).status_code == 200


def test_a_table_has_the_size_of_recordings_where_either_may_come(models_dir: Path) -> None:
    app = make_app(models_dir)
    for address, status in (("/predict", 503), ("/api/v1/predictions", 413)):
        assert app.test_client().post(address, **large_form(LINES)).status_code == status
    too_large = app.test_client().post("/predict", **large_form(bytes(MAX_SIGNAL_REQUEST)))
    assert (too_large.status_code, "one recording of at most 50 MB" in too_large.text) == (
        413,
        True,
    )
