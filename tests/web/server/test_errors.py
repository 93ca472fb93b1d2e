"""web.server.errors: each wrong request gets its status and one sentence, and nothing of itself back."""

import logging
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from model_registry.errors import BackendEnded, Busy, ModelUnavailable, WeightsError
from model_registry.registry import read_registry
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.web.web_fakes import NOBODY_WAITS, PAGE, Brittle, FakePredictor, form, make_app
from twelvelead.inference.predictor import Asker

PREDICTIONS = "/api/v1/predictions"
JSON, HTML = {"Accept": "application/json"}, {"Accept": "text/html,*/*;q=0.8"}
PROBLEM_KEYS = ["detail", "instance", "status", "title", "type"]
MARKER = "Zyxw4711Patient"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="200" height="200"/>'
UNREADABLE: dict[str, tuple[bytes, int]] = {
    "empty": (b"", 422),
    "text named .jpg": (b"not a picture, whatever its name says", 415),
    "SVG": (SVG, 415),
    "HTML": (b"<!doctype html><script>alert(1)</script>", 415),
    "PDF": (b"%PDF-1.7\n", 422),
    "DICOM": (bytes(128) + b"DICM", 415),
    "truncated GIF": (encode(draw_page((300, 200)).convert("P"), "GIF")[:2000], 422),
    "truncated TIFF": (encode(draw_page((300, 200)), "TIFF")[:9000], 422),
    "too many pixels": (encode(Image.new("1", (10_100, 10_000))), 422),
    "a bomb": (encode(Image.new("1", (14_000, 14_000))), 422),
    "truncated JPEG": (encode(draw_page((600, 420)), "JPEG")[:6000], 422),
    "truncated PNG": (PAGE[: len(PAGE) // 2], 422),
    "too small": (encode(draw_page((300, 200)).resize((99, 200))), 422),
    "too long": (encode(Image.new("L", (2001, 200), "white")), 422),
}
PLACES = ["/", "/results", "/predict", PREDICTIONS, "/api/v1/frame"]
WRONG_METHODS = {
    "/": ("PUT", "GET, HEAD, OPTIONS, POST"),
    "/api/v1/models": ("POST", "GET, HEAD, OPTIONS"),
    PREDICTIONS: ("GET", "OPTIONS, POST"),
    "/predict": ("GET", "OPTIONS, POST"),
    "/livez": ("DELETE", "GET, HEAD, OPTIONS"),
}


class Late(FakePredictor):
    """Nobody has time before the deadline."""

    def predict(self, given: Any, keys: Any = None, asker: Asker = NOBODY_WAITS) -> Any:
        raise Busy(f"{len(given)} {keys} {asker.deadline.left()}")


def ended(seconds: float) -> BackendEnded:
    """A framework's process that is started again after a while."""
    return BackendEnded("Its process ended; ask again.", seconds)


@pytest.fixture
def client(models_dir: Path) -> FlaskClient:
    return make_app(models_dir).test_client()


def problem_of(answer: TestResponse) -> dict[str, Any]:
    """The problem+json of an answer; it must be one, whole and true."""
    assert answer.content_type == "application/problem+json", answer.text
    found: dict[str, Any] = answer.json or {}
    assert sorted(found) == PROBLEM_KEYS
    assert (found["type"], found["status"]) == ("about:blank", answer.status_code)
    assert found["detail"].endswith(".")
    return found


def test_it_works(client: FlaskClient) -> None:
    answer = client.post(PREDICTIONS, data=form("all", file=b"no picture"))
    assert problem_of(answer) == {
        "type": "about:blank",
        "title": "Unsupported Media Type",
        "status": 415,
        "detail": "The file is not a picture but a text: send a picture of an ECG page.",
        "instance": PREDICTIONS,
    }


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_no_page_has_its_status_everywhere(
    client: FlaskClient, place: str, kind: str
) -> None:
    data, status = UNREADABLE[kind]
    answer = client.post(place, data=form("all", file=data, name="page.jpg"), headers=HTML)
    assert answer.status_code == status


@pytest.mark.parametrize("kind", UNREADABLE)
def test_the_server_goes_on_after_what_is_no_page(client: FlaskClient, kind: str) -> None:
    problem_of(client.post(PREDICTIONS, data=form("all", file=UNREADABLE[kind][0])))
    assert client.post(PREDICTIONS, data=form("all")).status_code == 200


@pytest.mark.parametrize("address", WRONG_METHODS)
@pytest.mark.parametrize("accept", [JSON, HTML])
def test_a_wrong_method_is_told_those_that_are_right(
    client: FlaskClient, address: str, accept: dict[str, str]
) -> None:
    method, allowed = WRONG_METHODS[address]
    answer = client.open(address, method=method, headers=accept)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
    if accept == JSON or address.startswith("/api/"):
        problem_of(answer)
    else:
        assert answer.mimetype == "text/html"
        assert "doesn&#39;t take that method" in answer.text


@pytest.mark.parametrize("place", ["/", "/results", "/predict", PREDICTIONS])
@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (Busy("Too many pages are being worked on."), "1"),
        (ended(7.2), "8"),
        (ended(0.0), "1"),
        (ModelUnavailable("It is out."), None),
        (WeightsError("They were altered."), None),
    ],
)
def test_who_may_ask_again_is_told_when(
    models_dir: Path, place: str, error: ModelUnavailable, seconds: str | None
) -> None:
    predictor = FakePredictor(read_registry(models_dir), {"tiny_keras": error})
    client = make_app(models_dir, predictor).test_client()
    answer = client.post(place, data=form("tiny_keras"), headers=HTML)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, seconds)
    assert str(error) in answer.text


