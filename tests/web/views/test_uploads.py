"""web.forms.pages: one page and some models come in, by today's names or those of earlier apps."""

import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ecg.page.page import MAX_BYTES
from model_registry.registry import read_registry
from tests.support.web.web_fakes import PAGE, FakePredictor, a_sample, form, large_form, make_app

PREDICTIONS, BEFORE = "/api/v1/predictions", "/predict"
JSON = {"Accept": "application/json"}
FORM = "application/x-www-form-urlencoded"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def predictor(models_dir: Path) -> FakePredictor:
    return FakePredictor(read_registry(models_dir))


@pytest.fixture
def app(models_dir: Path, predictor: FakePredictor) -> Flask:
    return make_app(models_dir, predictor)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def refused(client: FlaskClient, fields: Any, address: str = PREDICTIONS) -> tuple[int, str]:
    """Status and sentence of what a form is answered with."""
    return told(client.post(address, data=fields, headers=JSON))


def told(answer: TestResponse) -> tuple[int, str]:
    """Status and sentence of a problem."""
    assert answer.mimetype == "application/problem+json", answer.text
    assert answer.json
    return answer.status_code, answer.json["detail"]


def test_it_works(client: FlaskClient, predictor: FakePredictor) -> None:
    assert client.post(PREDICTIONS, data=form("tiny_keras")).status_code == 200
    assert predictor.asked == [("tiny_keras",)]


def test_without_a_page_the_request_is_refused(client: FlaskClient) -> None:
    status, sentence = refused(client, form("all", file=None))
    assert (status, "No page was sent" in sentence) == (400, True)


def test_an_empty_file_field_is_no_page(client: FlaskClient) -> None:
    status, sentence = refused(client, form("all", file=b"", name=""))
    assert (status, "No page was sent" in sentence) == (400, True)


def test_an_empty_file_field_beside_a_sample_does_not_count(
    app: Flask, client: FlaskClient
) -> None:
    fields = form("all", file=b"", name="", sample=a_sample(app))
    assert client.post(PREDICTIONS, data=fields).status_code == 200


def test_two_files_are_refused(client: FlaskClient) -> None:
    fields = {"model": "all", "file": [(BytesIO(PAGE), "a.png"), (BytesIO(PAGE), "b.png")]}
    assert refused(client, fields) == (400, "Send one page: either one file or one sample.")


def test_two_files_under_two_names_are_refused(client: FlaskClient) -> None:
    assert refused(client, form("all", upload_image=(BytesIO(PAGE), "b.png")))[0] == 400


def test_a_file_and_a_sample_are_refused(app: Flask, client: FlaskClient) -> None:
    assert refused(client, form("all", sample=a_sample(app)))[0] == 400


def test_two_samples_are_refused(app: Flask, client: FlaskClient) -> None:
    assert refused(client, form("all", file=None, sample=[a_sample(app)] * 2))[0] == 400


def test_an_unknown_sample_is_refused(client: FlaskClient) -> None:
    assert refused(client, form("all", file=None, sample="0" * 32))[0] == 404


@pytest.mark.parametrize("address", ["/", "/results", "/predict", "/api/v1/predictions"])
def test_where_no_model_is_named_all_that_read_pages_are_asked(
    client: FlaskClient, predictor: FakePredictor, address: str
) -> None:
    assert client.post(address, data=form()).status_code == 200
    assert predictor.asked == [("tiny_keras", "tiny_torch")]


def test_an_unknown_model_is_refused_with_those_there_are(client: FlaskClient) -> None:
    status, sentence = refused(client, form("tiny_keras", "tiny_tensor"))
    assert (status, "tiny_keras, tiny_torch" in sentence) == (404, True)


def test_a_form_that_is_url_encoded_names_a_sample(app: Flask, client: FlaskClient) -> None:
    answer = client.post(PREDICTIONS, data=f"model=all&sample={a_sample(app)}", content_type=FORM)
    assert answer.status_code == 200


