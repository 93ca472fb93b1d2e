"""Real HTTP to live servers, and models that wait at a gate until a test opens it."""

import contextlib
import json
import os
import socket
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.support.models.fake_framework import logged, make_fake_model
from tests.support.web.web_fakes import PATIENCE

PREDICTIONS = "/api/v1/predictions"
ALL = [("model", "all")]
NO_HEADERS: Mapping[str, str] = {}
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
PORTS = iter(range(18_000 + 1000 * (WORKER % 10), 19_000 + 1000 * (WORKER % 10)))


class Got(NamedTuple):
    """An answer."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def connect(address: str) -> HTTPConnection:
    """A connection that stays open for several requests."""
    return HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE)


def ask_over(
    connection: HTTPConnection,
    path: str,
    form: dict[str, Any] | None = None,
    headers: Mapping[str, str] = NO_HEADERS,
) -> Got:
    """GET, or POST where there is a form."""
    if form is None:
        connection.request("GET", path, headers=dict(headers))
    else:
        kind = {"Content-Type": form["content_type"]}
        connection.request("POST", path, form["data"], kind | dict(headers))
    answer = connection.getresponse()
    return Got(answer.status, answer.read().decode(), dict(answer.getheaders()))


def ask(
    address: str,
    path: str,
    form: dict[str, Any] | None = None,
    headers: Mapping[str, str] = NO_HEADERS,
) -> Got:
    """The same over a connection of its own."""
    connection = connect(address)
    try:
        return ask_over(connection, path, form, headers)
    finally:
        connection.close()


def make_gated_model(folder: Path) -> Path:
    """A model whose load waits until `open_gate`."""
    home = make_fake_model(folder)
    os.mkfifo(home / "gate")
    return home


def open_gate(home: Path) -> None:
    """Waits until the model stands at its gate, and lets it through."""
    (home / "gate").write_text("", encoding="utf-8")
    (home / "gate").unlink()


def free_port() -> int:
    """One that nobody listens on, of this worker's own thousand.

    The system would hand out one that another worker's server may take before it is used; it hands out
    none below 32768 on Linux.
    """
    for port in PORTS:
        with socket.socket() as trial, contextlib.suppress(OSError):
            trial.bind(("127.0.0.1", port))
            return port
    raise AssertionError("all ports of this worker are taken")


def wait_for(true: Callable[[], bool]) -> None:
    """Fails where something does not become true."""
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)


def wait_for_load(home: Path) -> None:
    """Until a model begins to load."""
    wait_for(lambda: logged(home, "load") == 1)
