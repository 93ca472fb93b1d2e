"""Tiny models of both frameworks for tests, each made in a process of its own.

TensorFlow and torch in one process cost much and may clash, and pytest's process needs neither: so the
functions here start `python -m tests.support.models.tiny_models`, which imports the one framework
that it needs.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.project import ROOT

KERAS_LABELS = ("normal", "abnormal_heartbeat", "history_of_mi", "myocardial_infarction")
PYTORCH_LABELS = ("myocardial_infarction", "history_of_mi", "abnormal_heartbeat", "normal")


class Facts(NamedTuple):
    """What a tiny model's entry says; `more` goes to its top, `end` to its end."""

    framework: str = "keras"
    labels: tuple[str, ...] = KERAS_LABELS
    size: tuple[int, int] = (32, 56)
    output: str = "probabilities"
    channels: int = 1
    more: str = ""
    end: str = ""


def make_keras_model(
    folder: Path, key: str = "tiny_keras", size: tuple[int, int] = (32, 56)
) -> Path:
    """Writes a Keras model (grey, 1 channel, softmax) into folder/key; that folder."""
    home = Path(folder, key)
    home.mkdir(parents=True)
    run_python("-m", "tests.support.models.tiny_models", "keras", home / "weights.keras", *size)
    write_entry(home, Facts(size=size))
    return home


def make_pytorch_model(
    folder: Path, key: str = "tiny_torch", size: tuple[int, int] = (32, 56)
) -> Path:
    """Writes a PyTorch MobileNetV2 (grey, 3 channels, logits) into folder/key; that folder."""
    home = Path(folder, key)
    home.mkdir(parents=True)
    run_python("-m", "tests.support.models.tiny_models", "pytorch", home / "weights.safetensors")
    more = 'architecture = "mobilenet_v2"\nhead = []\n'
    write_entry(home, Facts("pytorch", PYTORCH_LABELS, size, "logits", 3, more))
    return home


def run_python(*arguments: object, cwd: Path = ROOT) -> str:
    """What a fresh Python prints; the test fails with its complaint where it fails."""
    command = [sys.executable, *map(str, arguments)]
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=cwd, env=quiet, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def write_entry(home: Path, facts: Facts) -> None:
    """Writes home/model.toml for the one weight file that lies there."""
    (weights,) = home.glob("weights.*")
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    listed = ", ".join(f'"{label}"' for label in facts.labels)
    text = f"""\
title = "Tiny {facts.framework} model"
task = "cardiac-page-4"
framework = "{facts.framework}"
labels = [{listed}]
output = "{facts.output}"
{facts.more}
[weights]
file = "{weights.name}"
sha256 = "{digest}"

[preprocessing]
size = [{facts.size[0]}, {facts.size[1]}]
colour = "grey"
channels = {facts.channels}
scale = "standard"
{facts.end}
"""
    (home / "model.toml").write_text(text, encoding="utf-8")


def _save_keras(file: Path, height: int, width: int) -> None:
    import keras

    keras.utils.set_random_seed(7)
    layers: list[Any] = [
        keras.Input((height, width, 1)),
        keras.layers.AveragePooling2D(4),
        keras.layers.Flatten(),
        keras.layers.Dense(4, activation="softmax"),
    ]
    keras.Sequential(layers).save(file)


def _save_pytorch(file: Path) -> None:
    import safetensors.torch
    import torch
    from torch import nn

    from twelvelead.inference.engines.torchvision_import import torchvision

    torch.manual_seed(7)
    network = torchvision.models.mobilenet_v2(weights=None)
    network.classifier = nn.Sequential(nn.Linear(1280, 4))
    nn.init.normal_(network.classifier[0].weight, std=0.05)  # answers that differ from 1/4
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    network(torch.rand(16, 1, 1, 1) + 0.1 * torch.randn(16, 3, 64, 64))  # sets the batch norms
    state = {name: tensor.half() for name, tensor in network.state_dict().items()}
    safetensors.torch.save_file(state, file)


if __name__ == "__main__":
    kind, target, *sides = sys.argv[1:]
    if kind == "keras":
        _save_keras(Path(target), *map(int, sides))
    else:
        _save_pytorch(Path(target))
