"""Assembles an ensemble from models that are trained: nothing is fitted but its temperature."""

import csv
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from ecg.page.page import read_page
from model_registry.entry import EnsembleEntry, Entry, Example
from model_registry.registry import Registry, read_registry
from twelvelead.datasets.pages import DataError, LabelledPages, list_pages
from twelvelead.datasets.splits import Fold, split_hash
from twelvelead.evaluation.calibrate import calibrate
from twelvelead.evaluation.figures import full_figures
from twelvelead.evaluation.metrics import Matrix, softmax
from twelvelead.evaluation.pages import OUT_OF_FOLD, read_out_of_fold
from twelvelead.inference.answers import average_logs, in_order
from twelvelead.inference.predictor import Predictor
from twelvelead.inference.resources.limits import Limits
from twelvelead.inference.resources.machine import cores
from twelvelead.training.beat_ensemble import KEY as BEAT_ENSEMBLE
from twelvelead.training.beat_ensemble import train_beat_ensemble
from twelvelead.training.beat_picture_run import train_beat_pictures
from twelvelead.training.beat_recipe import BEAT_RECIPES, find_beat_recipe
from twelvelead.training.beat_run import BeatPlan, train_beats
from twelvelead.training.recipe import ENSEMBLES, Ensemble
from twelvelead.training.run import DECIMALS, Plan, finish, train, write_out_of_fold
from twelvelead.training.shipping.ship import TASK, write_metrics

HALF_A_UNIT = 0.5 * 10**-DECIMALS  # a held-out answer kept as 0.000000 is this at most
UNCALIBRATED: Mapping[str, Any] = {"temperature": 1.0, "accept_from": 0.5}


def assemble(plan: Plan, say: Callable[[str], None] = print) -> dict[str, Any]:
    """Writes `models/<key>` for an ensemble of `ENSEMBLES`; the figures, as in metrics.json.

    Its held-out answers are the averages of its members', page by page; temperature and threshold
    are fitted on them as for a single model. Of the plan, key, data and models count.

    Raises DataError where a member is not there, kept no held-out answers, or was cross-validated on
    other pages or folds than the first; ModelUnavailable where the members can't be averaged.
    """
    ensemble = ENSEMBLES[plan.key]
    with _stage(plan, ensemble) as stage:
        home = stage / plan.key
        _write_entry(stage, home, ensemble, UNCALIBRATED)
        registry, entry = _read(stage, plan.key)
        pages = list_pages(plan.data, entry.labels)[1]
        folds = _common_folds(registry, entry, pages)
        say(f"{len(pages)} pages in {len(folds)} folds, held out by {', '.join(entry.members)}")
        logs = average_logs(entry, [_held_out(registry[m], entry, pages) for m in entry.members])
        calibration = calibrate(pages.targets, logs)
        probabilities = softmax(logs / calibration["temperature"]).round(DECIMALS)
        figures = full_figures(pages, probabilities)
        figures |= {"folds": len(folds), "split_sha256": split_hash(pages, folds)}
        say(f"accuracy {figures['accuracy']:.3f}, macro-F1 {figures['macro_f1']:.3f}")
        measured = {"cross_validation": figures, "calibration": calibration}
        write_metrics(home, measured | _facts(registry, entry))
        write_out_of_fold(home / OUT_OF_FOLD, pages, folds, probabilities)
        _write_entry(stage, home, ensemble, calibration)
        _add_example(*_read(stage, plan.key))
        shutil.rmtree(plan.models / plan.key, ignore_errors=True)
        home.rename(plan.models / plan.key)
    return finish(plan)


def train_or_assemble(plan: Plan, say: Callable[[str], None] = print) -> dict[str, Any]:
    """What `twelvelead train` does with a key. Raises DataError for one that has no recipe."""
    beats = BeatPlan(plan.key, plan.data, plan.models, plan.work, plan.backbone)
    if plan.key == BEAT_ENSEMBLE:
        return train_beat_ensemble(beats, say)
    if plan.key in BEAT_RECIPES:
        settled = hasattr(find_beat_recipe(plan.key), "HELD_OUT")
        return (train_beat_pictures if settled else train_beats)(beats, say)
    return assemble(plan, say) if plan.key in ENSEMBLES else train(plan, say)


@contextmanager
def _stage(plan: Plan, ensemble: Ensemble) -> Iterator[Path]:
    """A hidden registry beside the others, of the members and what becomes the ensemble."""
    stage = plan.models / f".{plan.key}-part"
    shutil.rmtree(stage, ignore_errors=True)
    for member in ensemble.members:
        if not (plan.models / member / "model.toml").is_file():
            raise DataError(
                f"'{plan.key}' averages '{member}', which is not in {plan.models}: "
                f"train it first, with `twelvelead train {member}`."
            )
    (stage / plan.key).mkdir(parents=True)
    try:
        for member in ensemble.members:
            (stage / member).symlink_to((plan.models / member).resolve(), target_is_directory=True)
        yield stage
    finally:
        shutil.rmtree(stage)


