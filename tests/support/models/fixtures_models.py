"""Models folders with tiny models of each framework, and what runs models on fake frameworks."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from model_registry.registry import read_registry
from tests.support.made_once import made_once
from tests.support.models.tiny_models import make_keras_model, make_pytorch_model
from tests.support.web.web_fakes import FAKE_BACKENDS
from twelvelead.inference.predictor import Predictor
from twelvelead.inference.resources.limits import Limits

Start = Callable[..., Predictor]


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `tiny_keras` and `tiny_torch`; copy it before changing anything in it."""

    def make(folder: Path) -> None:
        make_keras_model(folder)
        make_pytorch_model(folder)

    return made_once(tmp_path_factory, "tiny_models", make)


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a predictor over what lies in `tmp_path`, on the fake frameworks."""
    monkeypatch.setattr("twelvelead.inference.engines.networks.BACKENDS", FAKE_BACKENDS)
    started: list[Predictor] = []

    def start_one(**limits: Any) -> Predictor:
        started.append(Predictor(read_registry(tmp_path), Limits(**{"threads": 1} | limits)))
        return started[-1]

    yield start_one
    for predictor in started:
        predictor.close()
