"""Whose a recording is: a random cookie, set when the first one is taken in, and for nothing else."""

import re
import secrets

from flask import Response, after_this_request, request

COOKIE = "twelvelead_signals"
PATH = "/signals"
BYTES = 24
FORM = re.compile(r"[A-Za-z0-9_-]{32}")


def session() -> str | None:
    """The session of this request, None where it has none."""
    given = request.cookies.get(COOKIE, "")
    return given if FORM.fullmatch(given) else None


def begin_session() -> str:
    """The session of this request; one without gets one."""
    found = session()
    if found is not None:
        return found
    made = secrets.token_urlsafe(BYTES)

    @after_this_request
    def set_cookie(answer: Response) -> Response:
        answer.set_cookie(
            COOKIE, made, path=PATH, httponly=True, samesite="Lax", secure=request.is_secure
        )
        return answer

    return made
