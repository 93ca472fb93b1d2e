"""Log lines: one a request, and errors; none holds a file's name, an address or anything of a page."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from twelvelead.web.server.settings import Log

if TYPE_CHECKING:
    from flask import Flask, Response

LOG = logging.getLogger("twelvelead.requests")
ROOT = "twelvelead"
STATIC = "/static/"
LEVELS = {5: logging.ERROR, 4: logging.WARNING}  # by the status' first digit
REFUSED = 503  # expected under load, and when a model is out
GUNICORN = {  # the beginning of what would name a client's address or path -> what is said instead
    "Invalid request from": "A request that is no HTTP was refused.",
    "Error handling request": "An error outside of the app ended a request.",
}


class JsonLines(logging.Formatter):
    """Each record as one line of JSON: time, level, message, request_id, and its own `facts`."""

    def format(self, record: logging.LogRecord) -> str:
        """A line without its end."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
        }
        if known := _request_id():
            line["request_id"] = known
        facts: dict[str, Any] = getattr(record, "facts", {})
        return json.dumps(line | (facts or {"message": record.getMessage()}))


class TextLines(logging.Formatter):
    """The same for people."""

    def format(self, record: logging.LogRecord) -> str:
        """A line without its end."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        words = [time, record.levelname.lower(), *filter(None, [_request_id()])]
        return f"{' '.join(words)} {record.getMessage()}"


def start_logging(kind: Log) -> None:
    """Sends this program's records to stderr, whatever was set up before; for a server's start."""
    told = logging.StreamHandler(sys.stderr)
    told.setFormatter(TextLines() if kind == "text" else JsonLines())
    log = logging.getLogger(ROOT)
    log.handlers = [told]
    log.propagate = False
    log.setLevel(logging.INFO)
    LOG.disabled = kind == "off"
    logging.getLogger("gunicorn.error").addFilter(without_clients)


def without_clients(record: logging.LogRecord) -> bool:
    """Takes out of gunicorn's own records what they would tell of a client."""
    for begin, instead in GUNICORN.items():
        if str(record.msg).startswith(begin):
            record.msg, record.args = instead, ()
    return True


def init_app(app: "Flask") -> None:
    """Every answer but those of static files has its line."""
    app.after_request(_tell)


def _request_id() -> str | None:
    """That of the request that is being answered, if one is."""
    if "flask" not in sys.modules:  # gunicorn's master, which answers none and stays small
        return None
    from flask import has_request_context

    from twelvelead.web.server.request_context import request_context

    return request_context().id if has_request_context() else None


def _tell(answer: "Response") -> "Response":
    from twelvelead.web.server.request_context import method, request_context, route

    rule, status, here = route(), answer.status_code, request_context()
    if rule.startswith(STATIC):
        return answer
    facts = {
        "method": method(),
        "route": rule,
        "status": status,
        "ms": round(1000 * here.seconds(), 1),
        "models": list(here.models),
        "decisions": dict(here.decisions),
    }
    level = logging.WARNING if status == REFUSED else LEVELS.get(status // 100, logging.INFO)
    counts = [f"{name}={count}" for name, count in here.decisions.items()]
    words = [f"{method()} {rule} {status} in {facts['ms']} ms", *here.models, *counts]
    LOG.log(level, "%s", " ".join(words), extra={"facts": facts})
    return answer
