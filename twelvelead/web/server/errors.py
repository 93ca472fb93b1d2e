"""One table: our error -> status. One sentence for people, problem+json (RFC 9457) for programs."""

import errno
import logging
import math
import traceback
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from ecg.beats.beat_files import NoSymbol
from ecg.errors import (
    EmptyFile,
    FileTooLarge,
    NotAPicture,
    NotASignal,
    PageError,
    SignalError,
    SignalTooLarge,
)
from ecg.page.library import UnknownPicture
from ecg.page.page import MAX_BYTES
from ecg.signal.signal import MAX_BYTES as MAX_RECORDING
from ecg.simulate.sample_index import UnknownSample
from model_registry.errors import Busy, ModelUnavailable, RegistryError, UnknownModel, WrongInput
from twelvelead.web.jobs.job import NoRoom, UnknownRecording
from twelvelead.web.jobs.job_costs import TooMuchWork
from twelvelead.web.server.request_context import request_context
from twelvelead.web.server.services import services

LOG = logging.getLogger("twelvelead")


class RequestError(ValueError):
    """A request that lacks something, or says two things at once."""


class WrongKind(ValueError):
    """A body that is no form."""


class CrossSiteRequest(PermissionError):
    """A form sent by another site."""


class WrongHost(PermissionError):
    """A request for a name that this server does not answer to."""


class UnreadableUpload(ValueError):
    """What a decoder broke off at in a way that nobody foresaw."""


class Overloaded(RuntimeError):
    """More requests than can be answered in time; `retry_after` in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many requests are being answered: ask again in {retry_after} s.")
        self.retry_after = retry_after


class Unanswered(ModelUnavailable):
    """None of the models that were asked could answer; `causes` says why of each."""

    def __init__(self, told: str, causes: tuple[ModelUnavailable, ...]) -> None:
        super().__init__(told)
        self.causes = causes


STATUS: tuple[tuple[type[Exception], int], ...] = (  # the first that fits counts
    (RequestError, 400),
    (CrossSiteRequest, 403),
    (WrongHost, 421),
    (UnknownModel, 404),
    (UnknownPicture, 404),
    (UnknownSample, 404),
    (UnknownRecording, 404),
    (FileTooLarge, 413),
    (WrongKind, 415),
    (NotAPicture, 415),
    (UnreadableUpload, 422),
    (EmptyFile, 422),
    (PageError, 422),
    (SignalTooLarge, 413),
    (TooMuchWork, 413),
    (NotASignal, 415),
    (SignalError, 422),
    (NoSymbol, 422),
    (WrongInput, 422),
    (Overloaded, 503),
    (NoRoom, 503),
    (ModelUnavailable, 503),
    (RegistryError, 503),
)
SENTENCES = {
    400: "The request can't be read: see the API page for what it should hold.",
    404: "There is nothing at this address.",
    405: "This address doesn't take that method: see the API page.",
    408: "The request took too long to arrive: send less, or over a faster connection.",
    413: f"The request is too large: send one picture of at most {MAX_BYTES / 1e6:.0f} MB, saved smaller "
    "or as JPEG.",
    415: "This address takes form data with a picture in it.",
}
TOO_LARGE_RECORDING = (
    f"The request is too large: send one recording of at most {MAX_RECORDING / 1e6:.0f} MB."
)
DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
NO_ROOM_ON_DISK = "There is no room on this server's disk just now: ask again later."
UNEXPECTED = "Something went wrong on our side; the request was not answered. Try it again."


def told(error: Exception) -> tuple[int, str]:
    """The status and the sentence for an error; never what the client sent."""
    for kind, status in STATUS:
        if isinstance(error, kind):
            return status, str(error)
    if isinstance(error, RequestEntityTooLarge):
        takes_recordings = (request.max_content_length or 0) > MAX_RECORDING
        return 413, TOO_LARGE_RECORDING if takes_recordings else SENTENCES[413]
    if isinstance(error, HTTPException) and error.code:
        return error.code, SENTENCES.get(error.code, HTTPStatus(error.code).phrase + ".")
    name, place = type(error).__name__, place_of(error)
    LOG.error("unexpected %s in %s at %s", name, place, request.endpoint)
    return (503, NO_ROOM_ON_DISK) if is_of_the_disk(error) else (500, UNEXPECTED)


def is_of_the_disk(error: Exception) -> bool:
    """Whether nothing could be written: the disk is full or may only be read."""
    return isinstance(error, OSError) and error.errno in DISK


def retry_after(error: Exception) -> int | None:
    """Whole seconds, at least 1, after which asking again may help; None where it would not."""
    if isinstance(error, Unanswered):
        known = [found for one in error.causes if (found := retry_after(one)) is not None]
        return min(known, default=None)
    seconds: float | None = getattr(error, "retry_after", None)
    if seconds is None and isinstance(error, Busy):
        seconds = (request_context().room or services().admission).retry_after()
    return None if seconds is None else max(1, math.ceil(seconds))


def retry_header(error: Exception) -> dict[str, str]:
    """`Retry-After`, where asking again may help."""
    seconds = retry_after(error)
    return {} if seconds is None else {"Retry-After": str(seconds)}


def problem(status: int, detail: str) -> Response:
    """RFC 9457."""
    answer = jsonify(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=str(request.url_rule) if request.url_rule and not request.view_args else None,
    )
    answer.status_code = status
    answer.content_type = "application/problem+json"
    return answer


def wants_json() -> bool:
    """Whether the client is a program: the API always, elsewhere who doesn't ask for HTML by name."""
    asked = [kind for kind, _ in request.accept_mimetypes]
    if request.path.startswith("/api/") or "text/html" not in asked:
        return True
    kinds = ["text/html", "application/json", "application/problem+json"]
    return request.accept_mimetypes.best_match(kinds, "text/html") != "text/html"


def answer_error(error: Exception) -> Response:
    """What a client gets for an error anywhere in the app."""
    status, detail = told(error)
    if wants_json():
        answer: Response | tuple[str, int] = problem(status, detail)
    else:
        title = HTTPStatus(status).phrase
        answer = render_template("error.html", title=title, detail=detail, status=status), status
    made = answer if isinstance(answer, Response) else Response(answer[0], status)
    made.headers.update(retry_header(error))
    if status == 405:
        made.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or []))
    if status == 413:
        made.headers["Connection"] = "close"  # the rest of the body is not read
    return made


def place_of(error: Exception) -> str:
    """Where in the code an error arose; its own words may hold what a client sent."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "no frame"


def init_app(app: Flask) -> None:
    """Every error in the app is answered here."""
    app.register_error_handler(Exception, answer_error)
