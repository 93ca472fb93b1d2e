"""web.server.worker's loop: whoever is dropped to make room may have sent something in the same round."""

import selectors
import socket
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from functools import partial

import pytest
from gunicorn.config import Config
from gunicorn.workers.gthread import TConn

from tests.support.web.raw_http import HOST, hear
from tests.web.server.test_worker import check_refused
from twelvelead.web.server.waiting import EACH
from twelvelead.web.server.worker import Worker

ROOM = 2  # connections that wait for something


class Log:
    """gunicorn's, which says nothing here."""

    def debug(self, *_: object) -> None:
        """Says nothing."""


class Busy:
    """Threads that are all taken."""

    def __init__(self) -> None:
        self.given: list[TConn] = []

    def submit(self, _: object, conn: TConn) -> Future[bool]:
        """Nothing of it is ever done."""
        self.given.append(conn)
        return Future()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as found:
        found.setblocking(False)
        yield found


@pytest.fixture
def worker(listener: socket.socket) -> Iterator[Worker]:
    config = Config()
    config.set("worker_connections", ROOM)
    config.set("threads", 1)
    made = Worker(0, 0, [listener], None, 1, config, Log())
    made.poller = selectors.DefaultSelector()
    made.tpool = Busy()
    yield made
    for conn in [*made.pending_conns, *made.tpool.given]:
        conn.close()
    made.poller.close()
    made.tmp.close()


def keep(worker: Worker, conn: TConn) -> None:
    """Waits for the next request on a connection, as gunicorn does after an answer."""
    worker.keepalived_conns.append(conn)
    ready = partial(worker.on_client_socket_readable, conn)
    worker.poller.modify(conn.sock, selectors.EVENT_READ, ready)


@pytest.mark.parametrize("waiting", ["pending_conns", "keepalived_conns"])
def test_who_was_dropped_in_this_round_is_not_read_any_more(
    worker: Worker, listener: socket.socket, waiting: str
) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(socket.create_connection(listener.getsockname()))
        worker.accept(listener)
        if waiting == "keepalived_conns":
            keep(worker, worker.pending_conns.pop())
        first.sendall(b"GET")
        events = worker.poller.select(1)
        second = stack.enter_context(socket.create_connection(listener.getsockname()))
        worker.accept(listener)
        for key, _ in events:  # as gunicorn goes on with what it found ready
            key.data(key.fileobj)

        assert [conn.client for conn in worker.pending_conns] == [second.getsockname()]
        assert (worker.nr_conns, len(worker.keepalived_conns)) == (1, 0)


def test_who_asks_when_all_threads_are_taken_and_many_wait_is_told_so(
    worker: Worker, listener: socket.socket
) -> None:
    with ExitStack() as stack:
        for _ in range(EACH + 1):
            last = stack.enter_context(socket.create_connection(listener.getsockname()))
            last.sendall(f"GET / HTTP/1.1\r\n{HOST}\r\n".encode())
            worker.accept(listener)
        said = hear(last)
        check_refused(said, 503)
        assert said.header("Retry-After") == "2"
        assert worker.nr_conns == EACH
