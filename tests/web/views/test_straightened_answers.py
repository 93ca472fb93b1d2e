"""What was done to a turned page is told by the API, and shown on the page beside the picture."""

from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.web.web_fakes import PAGE, form, make_app
from twelvelead.datasets.photograph import turned

TURNED = encode(Image.fromarray(turned(np.asarray(draw_page((1000, 700))), 5)))
DATA_URL = 'src="data:image/jpeg;base64,'


@pytest.fixture
def client(models_dir: Path) -> FlaskClient:
    return make_app(models_dir).test_client()


def test_the_api_tells_how_a_page_was_straightened(client: FlaskClient) -> None:
    page = client.post("/api/v1/frame", data=form(file=TURNED)).get_json()
    done = page["straightened"]

    assert done["degrees"] == pytest.approx(-5, abs=0.1)
    assert done["quarter_turns"] == 0
    assert np.shape(done["corners"]) == (4, 2)
    assert done["notes"][0] in page["notes"]
    assert "5.0 degrees counter-clockwise" in done["notes"][0]
    assert page["frame"][2] <= done["width"]


def test_of_a_flat_page_the_api_tells_nothing(client: FlaskClient) -> None:
    assert client.post("/api/v1/frame", data=form(file=PAGE)).get_json()["straightened"] is None


@pytest.mark.parametrize("address", ["/", "/results", "/predict"])
def test_both_pictures_are_shown_with_what_was_done(client: FlaskClient, address: str) -> None:
    fields = form("all", file=None) | {"model": [], "model_key": "all"}
    name = "upload_image" if address == "/predict" else "file"
    fields[name] = form(file=TURNED)["file"]
    shown = client.post(address, data=fields, headers={"Accept": "text/html"}).text

    assert shown.count(DATA_URL) == 2
    assert "5.0 degrees counter-clockwise" in shown


def test_a_flat_page_is_not_shown_twice(client: FlaskClient) -> None:
    assert DATA_URL not in client.post("/results", data=form("all")).text
