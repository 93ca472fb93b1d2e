"""A client that does not read its answer holds a thread only while there is a place."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from twelvelead.web.server import connection
from twelvelead.web.server.connection import Connection

LARGE = bytes(4_000_000)
Pair = tuple[Connection, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    with theirs, Connection(ours.family, ours.type, fileno=ours.detach()) as taken:
        taken.begin(9)
        yield taken, theirs


def have_patience(monkeypatch: pytest.MonkeyPatch, *stages: tuple[float, int | None]) -> None:
    """Waits so long, each while so many places are free."""
    made = tuple((s, None if n is None else threading.BoundedSemaphore(n)) for s, n in stages)
    monkeypatch.setattr(connection, "PATIENCE", made)


def check_taken(pair: Pair) -> None:
    """A client that reads gets all of an answer."""
    ours, theirs = pair
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(lambda: sum(iter(lambda: len(theirs.recv(65_536)), 0)))
        ours.sendall(LARGE)
        ours.close()
        assert reading.result() >= len(LARGE)


def test_it_works(pair: Pair) -> None:
    check_taken(pair)


def test_who_reads_nothing_is_hung_up_on_at_once_where_no_place_is_free(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    have_patience(monkeypatch, (0.01, None), (60, 0))
    began = time.monotonic()
    with pytest.raises(BrokenPipeError):
        pair[0].sendall(LARGE)
    assert time.monotonic() - began < 30
    assert pair[0].is_lost


def test_who_reads_a_little_at_a_time_has_no_more_time_in_all(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    have_patience(monkeypatch, (0.05, None), (0.2, 1))
    ours, theirs = pair

    def send_a_little_at_a_time() -> None:
        for _ in range(1000):  # each part is taken before the next one would be too late
            ours.sendall(LARGE[:300_000])
            theirs.recv(100_000)

    with pytest.raises(BrokenPipeError):
        send_a_little_at_a_time()


def test_a_place_is_given_back_and_the_next_answer_has_all_its_time(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    have_patience(monkeypatch, (0.01, None), (0.05, 1))
    for _ in range(3):
        pair[0].begin(9)
        with pytest.raises(BrokenPipeError):
            pair[0].sendall(LARGE)
        room = connection.PATIENCE[1][1]
        assert room is not None
        assert room.acquire(blocking=False)
        room.release()
    have_patience(monkeypatch, (60, None))
    pair[0].begin(9)
    check_taken(pair)
