"""CONTRIBUTING.md's beat model is made to the letter, with tiny weights: it answers in the end."""

import hashlib
import re
from pathlib import Path

import pytest

from tests.project.test_contributing import BEATS, blocks, command, python_block, shell
from tests.support.models.tiny_models import run_python
from twelvelead.cli import main as cli

MODEL = """
import keras
from keras import layers
keras.utils.set_random_seed(1)
layered = [keras.Input((1, 360, 2)), layers.Conv2D(4, (1, 9), strides=(1, 5), activation="relu")]
pooled = [layers.GlobalAveragePooling2D(), layers.Dense(5, "softmax")]
model = keras.Sequential(layered + pooled)
"""
Output = pytest.CaptureFixture[str]


def entry_text() -> str:
    (text,) = [one for one in blocks("toml") if one.startswith(f"# models/{BEATS}/")]
    return text


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model's folder after steps 1 to 3 and its hash."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / "models").mkdir()
    shell(command(f"mkdir models/{BEATS}"), folder)
    run_python("-c", MODEL + python_block("beats"), cwd=folder)
    run_python("-c", python_block("example"), cwd=folder)
    made = folder / "models" / BEATS
    digest = hashlib.sha256((made / "weights.keras").read_bytes()).hexdigest()
    text = entry_text().replace("the 64 digits of step 5", digest)
    (made / "model.toml").write_text(text, encoding="utf-8")
    return made


def ask(home: Path) -> int:
    """The status of the command that the text names."""
    words = command("twelvelead beats").split()[1:]
    files = [str(home.parent.parent / word) if word.endswith(".csv") else word for word in words]
    return cli.main([*files, "--models", str(home.parent)])


def test_it_works(home: Path, capsys: Output) -> None:
    assert ask(home) == 1
    refusal = capsys.readouterr().err
    numbers = re.search(r"answers its example with \((\d[\d., ]+)\)", refusal)
    assert numbers, refusal
    entry = home / "model.toml"
    text = entry.read_text("utf-8").replace("0.2, 0.2, 0.2, 0.2, 0.2", numbers[1])
    entry.write_text(text, encoding="utf-8")

    assert ask(home) == 0
    assert re.search(
        r"13 beats.*\n(.*\n)*  my_beat_model \(tensorflow .*\): N \d+", capsys.readouterr().out
    )


def test_a_drawing_goes_in_place_of_the_segment(home: Path, tmp_path: Path, capsys: Output) -> None:
    (drawing,) = [one for one in blocks("toml") if one.startswith("[drawing]")]
    preprocessing = '[preprocessing]\nsize = [64, 96]\ncolour = "grey"\nscale = "rescale"\n\n'
    text = (home / "model.toml").read_text("utf-8")
    begin, _, rest = text.partition("[segment]")
    end = rest[rest.index("[example]") :]
    drawn = tmp_path / BEATS
    drawn.mkdir()
    for file in home.glob("[we]*"):
        (drawn / file.name).symlink_to(file)
    (drawn / "model.toml").write_text(begin + preprocessing + drawing + end, encoding="utf-8")

    assert cli.main(["models", "--models", str(tmp_path)]) == 0
    assert "reads pictures of beats; of a recording" in capsys.readouterr().out
