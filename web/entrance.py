"""The entrance of views that take a page: who finds no room is told at once, his upload unread."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar

from flask import Response, after_this_request, request

from web.admission import Admission
from web.errors import Overloaded
from web.security import most_bytes
from web.services import Services, services
from web.visits import visit

CONNECTION = "gunicorn.socket"  # in the WSGI environment
LEAST_PATIENCE = 0.001  # s; 0 would mean not to wait for anything
CHUNK = 65_536  # bytes
DRAIN_SECONDS = 5.0  # for the rest of an upload that nobody reads

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


@contextmanager
def patience(connection: Any, seconds: float) -> Iterator[None]:
    """A client that is gone while it sends, as phones are, keeps its place no longer than `seconds`.

    connection: gunicorn's socket, or None where another server runs the app.
    """
    if connection is None:
        yield
        return
    connection.settimeout(max(seconds, LEAST_PATIENCE))
    try:
        yield
    finally:
        connection.settimeout(None)


class Body(Protocol):
    """What is left of an upload."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end."""


def admitted(view: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """A view that is entered only while there is room, and not once the server was told to end.

    Raises Overloaded where there is none; the rest of the upload is read, after the answer was sent,
    so that a client that sends first and reads then gets the answer.
    """
    return _guard(view, lambda found: found.admission)


def admitted_with_recording(view: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """The same for recordings, which have a smaller room of their own: each takes much memory."""
    return _guard(view, lambda found: found.recordings)


def _guard(
    view: Callable[Arguments, Answer], room_of: Callable[[Services], Admission]
) -> Callable[Arguments, Answer]:
    @wraps(view)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        room = room_of(services())
        connection, left = request.environ.get(CONNECTION), visit().deadline.left()
        with _holding_upload(room), inside(room), patience(connection, left):
            return view(*args, **kwargs)

    return guarded


@contextmanager
def inside(room: Admission) -> Iterator[None]:
    """A place in a room for as long as the block runs. Raises Overloaded where there is none."""
    found = services()
    stopping = found.stopping()
    if stopping or not room.enter():
        raise _refusal(room, "stopping" if stopping else "full")
    began = time.monotonic()
    try:
        yield
    finally:
        room.leave(time.monotonic() - began)


@contextmanager
def _holding_upload(room: Admission) -> Iterator[None]:
    """Memory for the request's body, by the length that it tells, else the most that it may have."""
    uploads, size, most = services().uploads, request.content_length, most_bytes()
    if size is None:
        size = most if request.environ.get("wsgi.input_terminated") else 0
    elif size > most:
        size = 0  # refused before it is read
    if not uploads.enter(size):
        raise _refusal(room, "memory")
    try:
        yield
    finally:
        uploads.leave(size)


def _refusal(room: Admission, reason: str) -> Overloaded:
    services().metrics.rejected.labels(reason).inc()
    after_this_request(_drain_when_sent)
    return Overloaded(room.retry_after())


def _drain_when_sent(answer: Response) -> Response:
    environ, length = request.environ, request.content_length
    most = most_bytes() if length is None else min(length, most_bytes())
    answer.call_on_close(lambda: drain(environ["wsgi.input"], most, environ.get(CONNECTION)))
    return answer


def drain(body: Body, most: int, connection: Any = None) -> None:
    """Reads what is left of a body, at most `most` bytes, and no longer than DRAIN_SECONDS."""
    until = time.monotonic() + DRAIN_SECONDS
    try:
        while most > 0 and (left := until - time.monotonic()) > 0:
            if connection is not None:
                connection.settimeout(left)
            read = len(body.read(min(CHUNK, most)))
            most -= read
            if not read:
                break
    except OSError:
        return  # the client went away, or sends too slowly to be waited for
    finally:
        if connection is not None:
            connection.settimeout(None)
