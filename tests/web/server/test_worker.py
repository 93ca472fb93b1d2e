"""web.server.worker, live: what is no HTTP is refused in our words, and slow clients hold nobody up."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tests.support.models.fake_framework import make_fake_model
from tests.support.web.live import PREDICTIONS, ask, wait_for
from tests.support.web.raw_http import HOST, Said, chunked, connect, hear, post, say
from tests.support.web.web_fakes import FAKE, PAGE, large_form, served
from twelvelead.web.server.headers import HEADERS
from twelvelead.web.shown.plotly_files import plotly_version

HONEST = large_form(PAGE, [("model", "all")])
GET = "GET /livez HTTP/1.1\r\n"
NEXT = f"{GET}{HOST}\r\n"  # what must not be taken for a request of its own
MALFORMED = {
    "a size that is no number": chunked(PREDICTIONS, "5\r\nhello\r\n", "zz\r\n"),
    "a negative size": chunked(PREDICTIONS, "-5\r\nhello\r\n"),
    "no size": chunked(PREDICTIONS, "\r\nhello\r\n"),
    "a size with 0x": chunked(PREDICTIONS, "0x5\r\nhello\r\n"),
    "a chunk longer than its size": chunked(PREDICTIONS, "5\r\nhello, world\r\n0\r\n\r\n"),
    "an extension with a control character": chunked(PREDICTIONS, "5;a=\x01\r\nhello\r\n0\r\n\r\n"),
    "an extension without end": chunked(PREDICTIONS, "5;" + "a" * 20_000),
    "a trailer that is a length": chunked(PREDICTIONS, "0\r\nContent-Length: 5\r\n\r\n"),
    "a trailer that is no header": chunked(PREDICTIONS, "5\r\nhello\r\n0\r\nnonsense\r\n\r\n"),
    "a length and chunks": post(
        PREDICTIONS, "Content-Length: 5", "Transfer-Encoding: chunked", body=f"0\r\n\r\n{NEXT}"
    ),
    "two lengths": post(PREDICTIONS, "Content-Length: 5", "Content-Length: 6", body="hello!"),
    "a negative length": post(PREDICTIONS, "Content-Length: -5", body=NEXT),
    "a length with a sign": post(PREDICTIONS, "Content-Length: +5", body="hello"),
    "a length in words": post(PREDICTIONS, "Content-Length: five", body="hello"),
    "chunks in chunks": post(PREDICTIONS, "Transfer-Encoding: chunked, chunked", body="0\r\n\r\n"),
    "an encoding before the colon": post(PREDICTIONS, "Transfer-Encoding : chunked", body=NEXT),
    "chunks in HTTP/1.0": chunked(PREDICTIONS, f"0\r\n\r\n{NEXT}").replace("1.1", "1.0", 1),
    "a folded header": f"{GET}{HOST}X-A: a\r\n b\r\n\r\n",
    "a control character": f"{GET}{HOST}X-A: a\x01b\r\n\r\n",
    "lines that end with LF": "GET /livez HTTP/1.1\nHost: x\n\n",
    "TLS": "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "HTTP/2": f"PRI * HTTP/2.0\r\n{HOST}\r\n",
}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("models")
    make_fake_model(folder)
    with served(folder, FAKE, deadline=5) as server:
        yield int(urlsplit(server.address).netloc.partition(":")[2])


def answers(port: int) -> bool:
    address = f"http://127.0.0.1:{port}"
    return {ask(address, path).status for path in ("/livez", "/readyz", "/")} == {200}


def check_refused(said: Said, status: int) -> None:
    """One answer, with a sentence and our headers, and the end of the connection announced."""
    assert (said.statuses, said.connection) == ([status], ["close"])
    assert json.loads(said.text.partition("\r\n\r\n")[2])["detail"].endswith(".")
    assert said.header("Content-Type") == "application/problem+json"
    for name, value in HEADERS.items():
        assert said.header(name) == value


def test_it_works(port: int) -> None:
    body = f"{len(HONEST['data']):x}\r\n{HONEST['data'].decode('latin-1')}\r\n0\r\nX-After: all\r\n\r\n"
    assert say(port, chunked(PREDICTIONS, body)).statuses == [200]


@pytest.mark.parametrize("request_", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_request_is_refused_once_and_its_connection_closed(
    port: int, request_: str
) -> None:
    check_refused(say(port, request_), 400)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (f"GET /{'a' * 6000} HTTP/1.1\r\n{HOST}\r\n", 414),
        (f"{GET}{HOST}X-A: {'a' * 9000}\r\n\r\n", 431),
        (f"{GET}{HOST}X-A: {'a' * 90_000}", 431),
        (f"{GET}{HOST}" + "X-A: a\r\n" * 200 + "\r\n", 431),
        (post(PREDICTIONS, "Expect: the-worst", "Content-Length: 0"), 417),
        (post(PREDICTIONS, "Transfer-Encoding: rot13", body="0\r\n\r\n"), 501),
    ],
)
def test_what_is_too_much_or_unknown_has_its_own_status(
    port: int, request_: str, status: int
) -> None:
    check_refused(say(port, request_), status)


def test_a_refusal_does_not_repeat_what_was_sent(port: int) -> None:
    assert "secret" not in say(port, f"GET /secret secret HTTP/1.1\r\n{HOST}\r\n").text
    assert "secret" not in say(port, chunked(PREDICTIONS, "secret\r\n")).text


def test_a_body_that_breaks_off_is_refused(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(post(PREDICTIONS, "Content-Length: 5000", body="--edge").encode())
        connection.shutdown(socket.SHUT_WR)
        check_refused(hear(connection), 400)


def test_what_nobody_reads_is_no_next_request(port: int) -> None:
    told = say(port, post("/nothing/here", f"Content-Length: {len(NEXT)}", body=NEXT))
    assert (told.statuses, told.connection) == ([404], ["close"])
    told = say(port, chunked("/nothing/here", "5\r\nhello\r\n", "zz\r\n", NEXT))
    assert (told.statuses, told.connection) == ([404], ["close"])


def test_requests_behind_each_other_are_answered_in_order(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(f"{GET}{HOST}\r\n{GET}{HOST}\r\nGET / HTTP/1.1\r\n".encode())
        connection.sendall(f"{HOST}Connection: close\r\n\r\n".encode())
        assert hear(connection).statuses == [200, 200, 200]


@pytest.mark.parametrize("begin", ["", GET, f"{GET}{HOST}X-A: "], ids=["silent", "line", "header"])
def test_hundreds_who_send_no_whole_head_stop_nobody(port: int, begin: str) -> None:
    with ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(connect(port)).sendall(begin.encode())
        assert answers(port)


def test_more_connections_than_there_is_room_for_close_the_oldest(port: int) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(connect(port))
        for _ in range(1100):
            stack.enter_context(connect(port))
        assert hear(first).text == ""
        assert answers(port)


def test_a_head_has_its_time_in_all(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(GET.encode())
        connection.settimeout(0.5)

        def hangs_up() -> bool:
            try:
                connection.sendall(b"X")
                return connection.recv(1) == b""
            except TimeoutError:
                return False
            except OSError:
                return True

        wait_for(hangs_up)


def test_a_body_that_trickles_has_its_time_in_all(port: int) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(connect(port)) for _ in range(70)]
        for one in slow:
            one.sendall(post(PREDICTIONS, "Content-Length: 5000").encode())
        assert answers(port)
        first = slow[0]
        first.settimeout(0.5)
        told: list[bytes] = []

        def is_told() -> bool:
            first.sendall(b"-")
            try:
                told.append(first.recv(12))
            except TimeoutError:
                return False
            return True

        wait_for(is_told)
        assert told in ([b"HTTP/1.1 408"], [b"HTTP/1.1 503"])
    wait_for(lambda: ask(f"http://127.0.0.1:{port}", PREDICTIONS, HONEST).status == 200)


def test_those_who_do_not_read_their_answers_hold_up_nobody(port: int) -> None:
    script = f"/static/plotly/{plotly_version()}.js"
    assert len(ask(f"http://127.0.0.1:{port}", script).text) > 1_000_000
    with ExitStack() as stack:
        for _ in range(80):
            slow = stack.enter_context(connect(port))
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.sendall(f"GET {script} HTTP/1.1\r\n{HOST}\r\n".encode())
        assert answers(port)
