"""The form, progress, and the page of every beat, as HTML and as what its script reads."""

import gzip
import html
import re
import threading
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from model_registry.registry import read_registry
from tests.support.models.beat_models import (
    BEAT_LABELS,
    FACTS,
    make_fake_beat_model,
    simulated,
)
from tests.support.signals.signal_fakes import (
    DRAWN,
    MODEL,
    PAGES,
    SECONDS,
    FakeBeats,
    finished,
    make_beats_app,
    recording,
    sent,
)
from tests.support.web.live import wait_for
from tests.support.web.web_fakes import PAGE, PATIENCE, make_app, tags
from twelvelead.inference.batch import Recording
from twelvelead.inference.prediction import Answers
from twelvelead.inference.predictor import Asker
from twelvelead.web.jobs.recording_jobs import Job, SignalJobs
from twelvelead.web.server.services import classify_with
from twelvelead.web.shown.trace import ShownTrace

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return make_beats_app(tmp_path_factory.mktemp("registry"))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="module")
def shown(app: Flask) -> tuple[FlaskClient, str]:
    """A client and the address of its recording, classified by two models."""
    client = app.test_client()
    address = sent(client, model=[MODEL, DRAWN])
    assert finished(client, address).status_code == 200
    return client, address


def read(client: FlaskClient, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_it_works(client: FlaskClient) -> None:
    page = finished(client, sent(client))
    assert page.status_code == 200
    assert "Every beat of lead II" in page.text
    assert "0:00:30" in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_the_form_offers_what_reads_beats_and_the_usual_one_is_chosen(client: FlaskClient) -> None:
    boxes = [one for one in tags(client.get("/signals").text, "input") if one["name"] == "model"]
    assert {box["value"]: "checked" in box for box in boxes} == {DRAWN: False, MODEL: True}


def test_samples_are_marked_simulated_and_can_be_chosen(app: Flask, client: FlaskClient) -> None:
    samples = app.extensions["twelvelead"].signal_samples
    radios = [one for one in tags(client.get("/signals").text, "input") if one["name"] == "sample"]
    assert [one["value"] for one in radios] == [one.id for one in samples]
    answer = client.post("/signals", data={"sample": samples[0].id})
    assert f"lead {samples[0].leads[0]}" in finished(client, answer.headers["Location"]).text
    assert client.post("/signals", data={"sample": "../app.py"}).status_code == 404


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"file": b""}, 422, "is empty"),
        ({"file": PAGE, "name": "page.png"}, 415, "picture"),
        ({"rate": "soon"}, 400, "number of Hz"),
        ({"lead": "aVL"}, 422, "no such"),
        ({"model": "nobody"}, 404, "no such model"),
    ],
)
def test_what_is_wrong_is_said_on_the_page_and_choices_stay(
    client: FlaskClient, fields: dict[str, Any], status: int, words: str
) -> None:
    answer = client.post("/signals", data=recording(**{"unit": "mV"} | fields), headers=HTML)
    assert answer.status_code == status
    assert words in re.findall(r'id="error">([^<]+)<', answer.text)[0]
    assert '<option value="mV" selected>' in answer.text
    assert "Set-Cookie" not in answer.headers


def test_a_model_of_pages_gives_no_answer_and_the_page_says_why(client: FlaskClient) -> None:
    page = finished(client, sent(client, model=PAGES))
    assert (page.status_code, "reads ECG pages" in page.text) == (422, True)


def test_models_that_answer_stand_beside_one_that_does_not(client: FlaskClient) -> None:
    page = finished(client, sent(client, model=[MODEL, PAGES]))
    assert page.status_code == 200
    assert f"{PAGES} gave no answer" in page.text


