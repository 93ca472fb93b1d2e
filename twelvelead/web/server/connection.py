"""A client's connection and the body that comes over it: each has so long in all, however it trickles."""

import errno
import math
import select
import socket
import threading
import time
from contextlib import ExitStack
from typing import Any, Protocol

from gunicorn.http.errors import ParseException

SENDING = 60.0  # s in all for a client to take its answer
# How long an answer may wait until its client takes more of it, in all: the first while in any thread,
# longer only while one of so many places is free, or those who do not read would hold all threads.
PATIENCE: tuple[tuple[float, threading.Semaphore | None], ...] = (
    (0.05, None),
    (1.0, threading.BoundedSemaphore(16)),
    (SENDING, threading.BoundedSemaphore(8)),
)


class Reader(Protocol):
    """One of gunicorn's, for a body of a known length or of chunks."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end."""


class Connection(socket.socket):
    """gunicorn's socket, with a total time to read a request and another to send its answer.

    A socket's own time-out counts anew from each byte. until: the moment (time.monotonic) at which
    reading ends, None where nobody waits, as while the head of a request is gathered.
    """

    until: float | None = None
    is_lost = False  # whether an answer broke off: nothing is left to be waited for
    _sent_until: float | None = None
    _waited = 0.0  # s in which the client took nothing of its answer

    def begin(self, seconds: float) -> None:
        """A new request, whose body has `seconds` from now."""
        self.rest()
        self.until = time.monotonic() + seconds

    def rest(self) -> None:
        """No request is read or answered now."""
        self.until, self._sent_until, self._waited = None, None, 0.0

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """As a socket's. Raises TimeoutError at `until`."""
        if self.until is not None:
            self._wait_until(self.until)
        return super().recv(size, flags)

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        """As a socket's. Raises BrokenPipeError where the client takes too long, or many such are served."""
        if self._sent_until is None:
            self._sent_until = time.monotonic() + SENDING
        left, before = memoryview(data).cast("B"), self.gettimeout()
        self.setblocking(False)
        try:
            with ExitStack() as places:
                for longest, room in PATIENCE:
                    if room is not None:
                        if not room.acquire(blocking=False):
                            break
                        places.callback(room.release)
                    left = self._send(left, flags, longest)
                    if not left:
                        return
        finally:
            self.settimeout(before)
        self.is_lost = True
        raise BrokenPipeError(errno.EPIPE, "the client reads too slowly")

    def _send(self, left: memoryview, flags: int, longest: float) -> memoryview:
        """What is left of the bytes when the client was waited for so long, in all of its answer."""
        ready = select.poll()
        ready.register(self, select.POLLOUT)
        while left and (seconds := self._patience(longest)) > 0:
            try:
                left = left[self.send(left, flags) :]
            except BlockingIOError:  # nothing else counts: a busy server is not the client's fault
                began = time.monotonic()
                ready.poll(math.ceil(seconds * 1000))
                self._waited += time.monotonic() - began
        return left

    def _patience(self, longest: float) -> float:
        """Seconds for which the client may still be waited for."""
        until = self._sent_until or 0.0
        return min(longest - self._waited, until - time.monotonic())

    def _wait_until(self, moment: float) -> None:
        left = moment - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if self.gettimeout() != 0:  # 0: it waits for nothing at all
            self.settimeout(left)


class TimedBody:
    """What reads the body of one of gunicorn's requests, and says what is wrong with it.

    After an error nobody knows where the next request would begin: the connection is closed.
    """

    def __init__(self, request: Any, reader: Reader) -> None:
        self._request, self._reader = request, reader

    @property
    def is_read(self) -> bool:
        """Whether nothing of it is left on the connection."""
        length = getattr(self._reader, "length", None)
        return getattr(self._reader, "parser", None) is None if length is None else length == 0

    def read(self, size: int) -> bytes:
        """At most `size` bytes.

        Raises BadRequest for malformed chunks and for a body that breaks off, RequestTimeout.
        """
        from werkzeug.exceptions import BadRequest, RequestTimeout

        announced = min(size, getattr(self._reader, "length", 0))  # chunks announce no length
        try:
            data = self._reader.read(size)
        except TimeoutError:
            self._request.force_close()
            raise RequestTimeout from None
        except (ParseException, OSError):
            self._request.force_close()
            raise BadRequest from None
        if len(data) < announced:
            self._request.force_close()
            raise BadRequest
        return data
