"""Writes a trained model as a folder of the registry: weights, model.toml, example, metrics."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model_registry.entry import BeatExample, Example, Weights
from model_registry.read_entry import read_entry
from model_registry.write_entry import write_entry
from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.metrics import softmax
from twelvelead.project import SAMPLES
from twelvelead.training.recipe import BeatRecipe, Network, PageRecipe, Recipe

MAX_BYTES = 60_000_000
DECIMALS = 6  # of an example's probabilities
BEAT_EXAMPLE, BEAT_EXAMPLE_RATE = "pvc", 360  # what is simulated, Hz

Ask = Callable[[npt.NDArray[np.float32]], tuple[float, ...]]  # tensors of one input -> its answer


def ship(folder: Path, recipe: Recipe, network: Network, metrics: dict[str, Any]) -> Path:
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
        recipe.entry,
        weights=Weights(weights, hashlib.sha256(weights.read_bytes()).hexdigest()),
        temperature=temperature,
        accept_from=metrics["calibration"]["accept_from"],
        example=_example(fresh, recipe, ask),
    )
    write_entry(entry)
    write_metrics(fresh, metrics | {"bytes": size})
    read_entry(fresh / "model.toml")
    shutil.rmtree(folder, ignore_errors=True)
    return fresh.rename(folder)


def read_metrics(folder: Path) -> dict[str, Any]:
    """`metrics.json`."""
    metrics: dict[str, Any] = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return metrics


def write_metrics(folder: Path, metrics: dict[str, Any]) -> None:
    """`metrics.json`, put in place whole."""
    part = folder / "metrics.json.part"
    part.write_text(json.dumps(metrics, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    part.rename(folder / "metrics.json")


def _example(folder: Path, recipe: Recipe, ask: Ask) -> Example | BeatExample:
    """Something simulated, and what the network answers to it here, in its own framework."""
    if isinstance(recipe, PageRecipe):
        return _page_example(folder, recipe, ask)
    assert isinstance(recipe, BeatRecipe)  # noqa: S101 - there is no third kind
    return _beat_example(folder, recipe, ask)


def _page_example(folder: Path, recipe: PageRecipe, ask: Ask) -> Example:
    """The first sample page."""
    from ecg.page.page import read_page

    record = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))[0]
    image = folder / "example.png"
    shutil.copyfile(SAMPLES / record["file"], image)
    tensor = recipe.preprocessing(read_page(image.read_bytes()))
    return Example(image, ask(tensor[np.newaxis]))


def _beat_example(folder: Path, recipe: BeatRecipe, ask: Ask) -> BeatExample:
    """A signal with its beats, of which the earliest is meant."""
    from ecg.beats.beats import Beats
    from ecg.simulate.twelve_leads import simulate

    drawn = simulate(BEAT_EXAMPLE, seed=0, rate=BEAT_EXAMPLE_RATE)
    trace = np.round(drawn.signals[drawn.leads.index("II")], 3)
    peaks = np.round(drawn.r_peaks * drawn.rate).astype(np.int64)
    marks = np.zeros(len(trace), dtype=np.int64)
    marks[peaks] = 1
    lines = [f"{value:.3f},{mark}" for value, mark in zip(trace, marks, strict=True)]
    signal = folder / "example.csv"
    signal.write_text("\n".join(["II,r_peak", *lines, ""]), encoding="utf-8")
    beats = Beats(trace, float(drawn.rate), peaks)
    early = int(beats.rr_before.argmin())
    answer = ask(recipe.tensors(beats, slice(early, early + 1)))
    return BeatExample(signal, float(drawn.rate), early, answer)
