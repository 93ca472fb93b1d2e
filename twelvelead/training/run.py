"""Trains one model as it ships: cross-validation by patient first, then a final fit on every page."""

import csv
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from model_registry.registry import read_registry
from twelvelead.audit.folder import audit
from twelvelead.audit.leaks import find_fold_leaks, refuse_fold_leaks, same_recordings
from twelvelead.datasets.pages import DataError, Indices, LabelledPages, Reading, read_pages
from twelvelead.datasets.splits import (
    FOLDS,
    Fold,
    read_split,
    split_by_patient,
    split_hash,
    write_split,
)
from twelvelead.evaluation.calibrate import calibrate
from twelvelead.evaluation.figures import full_figures
from twelvelead.evaluation.metrics import Matrix, measure, softmax
from twelvelead.evaluation.pages import OUT_OF_FOLD, evaluate
from twelvelead.inference.predictor import Predictor
from twelvelead.inference.resources.limits import Limits
from twelvelead.inference.resources.machine import cores
from twelvelead.training.recipe import Fit, Logits, Network, Recipe, find_recipe
from twelvelead.training.shipping.card import write_card
from twelvelead.training.shipping.commit import read_commit
from twelvelead.training.shipping.ship import ship, write_metrics

DECIMALS = 6
LOGITS = "logits.npy"  # of a fold's held-out pages, beside the weights of its network


@dataclass(frozen=True)
class Plan:
    """Where to read and write. backbone: ImageNet weights; None downloads them.

    work keeps what can be computed again (crops, features, finished folds), so that a run that was
    stopped goes on; models is where `models/<key>` is written. split: a file of `write_split` instead of
    the usual split. despite_leaks: why to go on although test and train share a page or a patient.
    """

    key: str
    data: Path
    models: Path
    work: Path
    backbone: Path | None = None
    folds: int = FOLDS
    split: Path | None = None
    despite_leaks: str = ""


def train(plan: Plan, say: Callable[[str], None] = print) -> dict[str, Any]:
    """Cross-validates, fits on all pages, writes `models/<key>`; the figures, as in metrics.json.

    Raises DataError for a key without a recipe and for data that can't be split by patient.
    """
    recipe = find_recipe(plan.key)
    pages = read_pages_of(plan, recipe)
    patients = len(set(pages.patients))
    say(f"{len(pages)} distinct pages of {patients} patients; {pages.copies} copies left out")
    folds = split_of(plan, pages)
    leaks = _check_leaks(plan, pages, folds)
    write_split(plan.work / plan.key, pages, folds)
    fit = recipe.prepare(pages, plan.work / plan.key, plan.backbone)
    logits = cross_validate(plan, (recipe, fit), pages, say)
    calibration = calibrate(pages.targets, logits)
    probabilities = softmax(logits / calibration["temperature"]).round(DECIMALS)
    figures = full_figures(pages, probabilities)
    figures |= {"folds": len(folds), "split_sha256": split_hash(pages, folds)} | leaks
    say(f"all folds: {_brief(figures)}")
    network = fit(np.arange(len(pages)), _Log(plan.work / plan.key, "final", say))
    metrics = {"cross_validation": figures, "calibration": calibration} | _facts(recipe, network)
    folder = ship(plan.models / plan.key, recipe, network, metrics)
    write_out_of_fold(folder / OUT_OF_FOLD, pages, folds, probabilities)
    return finish(plan)


def split_of(plan: Plan, pages: LabelledPages) -> list[Fold]:
    """The folds that a plan asks for. Raises DataError as `split_by_patient` and `read_split` do."""
    return read_split(plan.split, pages) if plan.split else split_by_patient(pages, plan.folds)


def _check_leaks(plan: Plan, pages: LabelledPages, folds: list[Fold]) -> dict[str, Any]:
    """Raises DataError where a tested page, or its patient, is trained on; unless the plan says why.

    What the figures then have to tell: how many pages, and the reason.
    """
    leaks = find_fold_leaks(pages, folds, same_recordings(audit(plan.data)))
    if not plan.despite_leaks:
        refuse_fold_leaks(leaks, pages, plan.data)
        return {}
    return {"leaks": len(leaks), "despite_leaks": plan.despite_leaks}


def read_pages_of(plan: Plan, recipe: Recipe) -> LabelledPages:
    """The pages as a recipe reads them, kept in the plan's work folder."""
    reading = Reading(recipe.PREPROCESSING, recipe.LABELS, recipe.VARIANTS)
    return read_pages(plan.data, reading, plan.work / plan.key)


