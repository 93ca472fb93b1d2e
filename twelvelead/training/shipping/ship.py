"""Writes a trained model as a folder of the registry: weights, model.toml, example, metrics."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from model_registry.entry import EnsembleEntry, ModelEntry, Weights
from model_registry.read_entry import read_entry
from model_registry.write_entry import write_entry
from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.metrics import softmax
from twelvelead.training.fits import TrainingData
from twelvelead.training.recipe import Network

AnyEntry = TypeVar("AnyEntry", bound=ModelEntry | EnsembleEntry)
MAX_BYTES = 60_000_000
DECIMALS = 6  # of an example's probabilities


def ship(folder: Path, data: TrainingData[Any], network: Network, metrics: dict[str, Any]) -> Path:
    """Writes `folder` beside the old one first and puts it in place only when it is whole.

    Raises DataError where the weights are larger than 60 MB.
    """
    fresh = folder.with_name(f"{folder.name}-part")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    weights = network.save(fresh)
    size = weights.stat().st_size
    if size > MAX_BYTES:
        raise DataError(f"{weights.name} has {size / 1e6:.0f} MB; 60 at most.")
    temperature = metrics["calibration"]["temperature"]

    def ask(tensors: npt.NDArray[np.float32]) -> tuple[float, ...]:
        answer = softmax(network.logits(tensors) / temperature)[0]
        return tuple(round(float(p), DECIMALS) for p in answer)

    entry = replace(
        data.recipe.entry,
        weights=Weights(weights, hashlib.sha256(weights.read_bytes()).hexdigest()),
        example=data.example(fresh, ask),
    )
    write_entry(as_calibrated(entry, metrics["calibration"]))
    write_metrics(fresh, metrics | {"bytes": size})
    read_entry(fresh / "model.toml")
    shutil.rmtree(folder, ignore_errors=True)
    return fresh.rename(folder)


def as_calibrated(entry: AnyEntry, calibration: Mapping[str, Any]) -> AnyEntry:
    """The entry with what was fitted; its example is still that of before."""
    return replace(
        entry,
        temperature=calibration["temperature"],
        accept_from=calibration["accept_from"],
        keep_from=tuple(calibration["keep_from"]),
        accepts=calibration["accepts"],
        never=tuple(calibration["never"]),
    )


def read_metrics(folder: Path) -> dict[str, Any]:
    """`metrics.json`."""
    metrics: dict[str, Any] = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return metrics


def write_metrics(folder: Path, metrics: dict[str, Any]) -> None:
    """`metrics.json`, put in place whole."""
    part = folder / "metrics.json.part"
    part.write_text(json.dumps(metrics, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    part.rename(folder / "metrics.json")
