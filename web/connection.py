"""A client's connection and the body that comes over it: each has so long in all, however it trickles."""

import errno
import socket
import time
from typing import Any, Protocol

from gunicorn.http.errors import ParseException
from werkzeug.exceptions import BadRequest, RequestTimeout

SENDING = 60.0  # s in all for a client to take its answer


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
    _sent_until: float | None = None

    def begin(self, seconds: float) -> None:
        """A new request, whose body has `seconds` from now."""
        self.until, self._sent_until = time.monotonic() + seconds, None

    def rest(self) -> None:
        """No request is read or answered now."""
        self.until = self._sent_until = None

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """As a socket's. Raises TimeoutError at `until`."""
        if self.until is not None:
            self._wait_until(self.until)
        return super().recv(size, flags)

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        """As a socket's. Raises BrokenPipeError where the client did not take all in SENDING seconds."""
        if self._sent_until is None:
            self._sent_until = time.monotonic() + SENDING
        try:
            self._wait_until(self._sent_until)
            super().sendall(data, flags)
        except TimeoutError:
            raise BrokenPipeError(errno.EPIPE, "the client reads too slowly") from None

    def _wait_until(self, moment: float) -> None:
        left, own = moment - time.monotonic(), self.gettimeout()
        if left <= 0:
            raise TimeoutError
        self.settimeout(left if own is None else min(left, own))


class TimedBody:
    """What reads the body of one of gunicorn's requests, and says what is wrong with it.

    After an error nobody knows where the next request would begin: the connection is closed.
    """

    def __init__(self, request: Any, reader: Reader) -> None:
        self._request, self._reader = request, reader

    def read(self, size: int) -> bytes:
        """At most `size` bytes.

        Raises BadRequest for malformed chunks and for a body that breaks off, RequestTimeout.
        """
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
