"""The JSON Schema beside the entries is what entries are read by, and says of each key what it means."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft7Validator

from model_registry.entry import Entry
from model_registry.schema import json_schema
from model_registry.write_entry import SCHEMA, entry_text
from tests.support.models.any_entry import entries
from tests.support.models.entry_files import KERAS, PYTORCH, changed
from tests.support.project import ROOT

FILE = ROOT / "models" / "model.schema.json"
AGAIN = "python -m model_registry.schema > models/model.schema.json"
SHIPPED = sorted((ROOT / "models").glob("*/model.toml"))
CHECKED = Draft7Validator(json.loads(json_schema()))

# name -> (what stands in the entry, what stands there instead): what an editor marks by itself
MARKED = {
    "a title left out": ('title = "A model"\n', ""),
    "an unknown task": ('"cardiac-page-4"', '"cats"'),
    "an unknown framework": ('"pytorch"', '"caffe"'),
    "an unknown architecture": ('"vgg16"', '"vgg11"'),
    "an unknown key": ("head = [512]", "heads = [512]"),
    "a label of another task": ('"normal", ', '"N", '),
    "a label twice": ('"normal", ', '"normal", "normal", '),
    "a fraction as width": ("[512]", "[1.5]"),
    "one side": ("[224, 320]", "[224]"),
    "a side too large": ("[224, 320]", "[224, 2049]"),
    "a temperature of 0": ("1.5", "0"),
    "Keras weights": ("weights.safetensors", "weights.keras"),
    "an unknown step": ('"median"', '"blur"'),
    "a probability over 1": ("0.3, 0.4]", "0.3, 1.4]"),
    "nothing that it reads": ("[preprocessing]", "[drawing]"),
}


def properties(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each key of each table with what is said about it."""
    for table in schema["definitions"].values():
        for name, said in table["properties"].items():
            yield f"{table['title']}.{name}", said


def test_the_file_is_that_of_the_code() -> None:
    assert FILE.read_text("utf-8") == json_schema(), f"it is stale: {AGAIN}"


def test_the_command_that_is_named_writes_it() -> None:
    made = subprocess.run(
        [sys.executable, *AGAIN.split()[1:3]], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert made.stdout == FILE.read_text("utf-8")


def test_it_is_a_schema_of_the_draft_that_it_names() -> None:
    Draft7Validator.check_schema(CHECKED.schema)
    assert CHECKED.schema["$schema"] == Draft7Validator.META_SCHEMA["$schema"]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.parent.name)
def test_a_shipped_entry_names_it_first_and_keeps_to_it(file: Path) -> None:
    text = file.read_text("utf-8")
    assert text.splitlines()[0] == f"#:schema {SCHEMA}"
    assert (file.parent / SCHEMA).resolve() == FILE
    assert [fault.message for fault in CHECKED.iter_errors(tomllib.loads(text))] == []


@settings(max_examples=100, deadline=None)
@given(entry=entries())
def test_whatever_is_written_keeps_to_it(entry: Entry) -> None:
    assert CHECKED.is_valid(tomllib.loads(entry_text(entry)))


@pytest.mark.parametrize("text", [KERAS, PYTORCH])
def test_what_is_read_keeps_to_it(text: str) -> None:
    assert CHECKED.is_valid(tomllib.loads(text))


@pytest.mark.parametrize("name", MARKED)
def test_an_editor_marks_what_is_wrong(name: str) -> None:
    assert not CHECKED.is_valid(tomllib.loads(changed(PYTORCH, *MARKED[name])))


def test_every_key_says_what_it_means() -> None:
    schema = CHECKED.schema
    tables = schema["definitions"]
    assert all(table["description"] for table in tables.values())
    silent = [name for name, said in properties(schema) if not _is_explained(said)]
    assert silent == []


def _is_explained(said: dict[str, Any]) -> bool:
    return "$ref" in said or "oneOf" in said or said.get("description", "").endswith(".")
