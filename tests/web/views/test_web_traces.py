"""web.views.traces: a page in, its traces out, as CSV or JSON; the form offers them without a script."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ecg.simulate.twelve_leads import LEADS
from ecg.tasks import NOTICE
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.web.web_fakes import PAGE, a_sample, form, make_app, tags
from tests.web.views.test_openapi import check

TRACES, FILE = "/api/v1/traces", "/traces.csv"
JSON = {"Accept": "application/json"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def app(models_dir: Path) -> Flask:
    return make_app(models_dir)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_a_sample_comes_as_csv(app: Flask, client: FlaskClient) -> None:
    answer = client.post(TRACES, data={"sample": a_sample(app)})

    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == "attachment; filename=traces.csv"
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["time_s", *LEADS]
    assert len(rows) == 5001
    assert rows[1][LEADS.index("V1") + 1] == ""
    assert abs(float(rows[4000][LEADS.index("V6") + 1])) < 5


def test_who_asks_for_json_gets_it(app: Flask, client: FlaskClient) -> None:
    answer = client.post(TRACES, data={"sample": a_sample(app)}, headers=JSON)
    found: Any = answer.json

    check(answer, TRACES)
    assert [one["lead"] for one in found["leads"]] == list(LEADS)
    assert [one["start"] for one in found["leads"]][3:6] == [2.5, 2.5, 2.5]
    assert found["rate"] == 500
    assert found["rhythm"] == "II"
    assert found["notice"] == NOTICE


def test_an_uploaded_page_is_read_as_a_sample_is(app: Flask, client: FlaskClient) -> None:
    sample = a_sample(app)
    data = app.extensions["twelvelead"].find_picture(sample).read()
    by_file = client.post(TRACES, data=form(file=data))

    assert by_file.data == client.post(TRACES, data={"sample": sample}).data


def test_the_form_needs_no_script(app: Flask, client: FlaskClient) -> None:
    fields = form("tiny_keras", file=None, sample=a_sample(app))
    answer = client.post(FILE, data=fields, headers=BROWSER)

    assert answer.mimetype == "text/csv"


def test_the_page_offers_it_and_says_where_it_does_not_work(client: FlaskClient) -> None:
    page = client.get("/").text
    (button,) = [one for one in tags(page, "button") if "data-traces" in one]

    assert button["formaction"] == FILE
    assert button["form"] == "ask"
    assert "all else is refused" in page


def test_the_answers_offer_it_too(client: FlaskClient) -> None:
    answers = client.post("/results", data=form("tiny_keras")).text
    (button,) = [one for one in tags(answers, "button") if "data-traces" in one]

    assert button["formaction"] == FILE


def test_answers_without_the_form_offer_nothing_that_would_not_work(client: FlaskClient) -> None:
    fields = form(file=PAGE, model_key="tiny_keras")
    page = client.post("/predict", data=fields, headers=BROWSER)

    assert page.status_code == 200
    assert not [one for one in tags(page.text, "button") if "data-traces" in one]


def test_a_page_that_can_not_be_read_back_is_refused_in_a_sentence(client: FlaskClient) -> None:
    answer = client.post(TRACES, data=form(file=encode(draw_page((1600, 1120), frame=False))))
    found: Any = answer.json

    check(answer, TRACES)
    assert answer.status_code == 422
    assert found["detail"].startswith("No trace frame was found.")


def test_a_form_with_such_a_page_gets_the_sentence_as_a_page(client: FlaskClient) -> None:
    fields = form(file=encode(draw_page((1600, 1120), frame=False)))
    answer = client.post(FILE, data=fields, headers=BROWSER)

    assert answer.status_code == 422
    assert answer.mimetype == "text/html"
    assert "No trace frame was found." in answer.text


def test_no_page_is_told(client: FlaskClient) -> None:
    answer = client.post(TRACES)

    check(answer, TRACES)
    assert answer.status_code == 400


def test_there_may_be_no_room(models_dir: Path) -> None:
    app = make_app(models_dir, admitted=1)
    assert app.extensions["twelvelead"].admission.enter()
    for address in (TRACES, FILE):
        answer = app.test_client().post(address, data=form(), headers=JSON)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
