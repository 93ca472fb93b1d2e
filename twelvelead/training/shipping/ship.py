"""Writes a trained model as a folder of the registry: weights, model.toml, example, metrics."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ecg.page.page import read_page
from model_registry.read_entry import read_entry
from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.metrics import softmax
from twelvelead.project import SAMPLES
from twelvelead.training.recipe import Network, Recipe

TASK = "cardiac-page-4"
MAX_BYTES = 60_000_000


def ship(folder: Path, recipe: Recipe, network: Network, metrics: dict[str, Any]) -> Path:
    """Writes a model of pages as `put_in_place` does."""

    def entry(fresh: Path, weights: Path) -> str:
        toml = _toml(recipe, weights, metrics["calibration"])
        return toml + _example(fresh, recipe, network, metrics["calibration"]["temperature"])

    return put_in_place(folder, network, metrics, entry)


def put_in_place(
    folder: Path,
    network: Network,
    metrics: dict[str, Any],
    entry: Callable[[Path, Path], str],
) -> Path:
    """Writes `folder` beside the old one first and puts it in place only when it is whole.

    entry: gives the text of model.toml for the new folder and the weight file in it, and writes there
    what that names. Raises DataError where the weights are larger than 60 MB.
    """
    fresh = folder.with_name(f"{folder.name}-part")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    weights = network.save(fresh)
    if weights.stat().st_size > MAX_BYTES:
        raise DataError(f"{weights.name} has {weights.stat().st_size / 1e6:.0f} MB; 60 at most.")
    (fresh / "model.toml").write_text(entry(fresh, weights), encoding="utf-8")
    write_metrics(fresh, metrics | {"bytes": weights.stat().st_size})
    read_entry(fresh / "model.toml")
    shutil.rmtree(folder, ignore_errors=True)
    return fresh.rename(folder)


def write_metrics(folder: Path, metrics: dict[str, Any]) -> None:
    """`metrics.json`, put in place whole."""
    part = folder / "metrics.json.part"
    part.write_text(json.dumps(metrics, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    part.rename(folder / "metrics.json")


def _toml(recipe: Recipe, weights: Path, calibration: dict[str, float]) -> str:
    wanted = recipe.PREPROCESSING
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    return f"""\
title        = {json.dumps(recipe.TITLE)}
task         = "{TASK}"
framework    = "{recipe.FRAMEWORK}"
architecture = "{recipe.ARCHITECTURE}"
labels       = {json.dumps(list(recipe.LABELS))}
output       = "logits"
{recipe.HEAD_TOML}
[weights]
file   = "{weights.name}"
sha256 = "{digest}"

[preprocessing]
size     = {list(wanted.size)}
colour   = "{wanted.colour}"
channels = {wanted.channels}
scale    = "{wanted.scale}"
steps    = {json.dumps(list(wanted.steps))}

[calibration]
temperature = {calibration["temperature"]}

[decision]
accept_from = {calibration["accept_from"]}
"""


def _example(folder: Path, recipe: Recipe, network: Network, temperature: float) -> str:
    """A simulated page, and what the network answers to it here, in its own framework."""
    record = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))[0]
    image = folder / "example.png"
    shutil.copyfile(SAMPLES / record["file"], image)
    tensor = recipe.PREPROCESSING(read_page(image.read_bytes()))
    answer = softmax(network.logits(tensor[np.newaxis]) / temperature)[0]
    told = ", ".join(f"{p:.6f}" for p in answer)
    return f'\n[example]\nimage         = "{image.name}"\nprobabilities = [{told}]\n'
