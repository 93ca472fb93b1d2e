"""Trains one beat model as it ships: on some records, as DS1 of de Chazal, tested on others, as DS2.

Folds inside the training records, by patient, give temperature and threshold; then a network is fitted
on all of them, asked about the test records, and is the one that ships. Without test records the folds
are what is told. A twin, fitted on a random half of the beats of all records and asked about the other
half, shows what others report.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from model_registry.registry import read_registry
from twelvelead.evaluation.beat_figures import beat_figures, record_figures
from twelvelead.evaluation.calibrate import calibrate
from twelvelead.training.beat_fits import BeatFits, brief, count, twin
from twelvelead.training.beat_recipe import BeatRecipe, MarkedBeats, find_beat_recipe, mark
from twelvelead.training.recipe import Network
from twelvelead.training.shipping.beat_card import write_beat_card
from twelvelead.training.shipping.beat_ship import ship_beats
from twelvelead.training.shipping.commit import read_commit


@dataclass(frozen=True)
class BeatPlan:
    """Where to read and write, as `run.Plan`. with_twin: whether to fit the random twin too."""

    key: str
    data: Path
    models: Path
    work: Path
    backbone: Path | None = None
    folds: int = 4
    with_twin: bool = True


def train_beats(plan: BeatPlan, say: Callable[[str], None] = print) -> dict[str, Any]:
    """Folds, fit, test and twin; writes `models/<key>`; the figures, as in metrics.json.

    Raises DataError for a key without a recipe and for records that are not there.
    """
    recipe = find_beat_recipe(plan.key)
    work = plan.work / plan.key
    work.mkdir(parents=True, exist_ok=True)
    train, test = (_read(plan, recipe, names) for names in (recipe.TRAIN, recipe.TEST))
    say(f"{count(train)} beats to train on, {count(test)} to test on")
    fits = BeatFits(recipe, recipe.prepare(work, plan.backbone), work, say)
    inside = fits.held_out(train, plan.folds)
    calibration = calibrate(inside.targets, inside.logits)
    temperature = calibration["temperature"]
    told = beat_figures(inside, temperature) | {"folds": plan.folds, "protocol": recipe.PROTOCOL}
    network = fits.fitted("final", train)
    metrics = {"calibration": calibration} | _facts(recipe, network)
    if test:
        tested = beat_figures(fits.ask(network, test), temperature)
        metrics["cross_validation"] = tested | {"folds": 1, "protocol": recipe.PROTOCOL}
        metrics["inside_training"] = told | {"protocol": "folds inside the training records"}
        say(f"test: {brief(tested)}")
    else:
        metrics["cross_validation"] = told
        if all(len(np.unique(one.targets[one.counted])) < 2 for one in train):  # a class a patient
            metrics["records"] = record_figures(inside, temperature)
    if plan.with_twin:
        metrics["random_split"] = twin(fits, train + test, temperature)
    folder = ship_beats(plan.models / plan.key, recipe, network, metrics)
    write_beat_card(read_registry(folder.parent)[plan.key])
    return metrics


def _read(plan: BeatPlan, recipe: BeatRecipe, names: tuple[str, ...]) -> list[MarkedBeats]:
    return mark(recipe.read_records(plan.data, names, recipe.EXTRA), recipe) if names else []


def _facts(recipe: BeatRecipe, network: Network) -> dict[str, Any]:
    return {
        "commit": read_commit(),
        "parameters": network.parameters(),
        "origin": recipe.ORIGIN,
        "recipe": recipe.knobs(),
        "date": datetime.now(UTC).date().isoformat(),
    }
