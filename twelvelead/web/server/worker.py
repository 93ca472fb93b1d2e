"""gunicorn's worker of threads, for clients that are slow, silent, many, or speak no HTTP.

A thread is taken by a request whose head is there in full, never by a connection. Until then it waits
in the one loop that takes connections, for HEAD_SECONDS; where there are too many, the one that has
waited longest makes room. Behind nginx all of this is idle: nginx does the same before.
"""

import errno
import json
import multiprocessing
import os
import selectors
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn import http
from gunicorn.http import errors
from gunicorn.workers.gthread import TConn, ThreadWorker

from twelvelead.web.server.clients import client_header
from twelvelead.web.server.connection import Connection, TimedBody
from twelvelead.web.server.headers import HEADERS
from twelvelead.web.server.waiting import PROBE, Waiting

LAST_WORDS = 4  # s before the end, in which those who still wait for a model are told so
PROBES = 2  # threads that nothing else takes
BUSY = "The server is busy. Try it again in a moment."
HEAD_SECONDS = 10.0  # in all, from the connection or its last answer
HEAD_BYTES = 32_768
END_SECONDS = 2.0  # for heads that are under way when the server is told to end
LINGERING = threading.BoundedSemaphore(
    16
)  # so many threads wait at once until a client has hung up
NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
STATUS: tuple[tuple[type[Exception], int, str], ...] = (  # the first that fits counts
    (errors.LimitRequestLine, 414, "The address is too long."),
    (errors.LimitRequestHeaders, 431, "The head of the request is too large."),
    (errors.ExpectationFailed, 417, "What the request expects is not done here."),
    (errors.UnsupportedTransferCoding, 501, "Of transfer codings only `chunked` is known here."),
    (errors.ParseException, 400, "This is no HTTP request that can be read."),
    (Exception, 500, "Something went wrong on our side; the request was not answered."),
)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """The thread that takes connections never waits for a client; nobody else waits for long.

    patience: seconds in all for a body. end_work: ends what is done in the background for nobody's request.
    """

    patience = 30.0
    end_work: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting = Waiting(client_header(os.environ))
        self.probes = ThreadPoolExecutor(PROBES, "probe")

    def accept(self, listener: Any) -> None:
        """Takes a connection; who has waited longest for nothing makes room for it."""
        if self.nr_conns + 1 >= self.worker_connections:
            self.drop_oldest()
        try:
            taken, address = listener.accept()
        except OSError as error:
            if error.errno in NO_ROOM:
                self.drop_oldest()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return
        connection = Connection(listener.family, listener.type, fileno=taken.detach())
        self.nr_conns += 1
        self.enqueue_req(TConn(self.cfg, connection, address, listener.getsockname()))

    def enqueue_req(self, conn: TConn) -> None:
        """Gives a request to a thread once its head is there; until then nothing waits for it."""
        if not conn.initialized and conn.parser is None:
            conn.parser = http.get_parser(self.cfg, conn.sock, conn.client)
        head = _gather(conn)
        if head is None:
            self.nr_conns -= 1
            conn.close()
        elif _is_whole(head) or len(head) > HEAD_BYTES:
            conn.head_until, conn.data_ready = None, True
            conn.sock.begin(self.patience)
            self.take(conn, head)
        else:
            now = time.monotonic()
            conn.head_until = getattr(conn, "head_until", None) or now + HEAD_SECONDS
            conn.timeout = min(conn.head_until, now + (HEAD_SECONDS if self.alive else END_SECONDS))
            self.pending_conns.append(conn)
            ready = partial(self.on_pending_socket_readable, conn)
            self.poller.register(conn.sock, selectors.EVENT_READ, ready)

    def take(self, conn: TConn, head: bytes) -> None:
        """Gives a request to a thread; probes have their own. Where too many wait, it is refused."""
        if PROBE.match(head):
            asked = self.probes.submit(self.handle, conn)
            asked.add_done_callback(
                lambda done: self.method_queue.defer(self.finish_request, conn, done)
            )
        elif self.waiting.enter(conn, head, conn.client):
            super().enqueue_req(conn)
        else:
            self.nr_conns -= 1
            with suppress(OSError):
                conn.sock.send(_refusal(503, BUSY))
            conn.close()

    def on_pending_socket_readable(self, conn: TConn, client: Connection) -> None:
        """Takes more of a head, unless its connection was dropped for another one in this same round."""
        if conn in self.pending_conns:
            super().on_pending_socket_readable(conn, client)

    def on_client_socket_readable(self, conn: TConn, client: Connection) -> None:
        """The same for the next request on a connection that was kept."""
        if conn in self.keepalived_conns:
            super().on_client_socket_readable(conn, client)

    def murder_pending(self) -> None:
        """Hangs up on those whose heads did not come in time."""
        now = time.monotonic()
        for conn in [one for one in self.pending_conns if one.timeout <= now]:
            self.drop(conn, self.pending_conns)

    def drop_oldest(self) -> None:
        """Hangs up on one that waits for a head, else on one that is kept alive."""
        for waiting in (self.pending_conns, self.keepalived_conns):
            if waiting:
                self.drop(min(waiting, key=lambda conn: conn.timeout), waiting)
                return

    def drop(self, conn: TConn, waiting: Any) -> None:
        """Hangs up on one of those who wait."""
        waiting.remove(conn)
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def set_accept_enabled(self, enabled: bool) -> None:
        """Once told to end, refuses new connections instead of leaving them in a queue until it has."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                listener.close()
            soon = time.monotonic() + END_SECONDS
            for conn in self.pending_conns:
                conn.timeout = min(conn.timeout, soon)
            self.end_work()
            self.end_models(max(0, self.cfg.graceful_timeout - LAST_WORDS))

    def end_models(self, seconds: float) -> None:
        """Ends the frameworks' processes after `seconds`: nobody waits for them, none outlives this one."""

        def end() -> None:
            time.sleep(seconds)
            while True:  # who waited behind another starts one more
                for child in multiprocessing.active_children():
                    child.terminate()
                time.sleep(0.1)

        threading.Thread(target=end, name="end models", daemon=True).start()

    def handle(self, conn: TConn) -> Any:
        """Answers a request; waits here, not where connections are taken, until the client has closed."""
        self.waiting.leave(conn)
        if _is_whole(conn.parser.unreader.buf.getvalue()):
            kept = super().handle(conn)
        else:
            kept = False
            too_large = errors.LimitRequestHeaders("")
            self.handle_error(None, conn.sock, conn.client, too_large)
        if kept:
            conn.sock.rest()
        else:
            _hang_up(conn)
            conn.close = lambda **_: None  # gunicorn closes again, and counts an error as one more
        return kept

    def handle_request(self, req: Any, conn: TConn) -> bool:
        """Answers a request; True where the connection can take another one."""
        body, must_close = TimedBody(req, req.body.reader), req.should_close
        req.body.reader = body
        # asked when the answer's head is sent: what nobody read is no beginning of a next request
        req.should_close = lambda: must_close() or not body.is_read
        return bool(super().handle_request(req, conn))

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Tells who sent no HTTP what is wrong, in our words: gunicorn's own repeat the client's."""
        del req, addr
        status, detail = next((code, told) for kind, code, told in STATUS if isinstance(exc, kind))
        if status == 500:
            self.log.error("An error outside of the app ended a request: %s.", type(exc).__name__)
        else:
            self.log.warning("A request that is no HTTP was refused.")
        try:
            client.sendall(_refusal(status, detail))
        except OSError:
            self.log.debug("Nobody was there to hear it.")


def _gather(conn: TConn) -> bytes | None:
    """What has come of a request, without waiting; None where the client has gone."""
    conn.sock.rest()
    conn.sock.setblocking(False)
    unreader = conn.parser.unreader
    if _is_whole(unreader.buf.getvalue()):
        return bytes(unreader.buf.getvalue())
    try:
        come = conn.sock.recv(HEAD_BYTES)
    except BlockingIOError:
        return bytes(unreader.buf.getvalue())
    except OSError:
        return None
    head: bytes = unreader.take_buffered() + come
    unreader.unread(head)
    return head if come else None


def _hang_up(conn: TConn) -> None:
    """Closes a connection once the client has, so that its answer isn't lost; without it where many wait."""
    if conn.sock.is_lost or not LINGERING.acquire(blocking=False):
        conn.close()
        return
    try:
        conn.sock.rest()
        conn.close(graceful=True)
    finally:
        LINGERING.release()


def _is_whole(head: bytes) -> bool:
    """Whether a head can be read, or refused, without waiting for more."""
    return b"\r\n\r\n" in head or head.count(b"\n") != head.count(b"\r\n")


def _refusal(status: int, detail: str) -> bytes:
    """An answer as the app gives it, for a request that never came to the app."""
    title = HTTPStatus(status).phrase
    problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    body = json.dumps(problem | {"instance": None}).encode()
    lines = {
        **HEADERS,
        "Cache-Control": "no-store",
        "Connection": "close",
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(body)),
    }
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        lines["Retry-After"] = "2"
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} {title}\r\n{head}\r\n".encode() + body