def test_a_file_of_ten_megabytes_is_read(client: FlaskClient) -> None:
    padded = PAGE + bytes(MAX_BYTES - len(PAGE))  # decoders stop at the picture's end
    answer = client.post(PREDICTIONS, **large_form(padded, [("model", "all")]))
    assert answer.status_code == 200


def test_a_file_of_ten_megabytes_and_a_byte_is_too_large(client: FlaskClient) -> None:
    padded = PAGE + bytes(MAX_BYTES + 1 - len(PAGE))
    status, sentence = told(client.post(PREDICTIONS, **large_form(padded, [("model", "all")])))
    assert (status, "10,000,000" in sentence) == (413, True)


def test_a_much_larger_request_is_refused_by_its_length(client: FlaskClient) -> None:
    status, sentence = told(client.post(PREDICTIONS, **large_form(bytes(2 * MAX_BYTES))))
    assert (status, "at most 10 MB" in sentence) == (413, True)


def test_a_field_without_end_is_too_large(client: FlaskClient) -> None:
    answer = client.post(PREDICTIONS, **large_form(PAGE, [("model", "x" * 600_000)]))
    assert told(answer)[0] == 413


def test_a_form_of_a_thousand_fields_is_too_large(client: FlaskClient) -> None:
    answer = client.post(PREDICTIONS, **large_form(PAGE, [("model", "tiny_keras")] * 1000))
    assert told(answer)[0] == 413


def test_uploads_never_touch_the_disk(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file was made")

    for name in ("TemporaryFile", "SpooledTemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
        monkeypatch.setattr(f"werkzeug.formparser.{name}", refuse, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    padded = PAGE + bytes(5_000_000)
    answer = client.post(PREDICTIONS, **large_form(padded, [("model", "all")]))
    assert answer.status_code == 200


def test_earlier_clients_send_a_file(client: FlaskClient, predictor: FakePredictor) -> None:
    fields = {
        "model_key": "tiny_torch",
        "image_source": "upload",
        "upload_image": (BytesIO(PAGE), "page.png"),
        "sample_path": "",
    }
    answer = client.post(BEFORE, data=fields, headers=JSON)
    assert answer.json
    assert list(answer.json) == ["page", "verdict", "predictions", "failures", "notice"]
    assert predictor.asked == [("tiny_torch",)]


@pytest.mark.parametrize("before", ["", "/", "samples/", "static/samples/", "/static/samples/"])
def test_earlier_clients_name_a_sample_by_its_path(
    app: Flask, client: FlaskClient, before: str
) -> None:
    path = app.extensions["twelvelead"].samples.pictures[0].path
    name = f"{before}{path.parent.name}/{path.name}"
    fields = {"model_key": "tiny_keras", "image_source": "sample", "sample_path": name}
    assert client.post(BEFORE, data=fields, headers=JSON).status_code == 200


def test_the_source_that_earlier_clients_name_decides(app: Flask, client: FlaskClient) -> None:
    both = {"model_key": "all", "sample_path": a_sample(app)}
    for source in ("sample", "upload"):
        fields = {**both, "image_source": source, "upload_image": (BytesIO(PAGE), "page.png")}
        assert client.post(BEFORE, data=fields, headers=JSON).status_code == 200
    assert refused(client, {**both, "image_source": "upload"}, BEFORE)[0] == 400


def test_earlier_browsers_get_a_page(client: FlaskClient) -> None:
    fields = {"model_key": "tiny_keras", "upload_image": (BytesIO(PAGE), "page.png")}
    answer = client.post(BEFORE, data=fields, headers=HTML)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "70.0" in answer.text
    assert "<title>Answers" in answer.text


def test_earlier_browsers_get_a_sentence(client: FlaskClient) -> None:
    answer = client.post(BEFORE, data={"model_key": "tiny_keras"}, headers=HTML)
    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    assert "No page was sent" in answer.text


def test_who_says_nothing_of_what_it_takes_gets_json_right_or_wrong(client: FlaskClient) -> None:
    right = {"model_key": "all", "upload_image": (BytesIO(PAGE), "page.png")}
    assert client.post(BEFORE, data=right).mimetype == "application/json"
    assert client.post(BEFORE, data={"model_key": "all"}).mimetype == "application/problem+json"
