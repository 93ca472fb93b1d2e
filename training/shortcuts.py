"""What a model leans on: python -m training.shortcuts KEY.. --data DIR --work runs

Each fold's own network, which has seen no page of the patients it is asked about, answers its held-out
pages once as served and once under each alteration. Traces blanked should bring the balanced accuracy
down to one in the number of classes; what stays above that was read from something beside the heart.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from inference.page_answers import average_logs, in_order
from model_registry.entry import EnsembleEntry, ModelEntry
from model_registry.registry import Registry, read_registry
from training.alterations import ALTERATIONS
from training.data import DataError, LabelledPages, list_pages
from training.metrics import Matrix, measure, softmax
from training.recipe import Recipe, find_recipe
from training.run import Plan, fold_networks
from training.ship import write_metrics

PART = 16  # pages that are answered at once
FIGURES = ("n", "accuracy", "balanced_accuracy", "macro_f1")
ANSWERS = "shortcuts.npy"  # probabilities (alterations, n, labels), in a model's work folder


def probe(plan: Plan) -> dict[str, Any]:
    """Figures of one model under each alteration; into its metrics.json, and returned.

    For an ensemble its members are averaged, which must have been probed before with the same work
    folder. Raises DataError where a fold's network, or a member's answers, are missing.
    """
    registry = read_registry(plan.models)
    entry = registry[plan.key]
    pages = list_pages(plan.data, entry.labels)[1]
    answers = (
        _average(plan, registry, entry)
        if isinstance(entry, EnsembleEntry)
        else _ask_folds(plan, entry)
    )
    (plan.work / plan.key).mkdir(parents=True, exist_ok=True)
    np.save(plan.work / plan.key / ANSWERS, answers)
    found = {
        name: _figures(pages, shares) for name, shares in zip(ALTERATIONS, answers, strict=True)
    }
    write_metrics(entry.folder, dict(entry.metrics or {}) | {"shortcuts": found})
    return found


def _ask_folds(plan: Plan, entry: ModelEntry) -> Matrix:
    """Probabilities (alterations, n, labels), each page answered by the fold that held it out."""
    recipe = find_recipe(plan.key)
    pages, folds = fold_networks(plan, recipe)
    altered = _alter(plan, recipe)
    answers = np.zeros((len(ALTERATIONS), len(pages), len(pages.labels)))
    for fold, network in tqdm(folds, desc=f"asking {plan.key}", unit="fold"):
        for number, some in enumerate(altered):
            parts = np.array_split(fold.test, max(1, len(fold.test) // PART))
            logits = [network.logits(recipe.PREPROCESSING.normalise(some[part])) for part in parts]
            answers[number, fold.test] = softmax(np.concatenate(logits) / entry.temperature)
    return answers


def _alter(plan: Plan, recipe: Recipe) -> npt.NDArray[np.uint8]:
    """Every page under every alteration in the input size: uint8 (alterations, n, height, width)."""
    pictures, _ = list_pages(plan.data, recipe.LABELS)
    wanted = recipe.PREPROCESSING
    if wanted.colour != "grey":
        raise DataError("Alterations are made in grey; this model reads colours.")
    rows = []
    for picture in tqdm(pictures, desc="altering pages", unit="page"):
        data = picture.path.read_bytes()
        rows.append(np.stack([wanted.shrink(a(data, wanted)) for a in ALTERATIONS.values()]))
    return np.stack(rows, axis=1)


def _average(plan: Plan, registry: Registry, entry: EnsembleEntry) -> Matrix:
    members = []
    for member in entry.members:
        file = plan.work / member / ANSWERS
        if not file.is_file():
            raise DataError(f"'{member}' was not probed yet: run it for {member} first.")
        members.append(in_order(np.load(file), registry[member].labels, entry.labels))
    return softmax(average_logs(entry, members) / entry.temperature)


def _figures(pages: LabelledPages, shares: Matrix) -> dict[str, Any]:
    figures = measure(pages.labels, pages.targets, shares)
    return {name: figures[name] for name in FIGURES}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("keys", nargs="+", metavar="KEY")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("runs"))
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--folds", type=int, default=5)
    chosen = parser.parse_args()
    for key in chosen.keys:
        for name, row in probe(
            Plan(key, chosen.data, chosen.models, chosen.work, folds=chosen.folds)
        ).items():
            print(f"{key:<14} {name:<28} {row['accuracy']:.3f} {row['balanced_accuracy']:.3f}")
