"""What is known of the request that is being answered: its id, its deadline, what it asked for."""

import re
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field

from flask import Flask, Response, g, request

from twelvelead.inference.batch import Batch
from twelvelead.inference.prediction import Answers
from twelvelead.inference.resources.limits import Deadline
from twelvelead.web.admission.admission import Admission
from twelvelead.web.server.services import services

HEADER = "X-Request-ID"
TAKEN = re.compile(r"[A-Za-z0-9._-]{8,64}")  # what a proxy may have given it
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNKNOWN, OTHER = "none", "other"  # for an address without a route, for a method that isn't HTTP's


@dataclass
class RequestContext:
    """One request. models: registered keys only; decisions: how many answers of each kind.

    room: the one that it was let into, or refused at.
    """

    id: str
    deadline: Deadline
    began: float = field(default_factory=time.perf_counter)
    room: Admission | None = None
    models: tuple[str, ...] = ()
    decisions: Counter[str] = field(default_factory=Counter)

    def seconds(self) -> float:
        """Since the request began."""
        return time.perf_counter() - self.began

    def note(self, answers: Answers[Batch]) -> None:
        """Keeps which models were asked and what was decided."""
        self.models = (*(one.model for one in answers.predictions), *answers.errors)
        for one in answers.predictions:
            self.decisions.update(one.decisions())
        self.decisions.update({"failed": len(answers.errors)} if answers.errors else {})


def init_app(app: Flask) -> None:
    """Every request gets its context before all else, every answer its id; each is counted."""
    app.before_request(_begin)
    app.after_request(_end)


def request_context() -> RequestContext:
    """That of the request that is being answered."""
    if "request_context" not in g:
        given = request.headers.get(HEADER, "")
        known = given if TAKEN.fullmatch(given) else uuid.uuid4().hex
        g.request_context = RequestContext(known, Deadline(services().settings.deadline))
    found: RequestContext = g.request_context
    return found


def route() -> str:
    """The rule of the request's address, never the address itself."""
    return str(request.url_rule) if request.url_rule else UNKNOWN


def method() -> str:
    """The request's method, if it is one of HTTP's."""
    return request.method if request.method in METHODS else OTHER


def _begin() -> None:
    request_context()


def _end(answer: Response) -> Response:
    metrics, rule = services().metrics, route()
    metrics.requests.labels(rule, method(), answer.status_code).inc()
    metrics.seconds.labels(rule).observe(request_context().seconds())
    answer.headers[HEADER] = request_context().id
    return answer
