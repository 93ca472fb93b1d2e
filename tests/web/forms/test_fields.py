"""web.forms.fields: what is read of a form is described, and what is described is read."""

import re
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from tests.support.project import ROOT
from twelvelead.web.forms import fields
from twelvelead.web.forms.fields import PAGE_FILE, PAGE_MODEL, Field
from twelvelead.web.views.openapi import describe_api

FIELDS = [one for one in vars(fields).values() if isinstance(one, Field)]
FILE, FILES = "binary", "array of binary"
KEYS, TEXT, NUMBER, COUNT = "array of string", "string", "number", "integer"
SOURCE = {"file": FILE, "sample": TEXT}
FORMS = {
    "/api/v1/predictions": SOURCE | {"page": COUNT, "model": KEYS},
    "/api/v1/frame": SOURCE | {"page": COUNT},
    "/api/v1/traces": SOURCE | {"page": COUNT},
    "/api/v1/signals/predictions": {
        "file": FILES,
        "sample": TEXT,
        "rate": NUMBER,
        "lead": TEXT,
        "unit": TEXT,
        "format": TEXT,
        "model": KEYS,
    },
    "/predict": {
        "model_key": TEXT,
        "image_source": TEXT,
        "sample_path": TEXT,
        "upload_image": FILE,
        "file": FILE,
        "csv_file": FILE,
        "ecg_file": FILE,
    },
}


def described(path: str) -> dict[str, Any]:
    body = describe_api()["paths"][path]["post"]["requestBody"]
    found: dict[str, Any] = body["content"]["multipart/form-data"]["schema"]["properties"]
    return found


def kind(schema: dict[str, Any]) -> str:
    if schema["type"] == "array":
        return f"array of {kind(schema['items'])}"
    found: str = schema.get("format", schema["type"])
    return found


def test_it_works() -> None:
    with Flask("test").test_request_context(
        method="POST",
        data={"model": ["one", "", "two"], "model_key": "three", "file": (BytesIO(b"x"), "a.png")},
    ):
        assert PAGE_MODEL.texts() == ["one", "two", "three"]
        assert PAGE_MODEL.text() == "one"
        assert [(name, file.filename) for name, file in PAGE_FILE.files()] == [("file", "a.png")]


def test_a_file_that_was_not_chosen_is_none() -> None:
    with Flask("test").test_request_context(method="POST", data={"file": (BytesIO(), "")}):
        assert PAGE_FILE.files() == []
        assert PAGE_FILE.text() == ""


@pytest.mark.parametrize("path", sorted(FORMS))
def test_programs_find_the_fields_that_they_know(path: str) -> None:
    assert {name: kind(schema) for name, schema in described(path).items()} == FORMS[path]


def test_every_field_that_is_read_is_described_and_no_other() -> None:
    read = {name for one in FIELDS for name in (one.name, *one.earlier)}
    paths = {path for path, ways in describe_api()["paths"].items() if "post" in ways}
    assert paths == set(FORMS)
    assert read == {name for path in paths for name in described(path)}


def test_forms_are_read_through_their_fields_alone() -> None:
    reading = re.compile(r"request\.(form|files)(\[|\.get)")
    files = (ROOT / "twelvelead" / "web").rglob("*.py")
    assert [one.name for one in files if reading.search(one.read_text("utf-8"))] == ["fields.py"]
