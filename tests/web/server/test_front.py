"""nginx in front, live: bodies are counted and timed, for each client; its own answers are as the app's."""

import json
import resource
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from container import supervise
from tests.container.test_supervise import FORM, Server, needs_nginx, supervised
from tests.support.models.fake_framework import make_fake_model
from tests.support.web.live import PREDICTIONS, ask, wait_for
from tests.support.web.raw_http import HOST, chunked, connect, hear, post, say
from tests.support.web.web_fakes import large_form
from tests.web.server.test_worker import MALFORMED, check_refused
from twelvelead.web.server.errors import SENTENCES
from twelvelead.web.shown.plotly_files import plotly_version

pytestmark = needs_nginx
SIGNALS = "/api/v1/signals/predictions"
PAGES = ("/", "/signals", "/livez", "/readyz", "/models")
NOT_FOR_NGINX = {  # what it takes, and passes on in good order, or refuses by another status
    "an extension with a control character",
    "a trailer that is a length",
    "a trailer that is no header",
    "lines that end with LF",
    "a control character",
    "a folded header",
    "chunks in chunks",
    "HTTP/2",
    "an extension without end",
}
TOO_MANY = 40  # uploads of one client
TABLE = large_form(b"MLII\n" + b"0.1\n0.2\n" * 1_300_000)  # larger than a page may be


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("models")
    make_fake_model(folder)
    with supervised(folder) as found:
        yield found


def pages_answer(server: Server) -> bool:
    return {ask(server.address, path).status for path in PAGES} == {200}


def uploads(server: Server, count: int, path: str, length: str) -> ExitStack:
    """Begun by one client, and never ended."""
    stack = ExitStack()
    for _ in range(count):
        one = stack.enter_context(connect(server.port, "127.0.0.2"))
        one.sendall(post(path, length, body="--edge").encode())
    return stack


@pytest.mark.parametrize("name", sorted(set(MALFORMED) - NOT_FOR_NGINX))
def test_a_malformed_request_is_refused_once_and_its_connection_closed(
    server: Server, name: str
) -> None:
    check_refused(say(server.port, MALFORMED[name]), 400)


@pytest.mark.parametrize("name", sorted(NOT_FOR_NGINX))
def test_what_nginx_takes_is_never_two_requests(server: Server, name: str) -> None:
    with connect(server.port) as connection:
        connection.sendall(MALFORMED[name].encode("latin-1"))
        connection.shutdown(socket.SHUT_WR)
        statuses = hear(connection).statuses
    assert len(statuses) <= 1
    assert not any(500 <= one < 501 for one in statuses)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (f"GET /{'a' * 40_000} HTTP/1.1\r\n{HOST}\r\n", 414),
        (f"GET / HTTP/1.1\r\n{HOST}X-A: {'a' * 40_000}\r\n\r\n", 431),
        (f"TRACE / HTTP/1.1\r\n{HOST}\r\n", 405),
        (f"GET /refused HTTP/1.1\r\n{HOST}\r\n", 404),  # nginx's own places
        (f"GET /late HTTP/1.1\r\n{HOST}\r\n", 404),
        (f"GET /metrics HTTP/1.1\r\n{HOST}Fly-Client-IP: 10.0.0.1\r\n\r\n", 404),
        (post(PREDICTIONS, "Transfer-Encoding: rot13", body="0\r\n\r\n"), 501),
        (post(PREDICTIONS, "Content-Length: 99000000"), 413),
        (chunked(PREDICTIONS, f"{20_000_000:x}\r\n", "a" * 12_000_000), 413),
        (f"GET / HTTP/9.9\r\n{HOST}\r\n", 505),
    ],
)
def test_nginx_refuses_as_the_app_does(server: Server, request_: str, status: int) -> None:
    check_refused(say(server.port, request_), status)


def test_the_three_slow_recordings_close_nothing(server: Server) -> None:
    with uploads(server, 3, "/signals", "Content-Length: 900000"):
        assert pages_answer(server)
        assert not is_busy(server, "/signals", "127.0.0.2")
        assert not is_busy(server, SIGNALS, "127.0.0.3")


@pytest.mark.parametrize(("path", "size"), [("/signals", 40_000_000), (PREDICTIONS, 9_000_000)])
def test_one_client_with_too_many_uploads_is_refused_and_nobody_else(
    server: Server, path: str, size: int
) -> None:
    with uploads(server, TOO_MANY, path, f"Content-Length: {size}"):
        wait_for(lambda: is_busy(server, path, "127.0.0.2"))
        assert pages_answer(server)
        assert not is_busy(server, path, "127.0.0.3")
    wait_for(lambda: not is_busy(server, path, "127.0.0.2"))


def test_a_table_larger_than_a_page_comes_through_where_either_may_come(server: Server) -> None:
    told = ask(server.address, "/predict", TABLE)
    assert (told.status, "No model that reads beats" in told.text) == (503, True)
    assert ask(server.address, PREDICTIONS, TABLE).status == 413
    chunk = f"{len(TABLE['data']):x}\r\n{TABLE['data'].decode()}\r\n0\r\n\r\n"
    headers = "Transfer-Encoding: chunked", "Connection: close"
    assert (
        "No model that reads beats" in say(server.port, post("/predict", *headers, body=chunk)).text
    )