def test_a_session_is_a_cookie_that_scripts_and_other_sites_cannot_use(client: FlaskClient) -> None:
    answer = client.post("/signals", data=recording())
    cookie = answer.headers["Set-Cookie"]
    assert re.match(r"twelvelead_signals=[\w-]{32}; ", cookie)
    assert {"HttpOnly", "SameSite=Lax", "Path=/signals"} <= set(cookie.split("; "))
    again = client.post("/signals", data=recording())
    assert "Set-Cookie" not in again.headers


@pytest.mark.parametrize("part", ["", "/progress", "/trace", "/beats", "/annotations.csv"])
def test_another_session_gets_nothing(
    app: Flask, shown: tuple[FlaskClient, str], part: str
) -> None:
    _, address = shown
    other = app.test_client()
    assert other.get(address + part).status_code == 404
    sent(other)
    assert other.get(address + part).status_code == 404


def test_files_count_before_a_sample_that_a_form_cannot_unchoose(client: FlaskClient) -> None:
    sample = client.application.extensions["twelvelead"].signal_samples[0].id
    assert sent(client, sample=sample)


def test_without_scripts_the_page_refreshes_itself_until_it_is_over(
    tmp_path: Path,
) -> None:
    app, going = make_beats_app(tmp_path), threading.Event()
    found = app.extensions["twelvelead"]

    def slow(job: Job, asker: Asker) -> Answers[Recording]:
        asker.note(0.5)
        going.wait(PATIENCE)
        return classify_with(found.predictor, found.costs, found.metrics)(job, asker)

    found.jobs = SignalJobs(slow)
    client = app.test_client()
    address = sent(client)
    wait_for(lambda: read(client, f"{address}/progress")["share"] == 0.5)
    page = client.get(address)
    assert page.status_code == 200
    assert '<noscript><meta http-equiv="refresh"' in page.text
    assert "50 % of the beats" in page.text
    assert client.get(f"{address}/beats").status_code == 400
    going.set()
    assert "refresh" not in finished(client, address).text


def test_the_table_is_filtered_and_turned_without_scripts(shown: tuple[FlaskClient, str]) -> None:
    client, address = shown
    beats = read(client, f"{address}/beats")
    early = sum(label == BEAT_LABELS.index("V") for label in beats["classes"])
    page = client.get(f"{address}?model={MODEL}&label=V").text
    assert f"{early} beats, page 1 of 1" in page
    assert page.count("<tr>") == early + 1
    for number in ("99", "-1", "x"):
        assert client.get(f"{address}?page={number}").status_code == 200


def test_each_model_has_its_own_view(shown: tuple[FlaskClient, str]) -> None:
    client, address = shown
    first, second = (read(client, f"{address}/beats?model={key}") for key in (MODEL, DRAWN))
    assert first["times"] == second["times"]
    assert set(first["classes"]) == {0, 2}
    assert set(second["classes"]) == {0}
    assert client.get(f"{address}?model=nobody", headers=HTML).status_code == 400


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ("accept_from = 0.6", "Beats from 0.60 on count; "),
        ('never = ["S", "Q"]', "Beats from 0.50 on count, but never as S, Q; "),
        ("accepts = false", "No beat counts: this model's answers are never accepted; "),
    ],
)
def test_which_beats_count_is_told(tmp_path: Path, says: str, told: str) -> None:
    facts = FACTS._replace(end=f"[decision]\n{says}")
    make_fake_beat_model(tmp_path, MODEL, facts)
    client = make_app(tmp_path, FakeBeats(read_registry(tmp_path))).test_client()
    page = finished(client, sent(client, model=[MODEL])).text
    assert told in html.unescape(page)


def test_beats_come_in_columns(shown: tuple[FlaskClient, str]) -> None:
    client, address = shown
    found = read(client, f"{address}/beats")
    count = len(found["times"])
    assert {len(found[name]) for name in found if name != "labels"} == {count}
    assert found["rr"][0] is None
    known = simulated("pvc", SECONDS)
    place = round(found["times"][3] * known.rate)
    assert found["heights"][3] == pytest.approx(float(known.values[0, place]), abs=0.1)