def test_of_several_models_the_first_that_may_answer_again_counts(models_dir: Path) -> None:
    failing = {"tiny_keras": ended(40), "tiny_torch": ended(20)}
    client = make_app(models_dir, FakePredictor(read_registry(models_dir), failing)).test_client()
    answer = client.post(PREDICTIONS, data=form("all"))
    assert answer.headers["Retry-After"] == "20"


def test_where_nobody_had_time_it_is_said_when(models_dir: Path) -> None:
    client = make_app(models_dir, Late(read_registry(models_dir))).test_client()
    for place in ("/", "/results", "/predict", PREDICTIONS):
        answer = client.post(place, data=form("all"), headers=HTML)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_a_bug_of_ours_is_logged_with_its_place(
    models_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_app(models_dir, Brittle(read_registry(models_dir))).test_client()
    client.post(PREDICTIONS, data=form("all"))
    assert "unexpected ZeroDivisionError in web_fakes.py:" in caplog.text


def test_programs_get_a_problem_and_people_a_page(client: FlaskClient) -> None:
    assert problem_of(client.get("/nothing", headers=JSON))["status"] == 404
    page = client.get("/nothing", headers=HTML)
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "There is nothing at this address." in page.text
    assert 'href="/"' in page.text


def test_the_api_answers_with_problems_whatever_the_client_takes(client: FlaskClient) -> None:
    assert problem_of(client.get("/api/v1/nothing", headers=HTML))["status"] == 404


def test_the_script_takes_a_problem_before_a_page(client: FlaskClient) -> None:
    taken = {"Accept": "application/problem+json, text/html;q=0.5"}
    assert problem_of(client.post("/results", headers=taken))["status"] == 400


@pytest.mark.parametrize("accept", [JSON, HTML])
@pytest.mark.parametrize("place", ["/", "/results", PREDICTIONS])
def test_a_bug_of_ours_tells_nothing_and_is_logged_by_its_class(
    models_dir: Path, place: str, accept: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    client = make_app(models_dir, Brittle(read_registry(models_dir))).test_client()
    with caplog.at_level(logging.DEBUG):
        answer = client.post(place, data=form("all"), headers=accept)
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert "secret" not in answer.text + caplog.text
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "fields",
    [
        {"model": MARKER},
        {"model": "all", "sample": MARKER},
        {"model": "all", "sample": f"../{MARKER}"},
        {"model": "all", MARKER: MARKER},
        {"model": "all", "image_source": MARKER},
        {"model": f"<b>{MARKER}</b>", "sample": f"<b>{MARKER}</b>"},
    ],
)
def test_nothing_of_a_form_comes_back(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, place: str, fields: dict[str, str]
) -> None:
    for accept in (JSON, HTML):
        with caplog.at_level(logging.DEBUG):
            answer = client.post(place, data=fields, headers=accept)
        assert answer.status_code in (400, 404)
        assert MARKER not in answer.text + str(answer.headers) + caplog.text


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("data", [b"", MARKER.encode(), PAGE[:2000], PAGE])
def test_nothing_of_a_file_comes_back(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, place: str, data: bytes
) -> None:
    fields = form("all", name=f"{MARKER}\u202e<b>.png", file=data)
    with caplog.at_level(logging.DEBUG):
        answer = client.post(place, data=fields)
    assert answer.status_code == (200 if data is PAGE else answer.status_code)
    assert MARKER not in answer.text + str(answer.headers) + caplog.text


@pytest.mark.parametrize("accept", [JSON, HTML])
@pytest.mark.parametrize(
    "address",
    [
        f"/{MARKER}",
        f"/api/v1/{MARKER}",
        f"/pictures/{MARKER}",
        f"/pictures/{MARKER}/thumbnail",
        f"/static/{MARKER}",
        f"/static/plotly/{MARKER}.js",
        f"/models/{MARKER}",
        f"/models?sort={MARKER}",
        f"/models?order={MARKER}",
        f"/api/v1/models/{MARKER}/metrics",
        f"/?sample={MARKER}&model={MARKER}",
        f"/browse?label={MARKER}&split={MARKER}&page={MARKER}",
        f"/api/v1/models?{MARKER}={MARKER}",
    ],
)
def test_nothing_of_an_address_comes_back(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, address: str, accept: dict[str, str]
) -> None:
    headers = {**accept, "User-Agent": MARKER, "Referer": f"http://localhost/{MARKER}"}
    with caplog.at_level(logging.DEBUG):
        answer = client.get(address, headers=headers)
    assert answer.status_code in (200, 400, 404)
    assert MARKER not in answer.text + str(answer.headers) + caplog.text


def test_a_picture_whose_file_is_gone_is_not_found(models_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "normal").mkdir()
    file = tmp_path / "normal" / "one.png"
    file.write_bytes(PAGE)
    app = make_app(models_dir, data_dir=tmp_path)
    (gone,) = app.extensions["twelvelead"].data.pictures
    file.unlink()
    client = app.test_client()
    assert client.get(f"/pictures/{gone.id}").status_code == 404
    assert client.get(f"/pictures/{gone.id}/thumbnail").status_code == 404
    assert client.post(PREDICTIONS, data={"model": "all", "sample": gone.id}).status_code == 404


def test_a_broken_part_of_a_form_is_no_bug_of_ours(client: FlaskClient) -> None:
    for body in (b"--edge", b"--edge\r\n\r\n", b"--edge\r\nContent-Disposition: x\r\n\r\n\r\n"):
        kind = "multipart/form-data; boundary=edge"
        answer = client.post(PREDICTIONS, input_stream=BytesIO(body), content_type=kind)
        assert problem_of(answer)["status"] == 400
