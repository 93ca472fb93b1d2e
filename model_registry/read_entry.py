"""Reads one `model.toml`; what is wrong is said with file, key and what would be right."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model_registry.entry import Entry, ModelEntry
from model_registry.errors import EntryError, named

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def read_entry(file: Path) -> ModelEntry:
    """The entry of the network in `file`. Raises EntryError as `read_any_entry` does, and for others."""
    entry = read_any_entry(file)
    if not isinstance(entry, ModelEntry):
        raise EntryError(f"{named(file)}: key 'framework': use one of keras, pytorch.")
    return entry


def read_any_entry(file: Path) -> Entry:
    """The entry in `file`, a network's or an ensemble's; its folder's name is the model's key.

    Raises EntryError for text that is no TOML, a key that is unknown, missing or of the wrong type,
    a value out of range, and weights that are missing or a Git-LFS pointer. Whether an ensemble's
    members fit is told by `check_members`, when all entries are read.
    """
    from pydantic import ValidationError  # here, since who only names `read_entry` needs none of it

    from model_registry.faults import describe
    from model_registry.schema import DOCUMENT

    says = _read_toml(file)
    try:
        document = DOCUMENT.validate_python(says, context=file.parent)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise EntryError(f"{named(file)}: {describe(first)}.") from error
    return document.entry(file.parent, read_metrics(file.parent / "metrics.json"))


def _read_toml(file: Path) -> dict[str, Any]:
    if not KEY.fullmatch(file.parent.name):
        raise EntryError(
            f"{named(file)}: the folder's name is the model's key and may hold only "
            "a-z, 0-9, '_' and '-', at most 64 of them."
        )
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise EntryError(f"{named(file)}: this is not TOML: {error}.") from error
    except OSError as error:
        raise EntryError(f"{named(file)}: can't be read: {error.strerror}.") from error


def read_metrics(file: Path) -> Mapping[str, Any] | None:
    """What `twelvelead train` measured, where it stands beside the entry."""
    if not file.is_file():
        return None
    try:
        metrics = json.loads(file.read_text(encoding="utf-8"), parse_constant=_no_number)
    except ValueError as error:
        raise EntryError(f"{named(file)}: this is not JSON: {error}.") from error
    if not isinstance(metrics, dict):
        raise EntryError(f"{named(file)}: it should hold one JSON object.")
    return metrics


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number in JSON")
