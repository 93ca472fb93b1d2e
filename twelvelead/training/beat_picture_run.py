"""Trains one model of beat pictures as it ships: settled on four records of DS1, tested on DS2.

Folds inside DS1 would take as long again for each fold as the training itself, so four of its records are
kept instead: a bias for each class and the temperature are fitted to the answers to these (A. Alexandari,
A. Kundaje and A. Shrikumar, "Maximum likelihood with bias-corrected calibration is hard-to-beat at label
shift adaptation", ICML 2020), then the threshold is chosen.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from model_registry.registry import read_registry
from twelvelead.datasets.pages import Indices
from twelvelead.evaluation.beat_figures import Answered, beat_figures
from twelvelead.evaluation.calibrate import calibrate
from twelvelead.evaluation.metrics import Matrix
from twelvelead.training.beat_fits import BeatFits, count, twin
from twelvelead.training.beat_recipe import find_beat_recipe, mark
from twelvelead.training.beat_run import BeatPlan
from twelvelead.training.shipping.beat_card import write_beat_card
from twelvelead.training.shipping.beat_ship import ship_beats
from twelvelead.training.shipping.commit import read_commit

PULL = 1e-3  # towards no bias: a class that the held-out records lack keeps a finite one
Floats = npt.NDArray[np.float64]


def fit_bias(targets: Indices, logits: Matrix) -> Floats:
    """(labels,) to add to logits (n, labels) for the least log loss at the best temperature.

    That of the first label is 0.
    """
    labels = logits.shape[1]

    def loss(wanted: Floats) -> float:
        bias = np.concatenate([[0.0], wanted[1:]])
        scaled = logits * np.exp(wanted[0]) + bias
        highest = scaled.max(axis=1)
        total = highest + np.log(np.exp(scaled - highest[:, None]).sum(axis=1))
        chosen = scaled[np.arange(len(targets)), targets]
        return float((total - chosen).mean() + PULL * np.square(bias).sum())

    found = minimize(loss, np.zeros(labels)).x
    return np.asarray(np.concatenate([[0.0], found[1:]]) / np.exp(found[0]))


@dataclass(frozen=True)
class Settled:
    """A finished network, its answers to the records kept for settling it, and to those of the test."""

    network: Any
    inside: Answered
    tested: Answered

    @cached_property
    def calibration(self) -> dict[str, Any]:
        return calibrate(self.inside.targets, self.inside.logits)

    @property
    def temperature(self) -> float:
        return float(self.calibration["temperature"])


def settle(network: Any, inside: Answered) -> Answered:
    """Adds the bias that the held-out answers ask for to a network, for good; those answers then."""
    bias = fit_bias(inside.targets, inside.logits)
    network.shift(bias)
    return replace(inside, logits=inside.logits + bias)


def train_beat_pictures(plan: BeatPlan, say: Callable[[str], None] = print) -> dict[str, Any]:
    """Fits, settles on held-out records, tests on DS2, fits the twin; writes `models/<key>`; the figures.

    Raises DataError for a key without a recipe and for records that are not there.
    """
    recipe: Any = find_beat_recipe(plan.key)
    work = plan.work / plan.key
    work.mkdir(parents=True, exist_ok=True)
    train, held_out, test = (
        mark(recipe.read_records(plan.data, names, recipe.EXTRA), recipe)
        for names in (recipe.TRAIN, recipe.HELD_OUT, recipe.TEST)
    )
    say(f"{count(train)} beats to train on, {count(held_out)} kept, {count(test)} to test on")
    fits = BeatFits(recipe, recipe.prepare(work, plan.backbone), work, say)
    network = fits.fitted("final", train)
    inside = fits.ask(network, held_out)
    if recipe.SETTLE:
        inside = settle(network, inside)
    answered = Settled(network, inside, fits.ask(network, test))
    split = None
    if plan.with_twin:
        split = twin(fits, [*train, *held_out, *test], answered.temperature)
    return ship_pictures(plan, recipe, answered, split)


def ship_pictures(
    plan: BeatPlan, recipe: Any, answered: Settled, split: dict[str, Any] | None
) -> dict[str, Any]:
    """Writes `models/<key>`: weights, entry, figures, card. The figures.

    split: those of the twin on a random split of beats.
    """
    tested = beat_figures(answered.tested, answered.temperature)
    inside = beat_figures(answered.inside, answered.temperature)
    metrics: dict[str, Any] = {
        "cross_validation": tested | {"folds": 1, "protocol": recipe.PROTOCOL},
        "inside_training": inside
        | {"folds": 1, "protocol": f"records {', '.join(recipe.HELD_OUT)}"},
        "calibration": answered.calibration,
        "origin": recipe.ORIGIN,
        "parameters": answered.network.parameters(),
        "recipe": recipe.knobs(),
        "commit": read_commit(),
        "date": datetime.now(UTC).date().isoformat(),
    }
    if split is not None:
        metrics["random_split"] = split
    folder = ship_beats(plan.models / plan.key, recipe, answered.network, metrics)
    write_beat_card(read_registry(folder.parent)[plan.key])
    return metrics
