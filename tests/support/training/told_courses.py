"""Runs the Keras courses once for the tests of all of them."""

import json
from typing import Any

import pytest

from tests.support.made_once import made_once
from tests.support.models.tiny_models import run_python


def told_by_courses(factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What they told, those of "pages" and those of "beats"."""
    folder = made_once(factory, "keras_courses", _run)
    told: dict[str, dict[str, Any]] = json.loads((folder / "told.json").read_text())
    return told


def _run(folder: object) -> None:
    run_python("-m", "tests.support.training.keras_courses", folder)