def test_a_short_stretch_holds_the_samples_themselves(shown: tuple[FlaskClient, str]) -> None:
    client, address = shown
    found = read(client, f"{address}/trace?from=2&to=4&points=2000")
    assert found["high"] == []
    known = simulated("pvc", SECONDS).values[0]
    first = round(found["start"] * 360)
    assert found["low"] == pytest.approx(known[first : first + len(found["low"])], abs=6e-4)
    assert found["start"] + len(found["low"]) * found["step"] >= 4


def test_a_long_stretch_holds_the_lowest_and_highest(shown: tuple[FlaskClient, str]) -> None:
    client, address = shown
    found = read(client, f"{address}/trace?points=500")
    assert 400 <= len(found["low"]) == len(found["high"]) <= 600
    known = simulated("pvc", SECONDS).values[0]
    assert min(found["low"]) == pytest.approx(float(known.min()), abs=1e-3)
    assert max(found["high"]) == pytest.approx(float(known.max()), abs=1e-3)
    assert np.all(np.array(found["low"]) <= np.array(found["high"]))


@pytest.mark.parametrize("query", ["from=5&to=5", "from=x", "from=-1", "points=0", "to=nan"])
def test_a_stretch_that_cannot_be_is_refused(shown: tuple[FlaskClient, str], query: str) -> None:
    client, address = shown
    assert client.get(f"{address}/trace?{query}").status_code == 400


def test_answers_are_packed_where_the_browser_takes_that(shown: tuple[FlaskClient, str]) -> None:
    client, address = shown
    plain = client.get(f"{address}/trace")
    packed = client.get(f"{address}/trace", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Cache-Control"] == "no-store"


def test_beats_are_downloaded_as_csv_and_as_annotations(shown: tuple[FlaskClient, str]) -> None:
    client, address = shown
    count = len(read(client, f"{address}/beats")["times"])
    table = client.get(f"{address}/annotations.csv?model={MODEL}")
    assert len(table.text.splitlines()) == count + 1
    packed = client.get(f"{address}/annotations.atr?model={MODEL}")
    assert "beats.atr" in packed.headers["Content-Disposition"]
    form = {"file": [(BytesIO(packed.data), "beats.atr")]}
    assert client.post("/signals", data=form).status_code == 415  # a record needs its header
    assert client.get(f"{address}/annotations.xml").status_code == 400


def test_what_is_not_wanted_any_more_is_forgotten(client: FlaskClient) -> None:
    address = sent(client)
    finished(client, address)
    assert client.post(f"{address}/forget").status_code == 303
    assert client.get(address).status_code == 404


def test_another_site_cannot_send_a_recording(client: FlaskClient) -> None:
    answer = client.post("/signals", data=recording(), headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_pages_hold_nothing_inline(client: FlaskClient, shown: tuple[FlaskClient, str]) -> None:
    owner, address = shown
    for page in (client.get("/signals").text, owner.get(address).text):
        for element in tags(page, "*"):
            assert "style" not in element
            assert not [name for name in element if name.startswith("on")]
        assert all("src" in script for script in tags(page, "script"))


def test_the_start_page_keeps_beat_models_apart(client: FlaskClient) -> None:
    page = client.get("/").text
    boxes = [one for one in tags(page, "input") if one["name"] == "model"]
    assert {box["value"]: "checked" in box for box in boxes} == {PAGES: True, DRAWN: False}
    assert 'href="/signals"' in page


def test_a_long_record_is_decimated_in_levels() -> None:
    rng = np.random.default_rng(1)
    trace = rng.normal(size=3_000_000).astype(np.float32)
    trace[1_234_567] = 50
    found = ShownTrace(trace, 360.0).stretch(0, 1e9, 1000)
    assert found.high is not None
    assert 800 <= len(found.low) <= 1200
    place = int(found.high.argmax())
    assert found.high[place] == 50
    assert abs((found.start + place * found.step) - 1_234_567 / 360) <= found.step
