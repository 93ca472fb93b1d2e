"""web.server.logs: one line a request, errors with the same id, and nothing of a page or a client in them."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from model_registry.registry import read_registry
from tests.support.models.fake_framework import make_fake_model
from tests.support.web.live import ALL, PREDICTIONS, ask
from tests.support.web.web_fakes import (
    FAKE,
    PAGE,
    Brittle,
    FakePredictor,
    form,
    large_form,
    make_app,
    served,
)
from twelvelead.web.server.logs import start_logging, without_clients
from twelvelead.web.server.request_context import HEADER
from twelvelead.web.server.settings import Log

MARKER = "Zyxw4711Patient"
ID = "abcd1234"
Said = Callable[[], str]


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Puts logging back as it was."""
    yield
    for name in ("twelvelead", "twelvelead.requests", "gunicorn.error"):
        log = logging.getLogger(name)
        log.handlers, log.filters = [], []
        log.propagate, log.disabled = True, False
        log.setLevel(logging.NOTSET)


@pytest.fixture
def stderr(capsys: pytest.CaptureFixture[str]) -> Said:
    """All that was said there since it was asked last."""
    return lambda: capsys.readouterr().err


def lines(stderr: Said) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stderr().splitlines()]


def asked(app: Flask, **headers: str) -> None:
    app.test_client().post(PREDICTIONS, data=form("all"), headers={HEADER: ID} | headers)


def test_it_works(models_dir: Path, stderr: Said) -> None:
    start_logging("json")
    asked(make_app(models_dir))
    (line,) = lines(stderr)
    assert line.pop("ms") > 0
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "request_id": ID,
        "method": "POST",
        "route": PREDICTIONS,
        "status": 200,
        "models": ["tiny_keras", "tiny_torch"],
        "decisions": {"accepted": 2},
    }


def test_models_that_failed_are_counted(models_dir: Path, stderr: Said) -> None:
    start_logging("json")
    failing = {"tiny_torch": "It is out."}
    asked(make_app(models_dir, FakePredictor(read_registry(models_dir), failing)))
    assert lines(stderr)[0]["decisions"] == {"accepted": 1, "failed": 1}


def test_each_route_has_its_line(models_dir: Path, stderr: Said) -> None:
    start_logging("json")
    client = make_app(models_dir).test_client()
    for address, level, status, rule in (
        ("/livez", "info", 200, "/livez"),
        ("/models/tiny_keras", "info", 200, "/models/<key>"),
        ("/nothing", "warning", 404, "none"),
    ):
        client.get(address)
        (line,) = lines(stderr)
        assert (line["level"], line["status"], line["route"]) == (level, status, rule)
        assert (line["models"], line["decisions"]) == ([], {})


def test_static_files_have_none(models_dir: Path, stderr: Said) -> None:
    start_logging("json")
    client = make_app(models_dir).test_client()
    for address in ("/static/app.js", f"/static/{MARKER}", f"/static/plotly/{MARKER}.js"):
        client.get(address).close()
    assert lines(stderr) == []


def test_an_error_has_the_requests_id(models_dir: Path, stderr: Said) -> None:
    start_logging("json")
    asked(make_app(models_dir, Brittle(read_registry(models_dir))))
    said = stderr()
    error, line = (json.loads(one) for one in said.splitlines())
    assert "unexpected ZeroDivisionError" in error["message"]
    assert error["request_id"] == line["request_id"] == ID
    assert error["level"] == line["level"] == "error"
    assert "secret" not in said


def test_too_many_requests_are_a_warning(models_dir: Path, stderr: Said) -> None:
    start_logging("json")
    app = make_app(models_dir, admitted=1)
    app.extensions["twelvelead"].admission.enter()
    asked(app)
    assert [(line["level"], line["status"]) for line in lines(stderr)] == [("warning", 503)]


def test_people_may_have_text(models_dir: Path, stderr: Said) -> None:
    start_logging("text")
    asked(make_app(models_dir))
    (line,) = stderr().splitlines()
    assert f" info {ID} POST {PREDICTIONS} 200 in " in line
    assert line.endswith(" ms tiny_keras tiny_torch accepted=2")


def test_without_lines_a_request_errors_are_still_told(models_dir: Path, stderr: Said) -> None:
    start_logging("off")
    asked(make_app(models_dir))
    assert stderr() == ""
    asked(make_app(models_dir, Brittle(read_registry(models_dir))))
    assert [line["request_id"] for line in lines(stderr)] == [ID]


@pytest.mark.parametrize("kind", ["json", "text"])
def test_nothing_of_a_client_is_in_a_line(models_dir: Path, stderr: Said, kind: Log) -> None:
    start_logging(kind)
    client = make_app(models_dir).test_client()
    headers = {"User-Agent": MARKER, "Referer": MARKER, HEADER: f"{MARKER} {MARKER}"}
    peer = {"REMOTE_ADDR": "203.0.113.9"}
    for fields in (form("all", name=f"{MARKER}.png"), form(MARKER), form("all", sample=MARKER)):
        client.post(f"/predict?{MARKER}={MARKER}", data=fields, headers=headers, environ_base=peer)
    client.get(f"/{MARKER}?{MARKER}", headers=headers, environ_base=peer)
    client.open("/", method=MARKER.upper(), headers=headers, environ_base=peer)
    said = stderr()
    assert len(said.splitlines()) == 5
    assert MARKER.lower() not in said.lower()
    assert "203.0.113.9" not in said


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        ("Invalid request from ip=203.0.113.9: Invalid HTTP Version 'x'", ()),
        ("Error handling request %s %s", ("GET", f"/{MARKER}?203.0.113.9")),
    ],
)
def test_gunicorn_tells_nothing_of_a_client_either(
    message: str, arguments: tuple[str, ...]
) -> None:
    record = logging.makeLogRecord({"msg": message, "args": arguments})
    assert without_clients(record)
    assert record.getMessage().endswith(".")
    assert MARKER not in record.getMessage()
    assert "203.0.113.9" not in record.getMessage()


def test_what_else_gunicorn_tells_stays() -> None:
    record = logging.makeLogRecord({"msg": "Listening at: %s", "args": ("http://here",)})
    assert without_clients(record)
    assert record.getMessage() == "Listening at: http://here"


def test_a_live_server_writes_them(tmp_path: Path) -> None:
    make_fake_model(tmp_path)
    with served(tmp_path, FAKE) as server:
        given = ask(server.address, PREDICTIONS, large_form(PAGE, ALL)).headers[HEADER]
        ask(server.address, "/livez")
        said = server.end()
    found = [json.loads(line) for line in said if line.startswith("{")]
    assert [line["route"] for line in found] == [PREDICTIONS, "/livez"]
    assert (found[0]["request_id"], found[0]["models"]) == (given, ["fake"])
    assert any("run at once" in line or "runs at once" in line for line in said)
