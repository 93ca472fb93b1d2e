"""Calibration and decisions of a shipped model of pages anew, from the held-out answers that it kept."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from model_registry.entry import BeatExample, EnsembleEntry, Entry, Example
from model_registry.registry import read_registry
from model_registry.write_entry import write_entry
from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.calibrate import calibrate
from twelvelead.training.averaged import AveragedPages
from twelvelead.training.ensemble import answer_example, stage_of
from twelvelead.training.plan import Plan
from twelvelead.training.shipping.card import write_card
from twelvelead.training.shipping.ship import as_calibrated, read_metrics, write_metrics

CHANGING = (  # with calibration and decisions, of a model's figures
    *("ece", "brier", "log_loss", "calibration_curve", "risk_coverage"),
    *("decisions", "abstentions"),
)


def recalibrate(plan: Plan) -> dict[str, Any]:
    """Fits temperature, thresholds and decisions anew, trains nothing; the figures, as in metrics.json.

    Writes model.toml, its example's answer as served, the held-out answers at the new temperature, the
    figures that change with it, and the card. An ensemble is averaged from what its members have kept,
    so they come first. Raises DataError for a model of beats, which keeps no answers.
    """
    registry = read_registry(plan.models)
    entry = registry[plan.key]
    if entry.task.subject == "beat":
        raise DataError(
            f"'{entry.key}' kept no held-out answers: models of beats are trained anew."
        )
    answers = AveragedPages.read(plan, registry, entry)
    calibration = calibrate(answers.inside)
    temperature = calibration["temperature"]
    members = entry.members if isinstance(entry, EnsembleEntry) else ()
    with stage_of(plan, members) as stage:
        shutil.copytree(entry.folder, stage / entry.key, dirs_exist_ok=True)
        fresh = as_calibrated(_without_example(stage, entry.key), calibration)
        write_entry(fresh)
        if entry.example:
            answer_example(read_registry(stage), fresh, _moved(entry.example, fresh.folder))
        metrics = read_metrics(fresh.folder) | {"calibration": calibration}
        metrics |= answers.evidence(temperature, lambda _: None)
        if "on_training_pages" in metrics:
            metrics["on_training_pages"] = _memory(metrics["on_training_pages"])
        write_metrics(fresh.folder, metrics)
        answers.keep(fresh.folder, temperature)
        shutil.rmtree(entry.folder)
        fresh.folder.rename(entry.folder)
    write_card(read_registry(plan.models)[plan.key])
    return metrics


def _memory(figures: dict[str, Any]) -> dict[str, Any]:
    """Figures of the pages that it was trained on, as far as they need not be asked about again."""
    return {name: value for name, value in figures.items() if name not in CHANGING}


def _without_example(stage: Path, key: str) -> Entry:
    """The entry that lies in the stage; its old example would not fit its new calibration."""
    return replace(read_registry(stage)[key], example=None)


def _moved(example: Example | BeatExample, folder: Path) -> Example | BeatExample:
    if isinstance(example, Example):
        return replace(example, image=folder / example.image.name)
    return replace(example, signal=folder / example.signal.name)
