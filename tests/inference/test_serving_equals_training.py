"""The probabilities through HTTP are those that the training code computes in its framework."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from model_registry.registry import read_registry
from tests.support.models.tiny_models import run_python
from tests.support.project import ROOT
from tests.support.web.web_fakes import large_form
from twelvelead.inference.predictor import Predictor
from twelvelead.training.recipe import RECIPES

MODELS = ROOT / "models"
KEYS = sorted(key for key, module in RECIPES.items() if ".pages." in module)
PAGES = 20
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def client() -> Iterator[FlaskClient]:
    predictor = Predictor(read_registry(MODELS))
    yield create_app({}, predictor).test_client()
    predictor.close()


@cache
def trained(framework: str, *files: Path) -> dict[str, list[dict[str, float]]]:
    """What the training code answers with each model of a framework, which starts once for all of them."""
    registry = read_registry(MODELS)
    keys = ",".join(key for key in KEYS if registry[key].framework == framework)
    told = run_python("-m", "tests.support.models.framework_answers", MODELS, keys, *files)
    found: dict[str, list[dict[str, float]]] = json.loads(told)
    return found


def differences(client: FlaskClient, key: str, files: list[Path]) -> list[float]:
    """The largest difference of a probability for each file."""
    served = []
    for file in files:
        form = large_form(file.read_bytes(), [("model", key)])
        answer = client.post("/api/v1/predictions", **form).get_json()
        served.append(answer["predictions"][0]["probabilities"])
    framework = read_registry(MODELS)[key].framework
    return [
        max(abs(one[label] - other[label]) for label in other)
        for one, other in zip(served, trained(framework, *files)[key], strict=True)
    ]


@pytest.mark.parametrize("key", KEYS)
def test_on_simulated_pages(client: FlaskClient, key: str) -> None:
    files = sorted((ROOT / "static" / "samples").glob("*/*.png"))[:4]
    assert max(differences(client, key, files)) < TOLERANCE


@pytest.mark.data
@pytest.mark.parametrize("key", KEYS)
def test_on_twenty_real_pages(client: FlaskClient, key: str, data_dir: Path) -> None:
    files = sorted(data_dir.glob("*/*.jpg"))
    files = files[:: len(files) // PAGES][:PAGES]
    assert len(files) == PAGES
    assert max(differences(client, key, files)) < TOLERANCE
