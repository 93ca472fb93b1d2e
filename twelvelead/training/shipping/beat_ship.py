"""Writes a trained beat model as a folder of the registry: weights, model.toml, metrics."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from ecg.beats.beats import Beats, Window
from ecg.simulate.twelve_leads import simulate
from model_registry.segments import SegmentReading
from twelvelead.evaluation.metrics import softmax
from twelvelead.training.beat_recipe import BeatRecipe
from twelvelead.training.recipe import Network
from twelvelead.training.shipping.ship import put_in_place

EXAMPLE, EXAMPLE_RATE = "pvc", 360


def ship_beats(folder: Path, recipe: BeatRecipe, network: Network, metrics: dict[str, Any]) -> Path:
    """Writes a model of beats as `twelvelead.training.shipping.ship.put_in_place` does."""

    def entry(fresh: Path, weights: Path) -> str:
        toml = _toml(recipe, weights, metrics["calibration"])
        return toml + _example(fresh, recipe, network, metrics["calibration"]["temperature"])

    return put_in_place(folder, network, metrics, entry)


def segment_toml(reading: SegmentReading) -> str:
    """`[segment]` of model.toml, as `model_registry.read_beat.read_segment` reads it."""
    lines = ["[segment]", f'form    = "{reading.form}"', f'scale   = "{reading.scale}"']
    if reading.usual:
        lines.append("usual   = true")
    if reading.context:
        lines.append("context = [")
        lines += [f'    "{name}",' for name in reading.context]
        lines.append("]")
    if reading.window:
        lines += window_lines(reading.window)
    return "\n".join(lines) + "\n"


def window_lines(window: Window) -> list[str]:
    """The keys of a window, a line each, as `model_registry.read_beat` reads them."""
    lines = [
        f"rate    = {window.rate:g}",
        f"before  = {window.before}",
        f"length  = {window.length}",
    ]
    if window.band:
        lines.append(f"band    = [{window.band[0]:g}, {window.band[1]:g}]")
    return lines


def _toml(recipe: BeatRecipe, weights: Path, calibration: dict[str, float]) -> str:
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    return f"""\
title        = {json.dumps(recipe.TITLE)}
task         = "{recipe.TASK.key}"
framework    = "{recipe.FRAMEWORK}"
architecture = "{recipe.ARCHITECTURE}"
labels       = {json.dumps(list(recipe.LABELS))}
output       = "logits"
{recipe.HEAD_TOML}
[weights]
file   = "{weights.name}"
sha256 = "{digest}"

{recipe.reading_toml()}
[calibration]
temperature = {calibration["temperature"]}

[decision]
accept_from = {calibration["accept_from"]}
"""


def _example(folder: Path, recipe: BeatRecipe, network: Network, temperature: float) -> str:
    """A simulated signal with its beats, and what the network answers to one of them, here."""
    drawn = simulate(EXAMPLE, seed=0, rate=EXAMPLE_RATE)
    trace = np.round(drawn.signals[drawn.leads.index("II")], 3)
    places = np.round(drawn.r_peaks * drawn.rate).astype(np.int64)
    beats = Beats(trace, float(drawn.rate), places)
    marks = np.zeros(len(trace), dtype=np.int64)
    marks[places] = 1
    lines = [f"{value:.3f},{mark}" for value, mark in zip(trace, marks, strict=True)]
    (folder / "example.csv").write_text("\n".join(["II,r_peak", *lines, ""]), encoding="utf-8")
    early = int(beats.rr_before.argmin())
    tensor = recipe.tensors(beats, slice(early, early + 1))
    told = ", ".join(f"{p:.6f}" for p in softmax(network.logits(tensor) / temperature)[0])
    return f"""
[example]
signal        = "example.csv"
rate          = {drawn.rate}
beat          = {early}
probabilities = [{told}]
"""
