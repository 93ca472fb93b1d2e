"""OpenAPI 3.1, from the types that the answers are made of."""

from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ecg.page.page import FORMATS_IN_WORDS, MAX_BYTES, MAX_PIXELS
from ecg.signal.signal import MAX_BYTES as MAX_RECORDING
from ecg.signal.signal import MAX_HOURS, MAX_LEADS, RATES, USUAL_RATE
from ecg.tasks import NOTICE
from twelvelead.inference.decision import USUAL_BEAT_MODEL
from twelvelead.web.forms.recordings import MAX_NAME, UNITS
from twelvelead.web.schemas.health import Health
from twelvelead.web.schemas.model_figures import Figures
from twelvelead.web.schemas.pages import Models, PageRead, Predictions, Problem, TracesRead
from twelvelead.web.schemas.signals import EarlierAnswer, SignalPredictions
from twelvelead.web.shown.beat_files import MEDIA

VERSION = "1"
MOST_LETTERS = 200  # of an id or a key
MOST_KEYS = 50  # models that one request names
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
PAGE_WORDS = (
    f"{FORMATS_IN_WORDS}, at most {MAX_BYTES / 1e6:.0f} MB and {MAX_PIXELS / 1e6:.0f} megapixels"
)
PAGE = {
    "file": {"type": "string", "format": "binary", "description": f"an ECG page: {PAGE_WORDS}"},
    "sample": {
        "type": "string",
        "maxLength": MOST_LETTERS,
        "description": "instead of a file: the id of a sample",
    },
}
ONE_SOURCE_OF_TWO = {  # a form's field that is left empty does not count
    "oneOf": [
        {"required": ["file"], "properties": {"sample": {"maxLength": 0}}},
        {"required": ["sample"], "properties": {"sample": {"minLength": 1}, "file": False}},
    ]
}
KEYS = {
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": MOST_LETTERS},
    "minItems": 1,
    "maxItems": MOST_KEYS,
}
MODEL = {
    "model": KEYS
    | {"description": "keys, repeated; or `all`, as without it: all that read such a picture"}
}
RECORDING = {
    "file": {
        "type": "array",
        "items": {"type": "string", "format": "binary"},
        "minItems": 1,
        "maxItems": 3,
        "description": (
            "a CSV with a column a lead, or the .hea and .dat files of a WFDB record, or a zip of "
            f"them, at most {MAX_RECORDING / 1e6:.0f} MB, {MAX_HOURS:.0f} hours and {MAX_LEADS} leads"
        ),
    },
    "sample": PAGE["sample"],
    "rate": {
        "type": "number",
        "minimum": RATES[0],
        "maximum": RATES[1],
        "description": f"Hz; else the file's, else {USUAL_RATE:g} are assumed, and said to be",
    },
    "lead": {
        "type": "string",
        "maxLength": MAX_NAME,
        "description": "whose beats are classified; else MLII, II or the first",
    },
    "unit": {"type": "string", "enum": list(UNITS.values()), "description": "of a CSV's values"},
    "format": {"type": "string", "enum": ["json", *MEDIA], "description": "json without it"},
    "model": KEYS
    | {
        "description": f"keys, repeated; or `all`; {USUAL_BEAT_MODEL} without it. One for csv and atr"
    },
}
KEY = {
    "name": "key",
    "in": "path",
    "required": True,
    "description": "a model's key",
    "schema": {"type": "string"},
}
EARLIER = {
    "model_key": {
        "type": "string",
        "maxLength": MOST_LETTERS,
        "description": "a key, or `all`; without it as the other addresses",
    },
    "image_source": {"type": "string", "enum": ["upload", "sample"]},
    "upload_image": {"type": "string", "format": "binary"},
    "sample_path": {
        "type": "string",
        "maxLength": MOST_LETTERS,
        "description": "id or name of a sample",
    },
    "file": {
        "type": "string",
        "format": "binary",
        "description": "in place of a page: a CSV, answered with the class of each beat",
    },
}
ONE_SOURCE = {
    "oneOf": [
        {
            "required": [name],
            "properties": {
                "image_source": {"enum": [source]},
                **{other: False for other in ("upload_image", "file") if other != name},
                "sample_path": {"minLength": 1} if source == "sample" else {"maxLength": 0},
            },
        }
        for name, source in (
            ("upload_image", "upload"),
            ("file", "upload"),
            ("sample_path", "sample"),
        )
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
A_PAGE = {"type": "object", "properties": PAGE} | ONE_SOURCE_OF_TWO
ASKED = {"type": "object", "properties": PAGE | MODEL} | ONE_SOURCE_OF_TWO
A_RECORDING = {"type": "object", "properties": RECORDING} | ONE_SOURCE_OF_TWO
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
