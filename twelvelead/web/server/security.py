"""Headers on every answer, forms from our own pages only, limits on what a request may hold."""

from flask import Flask, Response, request

from ecg.page.page import MAX_BYTES
from ecg.signal.signal import MAX_BYTES as MAX_RECORDING
from twelvelead.web.forms.parsing import MemoryRequest
from twelvelead.web.server.errors import CrossSiteRequest
from twelvelead.web.server.headers import HEADERS
from twelvelead.web.server.hosts import refuse_other_hosts

FORM_OVERHEAD = 64_000  # bytes beside the picture: boundaries, names, choices
MAX_REQUEST = MAX_BYTES + FORM_OVERHEAD
MAX_SIGNAL_REQUEST = MAX_RECORDING + FORM_OVERHEAD
SIGNAL_BLUEPRINTS = ("signal_pages", "signal_api")  # whose routes take recordings
EITHER = "api.predict_as_before"  # takes a page or a recording
FORM_MEMORY = 500_000  # bytes of fields that are no file; the parser's own buffer counts too
SAFE = ("GET", "HEAD", "OPTIONS")


def init_app(app: Flask) -> None:
    """Puts the limits, the check of forms and the headers on an app."""
    app.request_class = MemoryRequest
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_REQUEST,
        MAX_FORM_PARTS=100,
        MAX_FORM_MEMORY_SIZE=FORM_MEMORY,
    )
    app.url_map.merge_slashes = False  # a redirect to the merged address would echo it
    app.before_request(refuse_other_hosts)
    app.before_request(refuse_other_sites)
    app.before_request(set_limit)
    app.after_request(add_headers)


def refuse_other_sites() -> None:
    """Raises CrossSiteRequest for an unsafe method that a page of another site sent.

    Browsers say by `Sec-Fetch-Site` where a request comes from; over plain HTTP they leave it out
    and `Origin` tells. Programs send neither.
    """
    if request.method in SAFE:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        ours = site in ("same-origin", "none")
    else:
        ours = origin is None or origin.partition("://")[2] == request.host
    if not ours:
        raise CrossSiteRequest("Forms are taken from this site's own pages only.")


def most_bytes() -> int:
    """What a request to this address may hold: a recording is larger than the picture of a page."""
    takes_recordings = request.blueprint in SIGNAL_BLUEPRINTS or request.endpoint == EITHER
    return MAX_SIGNAL_REQUEST if takes_recordings else MAX_REQUEST


def set_limit() -> None:
    """Larger bodies are refused where the body is read."""
    request.max_content_length = most_bytes()


def add_headers(answer: Response) -> Response:
    """Security headers; results and everything else that isn't said to be lasting is not stored."""
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    if "Cache-Control" not in answer.headers or request.method not in SAFE:
        answer.headers["Cache-Control"] = "no-store"
    return answer
