"""The fields of all forms, each once: requests are read by these, and /openapi.json describes these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request
from werkzeug.datastructures import FileStorage

from ecg.page.page import MAX_BYTES
from ecg.picture.formats import FORMATS_IN_WORDS, MAX_PIXELS, MOST_PIXELS, megapixels
from ecg.signal.read_options import Unit
from ecg.signal.signal import MAX_BYTES as MAX_RECORDING
from ecg.signal.signal import MAX_HOURS, MAX_LEADS, RATES, USUAL_RATE
from twelvelead.inference.choice import USUAL_BEAT_MODEL
from twelvelead.web.shown.beat_files import MEDIA

Schema = Mapping[str, Any]  # JSON Schema

MAX_NAME = 100  # characters of a lead's name
MOST_LETTERS = 200  # of an id or a key
MOST_PAGES = 9_999  # of a document
MOST_KEYS = 50  # models that one request names
UNITS: dict[str, Unit] = {"mv": "mV", "adc": "adc"}  # by what is sent, in small letters


@dataclass(frozen=True)
class Field:
    """One field; `earlier`: the names that earlier clients have for it. Each name has its own schema."""

    name: str
    schema: Schema
    earlier: Mapping[str, Schema] = field(default_factory=dict)

    def texts(self) -> list[str]:
        """What was sent in it, under any of its names; what was left empty does not count."""
        listed = [text for name in self._names for text in request.form.getlist(name)]
        return [text for text in listed if text]

    def text(self) -> str:
        """The first of them, empty where there is none."""
        return next(iter(self.texts()), "")

    def files(self) -> list[tuple[str, FileStorage]]:
        """Each file that was sent in it, with the name under which it came."""
        listed = [(name, file) for name in self._names for file in request.files.getlist(name)]
        return [(name, file) for name, file in listed if file.filename or file.content_length]

    @property
    def _names(self) -> tuple[str, ...]:
        return self.name, *self.earlier


def _text(description: str, most: int = MOST_LETTERS) -> Schema:
    return {"type": "string", "maxLength": most, "description": description}


def _file(description: str) -> Schema:
    return {"type": "string", "format": "binary", "description": description}


def _keys(description: str) -> Schema:
    key = {"type": "string", "minLength": 1, "maxLength": MOST_LETTERS}
    limits = {"minItems": 1, "maxItems": MOST_KEYS}
    return {"type": "array", "items": key, "description": description} | limits


PAGE_WORDS = (
    f"{FORMATS_IN_WORDS}, at most {MAX_BYTES / 1e6:.0f} MB; more than {megapixels(MAX_PIXELS)} megapixels "
    f"are scaled down, up to {megapixels(MOST_PIXELS)}"
)
RECORDING_WORDS = (
    "a CSV with a column a lead, or the .hea and .dat files of a WFDB record, or a zip of "
    f"them, at most {MAX_RECORDING / 1e6:.0f} MB, {MAX_HOURS:.0f} hours and {MAX_LEADS} leads"
)
SAMPLE_WORDS = "instead of a file: the id of a sample"
EARLIER_FILE = _file("in place of a page: a CSV, answered with the class of each beat")
EARLIER_MODEL = {"model_key": _text("a key, or `all`; without it as the other addresses")}

PAGE_FILE = Field(
    "file",
    _file(f"an ECG page: {PAGE_WORDS}"),
    {"upload_image": {"type": "string", "format": "binary"}},
)
PAGE_SAMPLE = Field("sample", _text(SAMPLE_WORDS), {"sample_path": _text("id or name of a sample")})
PAGE_NUMBER = Field(
    "page",
    {
        "type": "integer",
        "minimum": 1,
        "maximum": MOST_PAGES,
        "description": "which page of a PDF, the first without it",
    },
)
PAGE_MODEL = Field(
    "model",
    _keys("keys, repeated; or `all`, as without it: all that read such a picture"),
    EARLIER_MODEL,
)
IMAGE_SOURCE = Field("image_source", {"type": "string", "enum": ["upload", "sample"]})
RECORDING_FILE = Field(
    "file",
    {
        "type": "array",
        "items": {"type": "string", "format": "binary"},
        "minItems": 1,
        "maxItems": 3,
        "description": RECORDING_WORDS,
    },
    {"csv_file": EARLIER_FILE, "ecg_file": EARLIER_FILE},
)
RECORDING_SAMPLE = Field("sample", _text(SAMPLE_WORDS))
RATE = Field(
    "rate",
    {
        "type": "number",
        "minimum": RATES[0],
        "maximum": RATES[1],
        "description": f"Hz; else the file's, else {USUAL_RATE:g} are assumed, and said to be",
    },
)
LEAD = Field("lead", _text("whose beats are classified; else MLII, II or the first", MAX_NAME))
UNIT = Field(
    "unit",
    {"type": "string", "enum": list(UNITS.values()), "description": "of a CSV's values"},
)
FORMAT = Field(
    "format",
    {"type": "string", "enum": ["json", *MEDIA], "description": "json without it"},
)
RECORDING_MODEL = Field(
    "model",
    _keys(f"keys, repeated; or `all`; {USUAL_BEAT_MODEL} without it. One for csv and atr"),
    EARLIER_MODEL,
)

A_PAGE = (PAGE_FILE, PAGE_SAMPLE, PAGE_NUMBER)
PAGE = (*A_PAGE, PAGE_MODEL)
RECORDING = (RECORDING_FILE, RECORDING_SAMPLE, RATE, LEAD, UNIT, FORMAT, RECORDING_MODEL)


def properties(*fields: Field) -> dict[str, Schema]:
    """The schema of each field by its name."""
    return {one.name: one.schema for one in fields}


def earlier_properties() -> dict[str, Schema]:
    """The same of the form that earlier apps had, where a page or a recording may come."""
    own = (*PAGE, RECORDING_FILE)
    earlier = {name: schema for one in own for name, schema in one.earlier.items()}
    return properties(IMAGE_SOURCE) | earlier | {RECORDING_FILE.name: EARLIER_FILE}