def cross_validate(
    plan: Plan, made: tuple[Recipe, Fit], pages: LabelledPages, say: Callable[[str], None]
) -> Logits:
    """Held-out logits (n, labels): each page's from a network that saw none of its patient.

    A fold that an earlier run finished is not fitted again; each keeps its network.
    """
    recipe, fit = made
    folds, work = split_of(plan, pages), plan.work / plan.key
    logits = np.zeros((len(pages), len(pages.labels)))
    for number, fold in enumerate(folds):
        kept = fold_folder(work, number, _digest(recipe, pages, folds))
        if not (kept / LOGITS).is_file():
            network = fit(fold.train, _Log(work, f"fold {number}", say))
            kept.mkdir(exist_ok=True)
            network.save(kept)
            np.save(kept / LOGITS, _logits(network, recipe, pages, fold.test))
        logits[fold.test] = np.load(kept / LOGITS)
        held_out = measure(pages.labels, pages.targets[fold.test], softmax(logits[fold.test]))
        say(f"fold {number}: {_brief(held_out)}")
    return logits


def fold_folder(work: Path, number: int, digest: str) -> Path:
    """Where a finished fold keeps its network and its held-out logits."""
    return work / f"fold-{number}-{digest}"


def fold_networks(
    plan: Plan, recipe: Recipe, only: int | None = None
) -> tuple[LabelledPages, list[tuple[Fold, Network]]]:
    """The pages, and the first `only` folds (or all), each with its network.

    Raises DataError for a fold that is not finished.
    """
    work, pages = plan.work / plan.key, read_pages_of(plan, recipe)
    folds = split_of(plan, pages)
    found = []
    for number, fold in enumerate(folds[:only]):
        kept = fold_folder(work, number, _digest(recipe, pages, folds))
        weights = next(kept.glob("weights.*"), None)
        if weights is None:
            raise DataError(
                f"Fold {number} of {plan.key} is not in {work} as this recipe makes it: "
                f"run `twelvelead train {plan.key}` with this --work first."
            )
        found.append((fold, recipe.load(weights)))
    return pages, found


def finish(plan: Plan) -> dict[str, Any]:
    """Asks the shipped model, as it is served, about the pages that it was trained on; the card.

    Loading it holds the served answer to the training framework's own, on the example.
    """
    predictor = Predictor(read_registry(plan.models), Limits(threads=cores()))
    try:
        seen = evaluate(predictor, plan.key, plan.data)
    finally:
        predictor.close()
    entry = predictor.registry[plan.key]
    metrics = dict(entry.metrics or {}) | {"on_training_pages": seen}
    write_metrics(entry.folder, metrics)
    write_card(read_registry(plan.models)[plan.key])
    return metrics


def write_out_of_fold(
    file: Path, pages: LabelledPages, folds: list[Fold], probabilities: Matrix
) -> None:
    """What each page got from the network that had not seen its patient, by the page's sha256."""
    fold_of = {int(i): number for number, fold in enumerate(folds) for i in fold.test}
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(["sha256", "fold", *pages.labels])
        for i, digest in enumerate(pages.sha256):
            shares = [f"{p:.{DECIMALS}f}" for p in probabilities[i]]
            writer.writerow([digest, fold_of[i], *shares])


class _Log:
    """Says and keeps the course of one run: a line an epoch, in `log.csv`."""

    def __init__(self, work: Path, name: str, say: Callable[[str], None]) -> None:
        self._file, self._name, self._say = work / "log.csv", name, say
        say(f"{name}: training")

    def __call__(self, line: str) -> None:
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        with self._file.open("a", encoding="utf-8") as opened:
            opened.write(f"{moment},{self._name},{line}\n")
        self._say(f"{self._name}: {line}")


def _logits(network: Network, recipe: Recipe, pages: LabelledPages, some: Indices) -> Logits:
    """Raw outputs for pages as they are served, no variant."""
    parts = np.array_split(some, max(1, len(some) // 16))
    return np.concatenate(
        [network.logits(recipe.PREPROCESSING.normalise(pages.pixels[0, part])) for part in parts]
    )


def _digest(recipe: Recipe, pages: LabelledPages, folds: list[Fold]) -> str:
    """Names a recipe on a split: a finished fold counts only for the same of both."""
    said = repr((sorted(recipe.knobs().items()), pages.digest, split_hash(pages, folds)))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _facts(recipe: Recipe, network: Network) -> dict[str, Any]:
    return {
        "commit": read_commit(),
        "parameters": network.parameters(),
        "origin": recipe.ORIGIN,
        "recipe": recipe.knobs(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _brief(figures: dict[str, Any]) -> str:
    auc = "-" if figures["auc"] is None else f"{figures['auc']:.3f}"
    return f"accuracy {figures['accuracy']:.3f}, macro-F1 {figures['macro_f1']:.3f}, AUC {auc}"