def test_large_bodies_where_either_may_come_take_the_room_of_recordings_and_none_of_pages(
    server: Server,
) -> None:
    with uploads(server, TOO_MANY, "/predict", "Content-Length: 11000000"):
        wait_for(lambda: is_busy(server, "/predict", "127.0.0.2", TABLE))
        assert is_busy(server, SIGNALS, "127.0.0.2")
        assert pages_answer(server)
        assert not is_busy(server, "/predict", "127.0.0.3", TABLE)
        for path in ("/predict", PREDICTIONS):
            assert not is_busy(server, path, "127.0.0.2")
    wait_for(lambda: not is_busy(server, "/predict", "127.0.0.2", TABLE))


def is_busy(
    server: Server, path: str, source: str, form: Mapping[str, Any] = MappingProxyType(FORM)
) -> bool:
    """Whether nginx refuses an upload from this address; the app here has no model for recordings."""
    with connect(server.port, source) as connection:
        length = f"Content-Length: {len(form['data'])}"
        connection.sendall(post(path, length, "Connection: close").encode() + form["data"])
        text = hear(connection).text
        return not text or "The server is busy." in text


def test_clients_from_everywhere_can_close_uploads_but_no_pages(server: Server) -> None:
    with ExitStack() as stack:
        for number in range(1100):
            one = stack.enter_context(connect(server.port, f"127.0.{1 + number // 20}.9"))
            one.sendall(post(PREDICTIONS, "Content-Length: 9000", body="--edge").encode())
        assert pages_answer(server)
        with connect(server.port) as refused:
            refused.sendall(post(PREDICTIONS, "Content-Length: 9000").encode())
            told = hear(refused)
        check_refused(told, 503)
        assert told.header("Retry-After") == "2"
    wait_for(lambda: ask(server.address, PREDICTIONS, FORM).status == 200)


@pytest.mark.parametrize("begin", ["", f"GET / HTTP/1.1\r\n{HOST}X-A: "], ids=["silent", "half"])
def test_one_client_has_only_so_many_connections(
    server: Server, begin: str, tmp_path: Path
) -> None:
    each = int(supervise.derive(tmp_path)["EACH"])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with ExitStack() as stack:
        many = [stack.enter_context(connect(server.port, "127.0.0.2")) for _ in range(each)]
        for one in many:
            one.sendall(begin.encode())
        with connect(server.port, "127.0.0.2") as another:
            assert hear(another).text == ""
        assert pages_answer(server)
    wait_for(lambda: not is_busy(server, PREDICTIONS, "127.0.0.2"))


@pytest.mark.slow
def test_a_body_that_trickles_is_told_that_it_is_too_slow(server: Server) -> None:
    with connect(server.port) as connection:
        connection.sendall(post(PREDICTIONS, "Content-Length: 90000", body="--edge").encode())
        connection.settimeout(0.5)
        told: list[bytes] = []

        def is_told() -> bool:
            connection.sendall(b"-")
            try:
                told.append(connection.recv(65_536))
            except TimeoutError:
                return False
            return True

        wait_for(is_told)
        assert told[0].startswith(b"HTTP/1.1 408")
        assert SENTENCES[408].encode() in told[0]


def test_those_who_do_not_read_their_answers_hold_up_nobody(server: Server) -> None:
    script = f"/static/plotly/{plotly_version()}.js"
    with ExitStack() as stack:
        for number in range(100):
            one = stack.enter_context(connect(server.port, f"127.0.1.{1 + number % 50}"))
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.sendall(f"GET {script} HTTP/1.1\r\n{HOST}\r\n".encode())
        assert pages_answer(server)
        assert ask(server.address, PREDICTIONS, FORM).status == 200


def test_a_person_is_told_in_plain_text(server: Server) -> None:
    told = say(server.port, f"TRACE / HTTP/1.1\r\n{HOST}Accept: text/html\r\n\r\n")
    assert told.header("Content-Type") == "text/plain; charset=utf-8"
    assert told.text.endswith(SENTENCES[405] + "\n")
    told = say(server.port, f"TRACE /api/v1/models HTTP/1.1\r\n{HOST}Accept: text/html\r\n\r\n")
    assert json.loads(told.text.partition("\r\n\r\n")[2])["status"] == 405


def test_the_room_follows_from_the_disk_and_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = supervise.find_room(tmp_path)
    monkeypatch.setattr(supervise, "SHARE_OF_DISK", 1e-9)
    assert supervise.find_room(tmp_path) < room
    with pytest.raises(ValueError, match="RUN_DIR should have room for uploads"):
        supervise.derive(tmp_path)


def test_a_large_recording_for_which_there_is_no_place_is_told_to_come_back(server: Server) -> None:
    with (
        uploads(server, TOO_MANY, SIGNALS, "Content-Length: 1000"),
        connect(server.port, "127.0.0.2") as one,
    ):
        one.sendall(post(SIGNALS, "Content-Length: 49000000", body="--edge").encode())
        answer = hear(one)
    assert answer.statuses == [503]
