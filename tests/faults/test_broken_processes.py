"""Processes of the container that are killed, stopped, or told to end under load."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.container.test_supervise import needs_nginx
from tests.faults.machine import (
    PAGE,
    PAGES,
    PATIENCE,
    RECORDING,
    Server,
    check_well,
    is_gone,
    running,
    says_nothing,
    send,
)
from tests.support.web.live import wait_for
from tests.support.web.raw_http import connect, post

pytestmark = [pytest.mark.faults, needs_nginx]
GUNICORN, NGINX = 0, 1
LOAD = 8  # clients


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("machine") / "run") as found:
        yield found


def ask_for_pages(server: Server, count: int) -> list[int | None]:
    """The statuses of so many requests, None where the connection was lost."""

    def once(_: int) -> int | None:
        try:
            return send(server, PAGES, "small_cnn", PAGE.read_bytes()).status
        except (OSError, HTTPException):
            return None

    with ThreadPoolExecutor(LOAD) as pool:
        return list(pool.map(once, range(count)))


@pytest.mark.parametrize("part", [GUNICORN, NGINX], ids=["gunicorn", "nginx"])
def test_a_worker_that_is_killed_is_replaced(server: Server, part: int) -> None:
    before = server.worker(part)
    with ThreadPoolExecutor(1) as pool:
        load = pool.submit(ask_for_pages, server, 40)
        os.kill(before, signal.SIGKILL)
        assert set(load.result(PATIENCE)) <= {200, 503, None}
    check_well(server)
    assert server.worker(part) != before


def test_uploads_that_a_killed_nginx_had_begun_are_forgotten(server: Server) -> None:
    with ExitStack() as stack:
        for _ in range(32):
            one = stack.enter_context(connect(server.port))
            one.sendall(post(PAGES, "Content-Length: 5000000", body="-" * 600_000).encode())
        before, workers = server.children(NGINX)
        os.kill(workers[0], signal.SIGKILL)
        wait_for(lambda: server.has_new_nginx(before))  # what is sent meanwhile is lost with it
        check_well(server)


@pytest.mark.parametrize("part", [GUNICORN, NGINX], ids=["gunicorn", "nginx"])
def test_a_worker_that_stands_still_says_nothing_and_goes_on_later(
    server: Server, part: int
) -> None:
    worker = server.worker(part)
    os.kill(worker, signal.SIGSTOP)
    try:
        assert says_nothing(server)
    finally:
        os.kill(worker, signal.SIGCONT)
    check_well(server)
    assert server.worker(part) == worker


@pytest.mark.parametrize("part", [GUNICORN, NGINX], ids=["gunicorn", "nginx"])
def test_a_master_that_stands_still_stops_no_request(server: Server, part: int) -> None:
    master, _ = server.children(part)
    os.kill(master, signal.SIGSTOP)
    try:
        check_well(server)
    finally:
        os.kill(master, signal.SIGCONT)
    check_well(server)


def test_a_worker_of_gunicorn_that_stands_still_for_long_is_replaced(server: Server) -> None:
    worker = server.worker(GUNICORN)
    os.kill(worker, signal.SIGSTOP)
    wait_for(lambda: is_gone(worker))
    check_well(server)


@pytest.mark.parametrize("part", [GUNICORN, NGINX], ids=["gunicorn", "nginx"])
def test_when_a_master_is_killed_all_of_it_ends_and_can_start_again(
    tmp_path: Path, part: int
) -> None:
    with running(tmp_path / "run") as server:
        pids = [pid for place in (GUNICORN, NGINX) for pid in _family(server, place)]
        os.kill(server.children(part)[0], signal.SIGKILL)
        assert server.process.wait(PATIENCE) == 128 + signal.SIGKILL
        wait_for(lambda: all(is_gone(pid) for pid in pids))
        assert server.ready() is None
    with running(tmp_path / "run") as server:
        check_well(server)


def _family(server: Server, place: int) -> list[int]:
    master, workers = server.children(place)
    return [master, *workers]


def test_sigterm_under_load_answers_or_refuses_and_ends_well(tmp_path: Path) -> None:
    with running(tmp_path / "run") as server, ThreadPoolExecutor(1) as pool:
        load = pool.submit(ask_for_pages, server, 60)
        assert send(server, PAGES, "small_cnn", PAGE.read_bytes()).status in (200, 503)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(PATIENCE) == 0
        assert set(load.result(PATIENCE)) <= {200, 503, None}


def test_sigterm_during_a_recording_aborts_nothing(tmp_path: Path) -> None:
    minute = [line.split(",")[1] for line in RECORDING.read_text("utf-8").splitlines()[1:]]
    hour = "\n".join(["MLII", *minute * 20, ""])
    with running(tmp_path / "run") as server:
        assert send(server, "/signals", "all", hour.encode()).status == 303
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(PATIENCE) == 0
    told = (tmp_path / "said.log").read_text("utf-8")
    assert "terminate called" not in told
    assert "SIGABRT" not in told
