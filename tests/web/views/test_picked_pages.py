"""A page of a PDF is chosen by its number; what was done to a picture is said, in JSON and on the page."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import ImageOps

from ecg.picture.tone import TURNED
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.pages.odd_pages import pdf
from tests.support.web.web_fakes import form, make_app

PREDICTIONS = "/api/v1/predictions"
TWO = pdf(draw_page((600, 420)), draw_page((900, 630)), dpi=200)


@pytest.fixture
def client(models_dir: Path) -> FlaskClient:
    return make_app(models_dir).test_client()


@pytest.mark.parametrize(("number", "width"), [("", 600), ("1", 600), (" 2 ", 900)])
def test_a_page_is_chosen_by_its_number(client: FlaskClient, number: str, width: int) -> None:
    answer = client.post(PREDICTIONS, data={**form("all", file=TWO), "page": number})

    assert answer.status_code == 200
    assert abs((answer.json or {})["page"]["width"] - width) <= 1


@pytest.mark.parametrize("number", ["0", "-1", "two", "1.5", "9" * 40, "\N{SUPERSCRIPT TWO}"])
def test_a_number_that_is_none_is_refused(client: FlaskClient, number: str) -> None:
    answer = client.post(PREDICTIONS, data={**form("all", file=TWO), "page": number})

    assert answer.status_code == 400
    assert "'page' as the number of a page" in (answer.json or {})["detail"]


def test_a_page_that_is_not_there_is_refused(client: FlaskClient) -> None:
    answer = client.post(PREDICTIONS, data={**form("all", file=TWO), "page": "3"})

    assert answer.status_code == 422
    assert (answer.json or {})["detail"] == "The PDF has 2 pages: choose one that it has."


def test_a_negative_is_said_to_be_one(client: FlaskClient) -> None:
    negative = encode(ImageOps.invert(draw_page((600, 420))))

    assert (client.post(PREDICTIONS, data=form("all", file=negative)).json or {})["page"][
        "notes"
    ] == [TURNED]
    assert TURNED in client.post("/results", data=form("all", file=negative)).text
