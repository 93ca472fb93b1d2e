"""web.forms: a body that is no form, or only a part of one, is told what it lacks."""

from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web_fakes import PAGE, form, large_form, make_app
from web.security import FORM_MEMORY

PLACES = ["/", "/results", "/predict", "/traces.csv", "/signals"]
API = ["/api/v1/predictions", "/api/v1/frame", "/api/v1/traces", "/api/v1/signals/predictions"]
KIND = "multipart/form-data; boundary=edge"
WHOLE: bytes = large_form(PAGE, [("model", "all")])["data"]
CUT = "The request ended before its form was complete"

NO_FORM = "The body is no form"
WRONG: dict[str, tuple[bytes, str, int, str]] = {
    "half": (WHOLE[:300], KIND, 400, CUT),
    "nearly whole": (WHOLE[:-8], KIND, 400, CUT),
    "no boundary": (WHOLE, "multipart/form-data", 400, "names no boundary"),
    "another one": (WHOLE, "multipart/form-data; boundary=other", 400, "is not in the form"),
    "one byte": (b"x", KIND, 400, "is not in the form"),
    "no name": (b"--edge\r\n\r\n\r\n--edge--\r\n", KIND, 400, "a part of it has no name"),
    "no kind": (WHOLE, "", 415, NO_FORM),
    "JSON": (b'{"model": "all"}', "application/json", 415, NO_FORM),
    "a picture": (PAGE, "image/png", 415, NO_FORM),
}


@pytest.fixture
def client(models_dir: Path) -> FlaskClient:
    return make_app(models_dir).test_client()


def sent(client: FlaskClient, place: str, body: bytes, kind: str) -> TestResponse:
    return client.post(place, input_stream=BytesIO(body), content_type=kind)


def test_it_works(client: FlaskClient) -> None:
    assert client.post("/api/v1/predictions", data=form("all")).status_code == 200
    assert sent(client, "/api/v1/predictions", WHOLE, KIND).status_code == 200


@pytest.mark.parametrize("place", [*PLACES, *API])
@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_whole_form_is_told_what_it_lacks(
    client: FlaskClient, place: str, case: str
) -> None:
    body, kind, status, words = WRONG[case]
    answer = sent(client, place, body, kind)
    assert (answer.status_code, words in answer.text) == (status, True), answer.text


@pytest.mark.parametrize("place", API)
@pytest.mark.parametrize("kind", [KIND, "multipart/form-data", "application/json", ""])
def test_without_a_body_nothing_was_sent(client: FlaskClient, place: str, kind: str) -> None:
    answer = sent(client, place, b"", kind)
    assert answer.status_code in (400, 503)
    assert "was sent" in answer.text or "No model" in answer.text


def test_a_client_that_leaves_before_the_end_is_told_so(client: FlaskClient) -> None:
    longer = {"CONTENT_LENGTH": str(len(WHOLE) + 100)}
    answer = client.post(
        "/api/v1/frame",
        input_stream=BytesIO(WHOLE[:-100]),
        content_type=KIND,
        environ_overrides=longer,
    )
    assert (answer.status_code, CUT in answer.text) == (400, True)


@pytest.mark.parametrize("place", [*PLACES, *API])
@pytest.mark.parametrize("body", [b"a&" * 100, b"a=" + b"b" * FORM_MEMORY], ids=["many", "long"])
def test_fields_without_end_are_too_many_in_either_kind_of_form(
    client: FlaskClient, place: str, body: bytes
) -> None:
    answer = sent(client, place, body, "application/x-www-form-urlencoded")
    assert answer.status_code == 413
