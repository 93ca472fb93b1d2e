"""SIGTERM: what is being answered is answered, nobody else is let in, and the server ends."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.web.live import (
    ALL,
    PREDICTIONS,
    ask,
    ask_over,
    connect,
    make_gated_model,
    open_gate,
    wait_for,
    wait_for_load,
)
from tests.support.web.web_fakes import FAKE, GUNICORN, PAGE, PATIENCE, large_form, served

FORM = large_form(PAGE, ALL)
GRACE = 6  # s, that the server gives those who are being answered
SLACK = 30  # s, for a machine that is busy
HASTY = (*GUNICORN, "--graceful-timeout", str(GRACE), FAKE)


def is_refused(address: str) -> bool:
    """Whether nobody takes a new connection."""
    host, _, port = urlsplit(address).netloc.partition(":")
    try:
        socket.create_connection((host, int(port)), PATIENCE).close()
    except ConnectionError:
        return True
    return False


def test_a_request_in_flight_is_answered_and_new_ones_are_refused(tmp_path: Path) -> None:
    home = make_gated_model(tmp_path)
    with served(tmp_path, FAKE) as server, ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask, server.address, PREDICTIONS, FORM)
        wait_for_load(home)
        server.process.terminate()
        wait_for(lambda: is_refused(server.address))
        assert not asking.done()
        open_gate(home)
        assert asking.result(PATIENCE).status == 200
        assert server.process.wait(PATIENCE) == 0


def test_who_is_connected_is_told_that_it_stops(tmp_path: Path) -> None:
    home = make_gated_model(tmp_path)
    with served(tmp_path, FAKE) as server, ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask, server.address, PREDICTIONS, FORM)
        wait_for_load(home)
        connection = connect(server.address)
        assert ask_over(connection, "/readyz").json["status"] == "ok"
        server.process.terminate()
        wait_for(lambda: ask_over(connection, "/readyz").json["status"] == "stopping")
        connection.close()
        open_gate(home)
        assert asking.result(PATIENCE).status == 200


def test_it_ends_in_time_while_a_model_is_warmed(tmp_path: Path) -> None:
    home = make_gated_model(tmp_path)
    with served(tmp_path, command=HASTY, warm="all") as server:
        wait_for_load(home)
        waiting = ask(server.address, "/readyz")
        assert (waiting.status, waiting.json["waiting_for"]) == (503, ["fake"])
        began = time.monotonic()
        server.process.terminate()
        server.process.wait(PATIENCE)
        assert time.monotonic() - began < GRACE + SLACK


def test_who_waits_for_a_model_to_the_end_is_told_so(tmp_path: Path) -> None:
    home = make_gated_model(tmp_path)
    with served(tmp_path, command=HASTY) as server, ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(ask, server.address, PREDICTIONS, FORM) for _ in range(3)]
        wait_for_load(home)
        began = time.monotonic()
        server.process.terminate()
        assert [one.result(PATIENCE).status for one in asking] == [503, 503, 503]
        assert server.process.wait(PATIENCE) == 0
        assert time.monotonic() - began < GRACE + SLACK


def test_no_process_of_a_model_outlives_the_server(tmp_path: Path) -> None:
    home = make_gated_model(tmp_path)
    with served(tmp_path, command=HASTY, warm="all") as server:
        wait_for_load(home)
        server.end()
        assert not server.reader.is_alive()  # nobody holds its stderr any more