def _read(stage: Path, key: str) -> tuple[Registry, EnsembleEntry]:
    """Raises ModelUnavailable where the registry finds a fault in the ensemble."""
    registry = read_registry(stage)
    entry = registry[key]
    if not isinstance(entry, EnsembleEntry):
        raise TypeError(f"{key} was written as an ensemble")
    return registry, entry


def _write_entry(
    stage: Path, home: Path, ensemble: Ensemble, calibration: Mapping[str, Any]
) -> None:
    """`model.toml` without an example; the order of labels is that of the first member."""
    labels = read_registry(stage)[ensemble.members[0]].labels
    weights = f"weights = {json.dumps(list(ensemble.weights))}\n" if ensemble.weights else ""
    text = f"""\
title     = {json.dumps(ensemble.title)}
task      = "{TASK}"
framework = "ensemble"
labels    = {json.dumps(list(labels))}

[ensemble]
members = {json.dumps(list(ensemble.members))}
{weights}average = "{ensemble.average}"

[calibration]
temperature = {calibration["temperature"]}

[decision]
accept_from = {calibration["accept_from"]}
"""
    (home / "model.toml").write_text(text, encoding="utf-8")


def _common_folds(registry: Registry, entry: EnsembleEntry, pages: LabelledPages) -> list[Fold]:
    """The folds that all members share. Raises DataError where there are none, or other pages."""
    first, *others = entry.members
    fold_of = _folds_of(registry[first])
    for member in others:
        if _folds_of(registry[member]) != fold_of:
            raise DataError(
                f"'{member}' was cross-validated on other pages or other folds than '{first}': "
                "train both on the same pages, with the same --folds."
            )
    strange = len(set(fold_of) ^ set(pages.sha256))
    if strange:
        raise DataError(
            f"{strange} pages are only among those given or only among the {len(fold_of)} that "
            "the members were trained on: name the folder that they were trained on."
        )
    numbers = np.array([fold_of[digest] for digest in pages.sha256])
    return [
        Fold(np.flatnonzero(numbers != number), np.flatnonzero(numbers == number))
        for number in np.unique(numbers)
    ]


def _folds_of(entry: Entry) -> dict[str, int]:
    """sha256 of a page -> in which fold it was held out."""
    file = entry.folder / OUT_OF_FOLD
    if not file.is_file():
        raise DataError(f"'{entry.key}' has no {OUT_OF_FOLD}: train it with `twelvelead train`.")
    with file.open(encoding="utf-8", newline="") as opened:
        return {row["sha256"]: int(row["fold"]) for row in csv.DictReader(opened)}


def _held_out(member: Entry, entry: EnsembleEntry, pages: LabelledPages) -> Matrix:
    """A member's held-out probabilities, (n, labels), in the ensemble's order of labels."""
    known = read_out_of_fold(member) or {}
    rows = np.stack([known[digest] for digest in pages.sha256])
    return in_order(np.clip(rows, HALF_A_UNIT, None), member.labels, entry.labels)


def _facts(registry: Registry, entry: EnsembleEntry) -> dict[str, Any]:
    members = registry.networks(entry.key)
    counts: list[Any] = [(one.metrics or {}).get("parameters") for one in members]
    known = {"parameters": sum(counts)} if all(isinstance(n, int) for n in counts) else {}
    return known | {
        "bytes": sum(one.weights.path.stat().st_size for one in members),
        "origin": f"the average of the {entry.average} of {', '.join(entry.members)}",
        "recipe": {
            "members": ", ".join(entry.members),
            "weights": ", ".join(f"{share:.4f}" for share in entry.shares),
            "average": entry.average,
        },
        "date": datetime.now(UTC).date().isoformat(),
    }


def _add_example(registry: Registry, entry: EnsembleEntry) -> None:
    """The first member's example that there is, and what the ensemble answers to it as served."""
    examples = (one.example for one in registry.networks(entry.key))
    found = (one for one in examples if isinstance(one, Example))
    example = next(found, None)
    if example is None:
        return
    image = entry.folder / f"example{example.image.suffix}"
    shutil.copyfile(example.image, image)
    predictor = Predictor(registry, Limits(threads=cores()))
    try:
        predictor.load(entry.key)
        answer = predictor.probabilities(read_page(image.read_bytes()), entry.key)
    finally:
        predictor.close()
    told = ", ".join(f"{p:.{DECIMALS}f}" for p in answer)
    with (entry.folder / "model.toml").open("a", encoding="utf-8") as toml:
        toml.write(f'\n[example]\nimage         = "{image.name}"\nprobabilities = [{told}]\n')
