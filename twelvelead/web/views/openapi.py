"""OpenAPI 3.1, from the types that the answers are made of."""

from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ecg.tasks import NOTICE
from twelvelead.web.forms import fields
from twelvelead.web.schemas.health import Health
from twelvelead.web.schemas.model_figures import Figures
from twelvelead.web.schemas.models import Models
from twelvelead.web.schemas.pages import PageRead, Predictions, Problem, TracesRead
from twelvelead.web.schemas.signals import EarlierAnswer, SignalPredictions
from twelvelead.web.shown.beat_files import MEDIA

VERSION = "1"
DOCUMENTS: tuple[type[BaseModel], ...] = (
    Models,
    Figures,
    Predictions,
    PageRead,
    TracesRead,
    SignalPredictions,
    EarlierAnswer,
    Problem,
    Health,
)
ONE_SOURCE_OF_TWO = {  # a form's field that is left empty does not count
    "oneOf": [
        {"required": ["file"], "properties": {"sample": {"maxLength": 0}}},
        {"required": ["sample"], "properties": {"sample": {"minLength": 1}, "file": False}},
    ]
}
KEY = {
    "name": "key",
    "in": "path",
    "required": True,
    "description": "a model's key",
    "schema": {"type": "string"},
}
EARLIER = fields.earlier_properties()
EARLIER_FILES = [name for name, schema in EARLIER.items() if schema.get("format") == "binary"]
(SAMPLE,) = fields.PAGE_SAMPLE.earlier
ONE_SOURCE = {
    "oneOf": [
        {
            "required": [name],
            "properties": {
                "image_source": {"enum": ["sample" if name == SAMPLE else "upload"]},
                **{other: False for other in EARLIER_FILES if other != name},
                SAMPLE: {"minLength": 1} if name == SAMPLE else {"maxLength": 0},
            },
        }
        for name in (*EARLIER_FILES, SAMPLE)
    ]
}
FAULTS = {
    "400": "no page, two pages, or a form that is not whole",
    "403": "a form of another site",
    "404": "unknown model or sample",
    "413": "too large",
    "415": "not a form, or not a picture in it",
    "421": "a name in `Host` that this server does not answer to",
    "422": "a picture that can't be read",
    "503": "no chosen model can answer, or too many ask at once",
}
SIGNAL_FAULTS = FAULTS | {
    "400": "no recording, or fields that can't be read",
    "404": "unknown model",
    "415": "not a form, or neither a table of numbers nor a WFDB record in it",
    "422": "a recording that can't be read, an unknown lead, or models that read pages",
}
A_PAGE = {"type": "object", "properties": fields.properties(*fields.A_PAGE)} | ONE_SOURCE_OF_TWO
ASKED = {"type": "object", "properties": fields.properties(*fields.PAGE)} | ONE_SOURCE_OF_TWO
A_RECORDING = {
    "type": "object",
    "properties": fields.properties(*fields.RECORDING),
} | ONE_SOURCE_OF_TWO
AS_BEFORE = {"type": "object", "properties": EARLIER} | ONE_SOURCE
RETRY_AFTER = {
    "description": "seconds after which asking again may help; absent where it would not",
    "schema": {"type": "integer", "minimum": 1},
}


@cache
def describe_api() -> dict[str, Any]:
    """The whole document."""
    _, schemas = models_json_schema(
        [(kind, "serialization") for kind in DOCUMENTS],
        ref_template="#/components/schemas/{model}",
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Twelvelead",
            "version": VERSION,
            "description": f"Many ECG classifiers side by side. {NOTICE}",
        },
        "paths": {
            "/api/v1/models": {"get": _get("All models", Models)},
            "/api/v1/models/{key}/metrics": {"get": _get_one("All figures of one model", Figures)},
            "/api/v1/predictions": {"post": _post("Ask models about a page", ASKED, Predictions)},
            "/api/v1/frame": {"post": _post("Which part of a page is read", A_PAGE, PageRead)},
            "/api/v1/traces": {"post": _post_csv("The traces of a clean page in mV", TracesRead)},
            "/api/v1/signals/predictions": {"post": _post_recording()},
            "/predict": {"post": _post_as_before()},
            "/metrics": {"get": _get_text("Figures for Prometheus")},
            "/livez": {"get": _get("Whether the process lives", Health)},
            "/readyz": {
                "get": _get("Whether it is ready: models answer, and work gets done", Health, "503")
            },
        },
        "components": {"schemas": schemas["$defs"]},
    }


def _get(summary: str, answer: type[BaseModel], fault: str | None = None) -> dict[str, Any]:
    responses = {"200": _answer("What was asked for", answer)}
    if fault:
        responses[fault] = _answer("Not yet", answer)
    return {"summary": summary, "responses": responses}


def _get_text(summary: str) -> dict[str, Any]:
    text = {"text/plain": {"schema": {"type": "string"}}}
    return {"summary": summary, "responses": {"200": {"description": "Text", "content": text}}}


def _get_one(summary: str, answer: type[BaseModel]) -> dict[str, Any]:
    """For an address with a model's key in it."""
    found = _get(summary, answer) | {"parameters": [KEY]}
    for status in ("404", "503"):
        meaning = {"404": "unknown model", "503": "a model whose entry can't be used"}[status]
        found["responses"][status] = _answer(meaning, Problem, "application/problem+json")
    return found


def _post(summary: str, form: dict[str, Any], answer: type[BaseModel]) -> dict[str, Any]:
    responses = {"200": _answer("What was asked for", answer)}
    for status, meaning in FAULTS.items():
        responses[status] = _answer(meaning, Problem, "application/problem+json")
    responses["503"]["headers"] = {"Retry-After": RETRY_AFTER}
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}},
        "responses": responses,
    }


def _post_csv(summary: str, answer: type[BaseModel]) -> dict[str, Any]:
    """A page in; a CSV out, or `answer` for who accepts JSON before it."""
    found = _post(summary, A_PAGE, answer)
    found["responses"]["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}
    return found


def _post_recording() -> dict[str, Any]:
    found = _post("Ask models about every beat of a recording", A_RECORDING, SignalPredictions)
    files = {name: {"schema": {"type": "string", "format": "binary"}} for name in MEDIA.values()}
    found["responses"]["200"]["content"] |= files
    for status, meaning in SIGNAL_FAULTS.items():
        found["responses"][status]["description"] = meaning
    return found


def _post_as_before() -> dict[str, Any]:
    """A page is answered with predictions, a CSV as the earlier app did."""
    found = _post("As earlier apps had it", AS_BEFORE, Predictions)
    kinds = [
        {"$ref": f"#/components/schemas/{kind.__name__}"} for kind in (Predictions, EarlierAnswer)
    ]
    found["responses"]["200"]["content"] = {"application/json": {"schema": {"oneOf": kinds}}}
    return found


def _answer(meaning: str, kind: type[BaseModel], media: str = "application/json") -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{kind.__name__}"}
    return {"description": meaning, "content": {media: {"schema": schema}}}
