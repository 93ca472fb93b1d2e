"""The entrance of views that take a page: who finds no room is told at once, his upload unread."""

import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, Protocol, TypeVar

from flask import Response, after_this_request, request
from werkzeug.exceptions import HTTPException

from twelvelead.web.admission.admission import Admission
from twelvelead.web.admission.reading import COPIES, no_memory
from twelvelead.web.server.clients import client_address
from twelvelead.web.server.errors import Overloaded
from twelvelead.web.server.request_context import request_context
from twelvelead.web.server.security import MAX_REQUEST, most_bytes
from twelvelead.web.server.services import Services, services

CONNECTION = (
    "gunicorn.socket"  # in the WSGI environment: a twelvelead.web.server.connection.Connection
)
CHUNK = 65_536  # bytes
DRAIN_SECONDS = 5.0  # in all, for the rest of an upload that nobody reads
DRAINS = threading.BoundedSemaphore(8)  # so many hold a thread for it; others are hung up on

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


class Body(Protocol):
    """What is left of an upload."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end."""


class Timed(Protocol):
    """A connection that reads until a moment (time.monotonic)."""

    until: float | None


def admitted(view: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """A view that is entered only while there is room, and not once the server was told to end.

    Raises Overloaded where there is none; the rest of the upload is read, after the answer was sent,
    so that a client that sends first and reads then gets the answer.
    """
    return _guard(view, lambda found: found.admission)


def admitted_with_recording(view: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """The same for recordings, which have a smaller room of their own: each takes much memory."""
    return _guard(view, lambda found: found.recordings)


def admitted_with_either(view: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """The same where a page or a recording may come: what is larger than a page can be is a recording.

    A smaller one is known as such once it was read, by `inside` the recordings' room.
    """

    def room_of(found: Services) -> Admission:
        return found.admission if announced() <= MAX_REQUEST else found.recordings

    return _guard(view, room_of)


def _guard(
    view: Callable[Arguments, Answer], room_of: Callable[[Services], Admission]
) -> Callable[Arguments, Answer]:
    @wraps(view)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        room = room_of(services())
        with _holding_upload(room), inside(room):
            return view(*args, **kwargs)

    return guarded


@contextmanager
def inside(room: Admission) -> Iterator[None]:
    """A place in a room for as long as the block runs; the one that this request has already does too.

    Raises Overloaded where there is none.
    """
    if request_context().room is room:
        yield
        return
    found, request_context().room = services(), room
    stopping = found.stopping()
    client = client_address()
    if stopping or not room.enter(client):
        raise _refusal(room, "stopping" if stopping else "full")
    began = time.monotonic()
    try:
        yield
    finally:
        room.leave(time.monotonic() - began, client)


@contextmanager
def _holding_upload(room: Admission) -> Iterator[None]:
    """Memory for the request's body, by the length that it tells, else the most that it may have."""
    uploads, size = services().uploads, announced()
    if size > most_bytes():
        size = 0  # refused before it is read
    if not uploads.enter(size):
        raise _refusal(room, "memory")
    try:
        yield
    finally:
        uploads.leave(size)


def announced() -> int:
    """Bytes that the request's body has at most, as far as can be told before it is read."""
    if request.content_length is not None:
        return request.content_length
    return most_bytes() if request.environ.get("wsgi.input_terminated") else 0


@contextmanager
def holding_signal(size: int) -> Iterator[None]:
    """Memory for a recording of `size` bytes of samples while its beats are classified.

    Raises Overloaded where others have taken it: what was read is let go of, and is to be sent again.
    """
    found, taken = services(), COPIES * size
    if not found.signals.enter(taken):
        raise no_memory()
    try:
        yield
    finally:
        found.signals.leave(taken)


def _refusal(room: Admission, reason: str) -> Overloaded:
    services().metrics.rejected.labels(reason).inc()
    after_this_request(_drain_when_sent)
    return Overloaded(room.retry_after())


def _drain_when_sent(answer: Response) -> Response:
    environ, length = request.environ, request.content_length
    most = most_bytes() if length is None else min(length, most_bytes())
    if not DRAINS.acquire(blocking=False):
        answer.headers["Connection"] = "close"
        return answer

    release = weakref.finalize(answer, DRAINS.release)  # once, also where nobody closes the answer

    def end() -> None:
        try:
            drain(environ["wsgi.input"], most, environ.get(CONNECTION))
        finally:
            release()

    answer.call_on_close(end)
    return answer


def drain(body: Body, most: int, connection: Timed | None = None) -> None:
    """Reads what is left of a body, at most `most` bytes, and no longer than DRAIN_SECONDS in all."""
    until = time.monotonic() + DRAIN_SECONDS
    if connection is not None:
        connection.until = until
    try:
        while most > 0 and time.monotonic() < until:
            read = len(body.read(min(CHUNK, most)))
            most -= read
            if not read:
                break
    except (OSError, HTTPException):
        return  # the client went away, sends nonsense, or too slowly to be waited for
