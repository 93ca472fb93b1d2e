"""CONTRIBUTING.md is followed to the letter, with tiny weights: both models answer in the end."""

import re
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from model_registry.errors import EntryError
from model_registry.read_entry import read_entry
from model_registry.registry import read_registry
from tests.support.models.tiny_models import run_python
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.project import ROOT
from twelvelead.inference.predictor import Predictor
from twelvelead.inference.resources.limits import Limits

TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
PAGE = encode(draw_page((800, 560)))
KEYS = ("my_keras_model", "my_torch_model")
ENSEMBLE, BEATS = "my_ensemble", "my_beat_model"
MODELS = {  # what a contributor brings: a trained `model`
    "keras": """
import keras
from keras import layers
keras.utils.set_random_seed(1)
pooled = [layers.AveragePooling2D(16), layers.Flatten()]
model = keras.Sequential([keras.Input((224, 320, 3)), *pooled, layers.Dense(4, "softmax")])
""",
    "pytorch": """
import torch
from torch import nn
from twelvelead.inference.engines.torchvision_import import torchvision
torch.manual_seed(1)
model = torchvision.models.mobilenet_v2(weights=None)
hidden = [nn.Dropout(0.3), nn.Linear(1280, 512), nn.ReLU(), nn.Linear(512, 4)]
model.classifier = nn.Sequential(*hidden)
nn.init.normal_(hidden[-1].bias, std=1.0)
""",
}


def blocks(language: str) -> list[str]:
    """The fenced blocks of this language, without their indentation."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```", TEXT, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for _, block in found]


def python_block(name: str) -> str:
    """The one block of Python whose first line is this comment."""
    (block,) = [block for block in blocks("python") if block.startswith(f"# {name}\n")]
    return block


def command(beginning: str) -> str:
    """The one shell line of the text that begins so."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    (line,) = [line for line in lines if line.startswith(beginning)]
    return line


def shell(line: str, folder: Path) -> str:
    asked = ["sh", "-c", line]  # a line of this repository's own text
    return subprocess.run(asked, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def entries() -> dict[str, str]:
    """The complete entries by the file that they are for."""
    return {
        block.splitlines()[0].removeprefix("# "): block
        for block in blocks("toml")
        if block.startswith("# models/")
    }


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory, entries: dict[str, str]) -> Path:
    """A folder after steps 1 to 4: weights, examples and entries as they stand in the text."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / "static").symlink_to(ROOT / "static")
    for beginning in ("mkdir -p", f"mkdir models/{ENSEMBLE}", 'cp "', "cp models"):
        shell(command(beginning), folder)
    for framework, model in MODELS.items():
        run_python("-c", model + python_block(framework), cwd=folder)
    for key in (ENSEMBLE, *KEYS):
        file = f"models/{key}/model.toml"
        (folder / file).write_text(entries[file], encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def hashed(workplace: Path) -> Path:
    """After step 5."""
    for line in shell(command("sha256sum"), workplace).splitlines():
        digest, weights = line.split()
        entry = (workplace / weights).with_name("model.toml")
        text = entry.read_text("utf-8").replace("the 64 digits of step 5", digest)
        entry.write_text(text, encoding="utf-8")
    return workplace


@pytest.fixture(scope="module")
def told(hashed: Path) -> dict[str, str]:
    """Step 6: what each model says of its example."""
    predictor = Predictor(read_registry(hashed / "models"), Limits(threads=1))
    try:
        return predictor.predict(PAGE, KEYS).failures
    finally:
        predictor.close()


@pytest.fixture(scope="module")
def predictor(hashed: Path, told: dict[str, str]) -> Iterator[Predictor]:
    """Step 7: the answers copied into the entries."""
    for key, failure in told.items():
        numbers = re.search(r"\((\d[\d., ]+)\)", failure)
        assert numbers, failure
        entry = hashed / "models" / key / "model.toml"
        text = entry.read_text("utf-8").replace("0.25, 0.25, 0.25, 0.25", numbers[1])
        entry.write_text(text, encoding="utf-8")
    made = Predictor(read_registry(hashed / "models"), Limits(threads=1))
    yield made
    made.close()


def test_it_shows_one_complete_entry_of_each_kind(entries: dict[str, str]) -> None:
    assert sorted(entries) == [f"models/{key}/model.toml" for key in (BEATS, ENSEMBLE, *KEYS)]


def test_an_entry_without_its_hash_is_refused(workplace: Path, tmp_path: Path) -> None:
    for key in KEYS:
        home = tmp_path / key
        home.mkdir()
        for file in (workplace / "models" / key).glob("[we]*"):
            (home / file.name).symlink_to(file)
        text = (workplace / "models" / key / "model.toml").read_text("utf-8")
        unhashed = re.sub(r'sha256 = "[0-9a-f]{64}"', 'sha256 = "later"', text)
        (home / "model.toml").write_text(unhashed, encoding="utf-8")

        with pytest.raises(EntryError, match=r"weights\.sha256.*sha256sum"):
            read_entry(home / "model.toml")


def test_the_first_answer_is_a_refusal_that_says_what_the_model_answers(
    told: dict[str, str],
) -> None:
    assert sorted(told) == sorted(KEYS)
    assert all("answers its example with (0." in failure for failure in told.values())


def test_both_models_answer(predictor: Predictor) -> None:
    answers = predictor.predict(PAGE, KEYS)

    assert answers.failures == {}
    assert [prediction.model for prediction in answers.predictions] == list(KEYS)
    for prediction in answers.predictions:
        assert sum(prediction.shares.values()) == pytest.approx(1)
        assert list(prediction.shares) == list(predictor.registry[prediction.model].labels)


def test_the_ensemble_answers_with_their_average(predictor: Predictor) -> None:
    both, one, two = predictor.predict(PAGE, (ENSEMBLE, *KEYS)).predictions

    assert (both.model, both.framework) == (ENSEMBLE, "ensemble")
    assert both.runtime == f"{one.runtime} + {two.runtime}"
    for label, share in both.shares.items():
        expected = (2 * one.shares[label] + two.shares[label]) / 3
        assert share == pytest.approx(expected)


def test_both_models_stay_ready(predictor: Predictor) -> None:
    predictor.predict(PAGE, KEYS)

    assert [predictor.state(key) for key in KEYS] == ["ready", "ready"]


def test_what_inception_v3_transforms_is_the_standard_scale() -> None:
    pixels = np.linspace(0, 1, 11)
    for mean, deviation in ((0.485, 0.229), (0.456, 0.224), (0.406, 0.225)):
        normalised = (pixels - mean) / deviation
        transformed = normalised * (deviation / 0.5) + (mean - 0.5) / 0.5  # torchvision's own

        np.testing.assert_allclose(transformed, pixels / 0.5 - 1, atol=1e-12)


def test_every_command_that_it_names_exists() -> None:
    named = set(re.findall(r"^ *twelvelead (\w+)|`twelvelead (\w+)", TEXT, re.MULTILINE))
    named = {one or other for one, other in named}

    assert named == {"audit", "beats", "compile", "evaluate", "models", "predict", "train"}
    for name in named:
        assert "usage" in run_python(ROOT / "twelvelead/cli/main.py", name, "--help")
