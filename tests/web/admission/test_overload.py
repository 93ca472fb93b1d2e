"""More requests than the server takes on: the others are told at once, and nothing else waits."""

import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.support.models.fake_framework import logged, make_fake_model
from tests.support.web.live import (
    ALL,
    PREDICTIONS,
    Got,
    ask,
    make_gated_model,
    open_gate,
    wait_for,
    wait_for_load,
)
from tests.support.web.web_fakes import FAKE, PAGE, PATIENCE, Server, large_form, served

ROOM, CLIENTS = 4, 64
FORM = large_form(PAGE, ALL)


class Crowd(NamedTuple):
    """A server with CLIENTS at its door: ROOM are in and wait for a model, `refused` are not."""

    server: Server
    home: Path
    asking: list[Future[Got]]
    refused: list[Got]


@contextmanager
def crowd(tmp_path: Path) -> Iterator[Crowd]:
    home = make_gated_model(tmp_path)
    with (
        served(tmp_path, FAKE, admitted=ROOM, deadline=PATIENCE, answers_kept=0) as server,
        ThreadPoolExecutor(CLIENTS) as pool,
    ):
        asking = [pool.submit(ask, server.address, PREDICTIONS, FORM) for _ in range(CLIENTS)]
        done = islice(as_completed(asking, PATIENCE), CLIENTS - ROOM)
        yield Crowd(server, home, asking, [one.result() for one in done])


def test_those_who_find_no_room_are_told_and_the_others_are_answered(tmp_path: Path) -> None:
    with crowd(tmp_path) as found:
        assert {one.status for one in found.refused} == {503}
        assert {one.headers["Content-Type"] for one in found.refused} == {
            "application/problem+json"
        }
        assert all(int(one.headers["Retry-After"]) >= 1 for one in found.refused)
        open_gate(found.home)
        answered = [one.result(PATIENCE) for one in found.asking]
        assert [one.status for one in answered].count(200) == ROOM
        assert logged(found.home, "run") == ROOM


def test_probes_pages_and_figures_are_answered_while_it_is_full(tmp_path: Path) -> None:
    with crowd(tmp_path) as found:
        for path in ("/livez", "/readyz", "/", "/static/app.js", "/api/v1/models"):
            assert ask(found.server.address, path).status == 200
        figures = ask(found.server.address, "/metrics").text
        assert f'twelvelead_rejected_total{{reason="full"}} {CLIENTS - ROOM}.0' in figures
        open_gate(found.home)


def test_it_is_as_before_when_they_have_left(tmp_path: Path) -> None:
    with crowd(tmp_path) as found:
        open_gate(found.home)
        for one in found.asking:
            one.result(PATIENCE)
        for _ in range(ROOM + 1):
            assert ask(found.server.address, PREDICTIONS, FORM).status == 200


@pytest.mark.parametrize("headers", [{}, {"Connection": "close"}])
def test_a_large_upload_without_room_gets_its_answer_and_no_reset(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    large = large_form(bytes(9_000_000), ALL)
    with crowd(tmp_path) as found:
        got = ask(found.server.address, PREDICTIONS, large, headers)
        assert (got.status, int(got.headers["Retry-After"]) >= 1) == (503, True)
        open_gate(found.home)


def test_clients_that_do_not_hang_up_keep_nobody_waiting(tmp_path: Path) -> None:
    request = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with served(tmp_path, FAKE) as server:
        host, _, port = urlsplit(server.address).netloc.partition(":")
        silent = [socket.create_connection((host, int(port)), PATIENCE) for _ in range(6)]
        for one in silent:
            one.sendall(request)
        for one in silent:
            assert one.recv(12) == b"HTTP/1.1 200"
        began = time.monotonic()
        assert ask(server.address, "/livez").status == 200
        assert time.monotonic() - began < len(silent)  # 2 s each where they are waited for in turn
        for one in silent:
            one.close()


def test_a_client_that_is_gone_while_it_sends_keeps_its_place_until_the_deadline(
    tmp_path: Path,
) -> None:
    make_fake_model(tmp_path)
    head = (
        f"POST {PREDICTIONS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n"
        f"Content-Type: {FORM['content_type']}\r\n\r\n"
    )
    with served(tmp_path, FAKE, admitted=1, deadline=5) as server:
        host, _, port = urlsplit(server.address).netloc.partition(":")
        with socket.create_connection((host, int(port)), PATIENCE) as gone:
            gone.sendall(head.encode() + FORM["data"][:1000])
            wait_for(lambda: "requests_admitted 1.0" in ask(server.address, "/metrics").text)
            wait_for(lambda: ask(server.address, PREDICTIONS, FORM).status == 200)
            assert gone.recv(12) == b"HTTP/1.1 408"


def test_connections_are_counted_once(tmp_path: Path) -> None:
    """Else the server believes, when it is told to end, that nobody is being answered."""
    home = make_gated_model(tmp_path)
    with served(tmp_path, FAKE) as server, ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask, server.address, PREDICTIONS, FORM)
        for _ in range(3):
            close = {"Connection": "close"}
            assert ask(server.address, "/livez", headers=close).status == 200
        wait_for_load(home)
        server.process.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            server.process.wait(1)
        open_gate(home)
        assert asking.result(PATIENCE).status == 200
