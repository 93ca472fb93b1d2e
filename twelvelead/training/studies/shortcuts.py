"""What a model leans on: python -m twelvelead.training.studies.shortcuts KEY.. --data DIR --work runs

Each fold's own network, which has seen no page of the patients it is asked about, answers its held-out
pages once as served and once under each alteration. Traces blanked should bring the balanced accuracy
down to one in the number of classes; what stays above that was read from something beside the heart.
"""

import argparse
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from model_registry.entry import EnsembleEntry, ModelEntry
from model_registry.preprocessing import Preprocessing
from model_registry.registry import Registry, read_registry
from twelvelead.datasets.pages import (
    DataError,
    Indices,
    PageDataset,
    ending_in_a_sentence,
    list_pages,
)
from twelvelead.evaluation.metrics import Matrix, measure, softmax
from twelvelead.inference.answers import average_logs, in_order
from twelvelead.training.pages import PageData
from twelvelead.training.plan import Plan
from twelvelead.training.recipe import PageRecipe, Recipe, find_recipe
from twelvelead.training.shipping.ship import write_metrics
from twelvelead.training.studies.alterations import ALTERATIONS

PART = 16  # pages that are answered at once
FIGURES = ("n", "accuracy", "balanced_accuracy", "macro_f1")
ANSWERS = "shortcuts.npz"  # asked: (n,) which pages; shares: (alterations, n, labels); in work/KEY


def probe(plan: Plan, only: int | None = None, recipe: Recipe | None = None) -> dict[str, Any]:
    """Figures of one model under each alteration; into its metrics.json, and returned.

    only: asks that many folds about their pages, not all. recipe: None takes the key's own. For
    an ensemble its members' answers are averaged, which must have been probed before with the same work
    folder.

    Raises DataError where a fold's network, or a member's answers, are missing.
    """
    registry = read_registry(plan.models)
    entry = registry[plan.key]
    pages = list_pages(plan.data, entry.labels)[1]
    if isinstance(entry, EnsembleEntry):
        asked, answers = _average(plan, registry, entry)
    else:
        asked, answers = _ask_folds(plan, entry, only, recipe)
    (plan.work / plan.key).mkdir(parents=True, exist_ok=True)
    np.savez(plan.work / plan.key / ANSWERS, asked=asked, shares=answers)
    found = {
        name: _figures(pages.of(asked), shares)
        for name, shares in zip(ALTERATIONS, answers, strict=True)
    }
    write_metrics(entry.folder, dict(entry.metrics or {}) | {"shortcuts": found})
    return found


def _ask_folds(
    plan: Plan, entry: ModelEntry, only: int | None, recipe: Recipe | None
) -> tuple[Indices, Matrix]:
    """Which pages were asked about, (n,), and probabilities (alterations, n, labels)."""
    recipe = recipe or find_recipe(plan.key)
    if not isinstance(recipe, PageRecipe):
        raise DataError(f"{plan.key} reads beats: pages are altered, for models of pages.")
    data = PageData.read(plan, recipe)
    folds = data.fold_networks(only)
    asked = np.concatenate([fold.test for fold, _ in folds])
    altered = _alter(plan, recipe.preprocessing, data.pages, asked)
    answers, begin = [], 0
    for fold, network in tqdm(folds, desc=f"asking {plan.key}", unit="fold"):
        places = np.arange(begin, begin + len(fold.test))
        begin += len(fold.test)
        rows = []
        for some in altered:
            parts = np.array_split(places, max(1, len(places) // PART))
            logits = [network.logits(recipe.preprocessing.normalise(some[part])) for part in parts]
            rows.append(softmax(np.concatenate(logits) / entry.temperature))
        answers.append(np.stack(rows))
    return asked, np.concatenate(answers, axis=1)


def _alter(
    plan: Plan, wanted: Preprocessing, pages: PageDataset, asked: Indices
) -> npt.NDArray[np.uint8]:
    """Pages under every alteration in the input size: uint8 (alterations, n, height, width).

    Kept in the plan's work folder for other models that read pages in the same way.
    """
    if wanted.colour != "grey":
        raise DataError("Alterations are made in grey; this model reads colours.")
    digests = [pages.sha256[place] for place in asked]
    said = repr((wanted.size, wanted.steps, digests, list(ALTERATIONS)))
    kept = plan.work / f"altered-{hashlib.sha256(said.encode()).hexdigest()[:16]}.npy"
    if not kept.is_file():
        pictures = list_pages(plan.data, pages.labels)[0]
        rows = []
        for place in tqdm(asked, desc="altering pages", unit="page"):
            data = pictures[place].path.read_bytes()
            rows.append(np.stack([wanted.shrink(a(data, wanted)) for a in ALTERATIONS.values()]))
        np.save(kept, np.stack(rows, axis=1))
    altered: npt.NDArray[np.uint8] = np.load(kept)
    return altered


def _average(plan: Plan, registry: Registry, entry: EnsembleEntry) -> tuple[Indices, Matrix]:
    members, asked = [], []
    for member in entry.members:
        file = plan.work / member / ANSWERS
        if not file.is_file():
            raise DataError(f"'{member}' was not probed yet: run it for {member} first.")
        held = np.load(file)
        asked.append(held["asked"])
        members.append(in_order(held["shares"], registry[member].labels, entry.labels))
    if any(not np.array_equal(one, asked[0]) for one in asked):
        raise DataError("The members were probed on different folds: run them with one --only.")
    return asked[0], softmax(average_logs(entry, members) / entry.temperature)


def _figures(pages: PageDataset, shares: Matrix) -> dict[str, Any]:
    figures = measure(pages.labels, pages.targets, shares)
    return {name: figures[name] for name in FIGURES}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("keys", nargs="+", metavar="KEY")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("runs"))
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--folds", type=int)
    parser.add_argument("--only", type=int, help="asks so many folds, not all")
    chosen = parser.parse_args()
    with ending_in_a_sentence():
        for key in chosen.keys:
            plan = Plan(key, chosen.data, chosen.models, chosen.work, folds=chosen.folds)
            for name, row in probe(plan, chosen.only).items():
                print(f"{key:<14} {name:<28} {row['accuracy']:.3f} {row['balanced_accuracy']:.3f}")
