"""Reading what somebody sent: in a slot, until the request's deadline, and nothing escapes a decoder."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.exceptions import HTTPException

from ecg.interrupt import Check
from twelvelead.web.server.errors import (
    STATUS,
    Overloaded,
    UnreadableUpload,
    is_of_the_disk,
    place_of,
)
from twelvelead.web.server.request_context import request_context
from twelvelead.web.server.services import services

LOG = logging.getLogger("twelvelead")
COPIES = 3  # of a recording's samples, filtered ones among them, while its beats are classified
FORESEEN: tuple[type[Exception], ...] = (HTTPException, *(kind for kind, _ in STATUS))


def no_memory() -> Overloaded:
    """For a recording for which there is no memory while others are classified."""
    services().metrics.rejected.labels("memory").inc()
    return Overloaded(services().recordings.retry_after())


@contextmanager
def slot() -> Iterator[Check]:
    """A slot to decode or digitise what was sent; gives what to call between steps that are short.

    Raises Busy where none was free before the request's deadline, and later where that passes;
    UnreadableUpload for what a decoder raises that nobody foresaw.
    """
    deadline = request_context().deadline
    with services().predictor.slot(deadline), foreseen():
        deadline.check()
        yield deadline.check


@contextmanager
def foreseen() -> Iterator[None]:
    """Slots what has no status of its own into UnreadableUpload; its class and place are logged."""
    try:
        yield
    except FORESEEN:
        raise
    except Exception as error:
        if is_of_the_disk(error):
            raise
        LOG.error("unforeseen %s in %s", type(error).__name__, place_of(error))
        raise UnreadableUpload("What was sent can't be read: export or record it again.") from error
