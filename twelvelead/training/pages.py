"""Labelled pages to train on: their folds, what networks answer to them, and what is told of it."""

import csv
import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ecg.page.page import read_page
from model_registry.entry import Example
from twelvelead.datasets.pages import DataError, Indices, PageDataset, Reading, read_pages
from twelvelead.datasets.splits import Fold, read_split, split_by_patient, split_hash, write_split
from twelvelead.evaluation.figures import LabelledAnswers, page_figures
from twelvelead.evaluation.metrics import Matrix, measure, softmax
from twelvelead.project import SAMPLES
from twelvelead.training.fits import Ask, Fits, TrainingData, load_kept
from twelvelead.training.plan import Plan
from twelvelead.training.recipe import Network, PageFit, PageRecipe

DECIMALS = 6  # of a kept probability: figures are those of what is kept
AT_ONCE = 16  # pages


@dataclass(frozen=True)
class PageData(TrainingData[Indices]):
    """Distinct pages, as indices into `pages`; `split` is the cross-validation."""

    plan: Plan
    recipe: PageRecipe
    pages: PageDataset
    split: list[Fold]
    everything: Indices

    @classmethod
    def read(cls, plan: Plan, recipe: PageRecipe) -> "PageData":
        """As the recipe reads them, kept in the plan's work folder. Raises DataError."""
        reading = Reading(recipe.preprocessing, recipe.labels, recipe.variants)
        pages = read_pages(plan.data, reading, plan.work / plan.key)
        return cls(plan, recipe, pages, _split(plan, recipe, pages), np.arange(len(pages)))

    @cached_property
    def split_sha256(self) -> str:
        """Names the split."""
        return split_hash(self.pages, self.split)

    def describe(self) -> str:
        patients = len(set(self.pages.patients))
        return (
            f"{len(self.pages)} distinct pages of {patients} patients; "
            f"{self.pages.copies} copies left out"
        )

    def check_leaks(self) -> dict[str, Any]:
        from twelvelead.audit.folder import audit
        from twelvelead.audit.leaks import find_fold_leaks, refuse_fold_leaks, same_recordings

        leaks = find_fold_leaks(self.pages, self.split, same_recordings(audit(self.plan.data)))
        if not self.plan.despite_leaks:
            refuse_fold_leaks(leaks, self.pages, self.plan.data)
            return {}
        return {"leaks": len(leaks), "despite_leaks": self.plan.despite_leaks}

    def prepare(self) -> PageFit:
        work = self.plan.work / self.plan.key
        write_split(work, self.pages, self.split)
        return self.recipe.prepare(self.pages, work, self.plan.backbone)

    def folds(self) -> Sequence[tuple[Indices, Indices]]:
        return [(fold.train, fold.test) for fold in self.split]

    def digest(self, train: Indices) -> str:
        del train  # the split tells it
        said = repr((sorted(self.recipe.fit_knobs().items()), self.pages.digest, self.split_sha256))
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def count(self, some: Indices) -> str:
        return f"{len(some)} pages"

    def ask(self, network: Network, some: Indices) -> LabelledAnswers:
        parts = np.array_split(some, max(1, len(some) // AT_ONCE))
        normalise = self.recipe.preprocessing.normalise
        logits = [network.logits(normalise(self.pages.pixels[0, part])) for part in parts]
        digests = np.array([self.pages.sha256[index] for index in some])
        patients, targets = self.pages.patients[some], self.pages.targets[some]
        return LabelledAnswers(
            self.recipe.labels, targets, np.concatenate(logits), digests, patients
        )

    def brief(self, answered: LabelledAnswers) -> str:
        figures = measure(answered.labels, answered.targets, softmax(answered.logits))
        auc = "-" if figures["auc"] is None else f"{figures['auc']:.3f}"
        f1 = f"macro-F1 {figures['macro_f1']:.3f}"
        return f"accuracy {figures['accuracy']:.3f}, {f1}, AUC {auc}"

    def evidence(
        self, fits: Fits[Indices], network: Network, inside: LabelledAnswers, temperature: float
    ) -> dict[str, Any]:
        del network
        fits.say(f"all folds: {self.brief(inside)}")
        shares = self._shares(inside, temperature)
        return {"cross_validation": held_out_figures(self.pages, self.split, shares)}

    def example(self, folder: Path, ask: Ask) -> Example:
        """The first sample page."""
        record = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))[0]
        image = folder / "example.png"
        shutil.copyfile(SAMPLES / record["file"], image)
        tensor = self.recipe.preprocessing(read_page(image.read_bytes()))
        return Example(image, ask(tensor[np.newaxis]))

    def finish(self, folder: Path, inside: LabelledAnswers, temperature: float) -> dict[str, Any]:
        """`out_of_fold.csv`, the reference of its pages, and the served model's figures on these."""
        from twelvelead.evaluation.evaluate import OUT_OF_FOLD

        shares = self._shares(inside, temperature)
        write_out_of_fold(folder / OUT_OF_FOLD, self.pages, self.split, shares)
        keep_reference(folder, self.plan.data)
        return {"on_training_pages": ask_served(folder, self.plan.data)}

    def _shares(self, answered: LabelledAnswers, temperature: float) -> Matrix:
        """Probabilities (n, labels) of all pages in their order, as they are kept."""
        index = {digest: row for row, digest in enumerate(answered.records)}
        rows = [index[digest] for digest in self.pages.sha256]
        return softmax(answered.logits[rows] / temperature).round(DECIMALS)

    def fold_networks(self, only: int | None = None) -> list[tuple[Fold, Network]]:
        """The first `only` folds (or all), each with its network. Raises DataError for one not finished."""
        work, found = self.plan.work / self.plan.key, []
        for number, fold in enumerate(self.split[:only]):
            network = load_kept(work / f"fold-{number}-{self.digest(fold.train)}", self.recipe)
            if network is None:
                raise DataError(
                    f"Fold {number} of {self.plan.key} is not in {work} as this recipe makes it: "
                    f"run `twelvelead train {self.plan.key}` with this --work first."
                )
            found.append((fold, network))
        return found


def held_out_figures(pages: PageDataset, folds: Sequence[Fold], shares: Matrix) -> dict[str, Any]:
    """Figures of held-out probabilities, (n, labels), and by which folds they were held out."""
    told = {"folds": len(folds), "split_sha256": split_hash(pages, list(folds))}
    return page_figures(pages, shares) | told


def keep_reference(folder: Path, data: Path) -> None:
    """Writes by what a shipped model tells how familiar a page is, and whether it has seen it."""
    from model_registry.registry import read_registry
    from twelvelead.training.familiarity import make_references

    make_references(read_registry(folder.parent), [folder.name], data)


def ask_served(folder: Path, data: Path) -> dict[str, Any]:
    """Figures of a shipped model, as it is served, on the pages that it was trained on.

    Loading it holds the served answer to the training framework's own, on the example.
    """
    from model_registry.registry import read_registry
    from twelvelead.evaluation.evaluate import evaluate
    from twelvelead.inference.predictor import Predictor
    from twelvelead.inference.resources.limits import Limits
    from twelvelead.inference.resources.machine import cores

    predictor = Predictor(read_registry(folder.parent), Limits(threads=cores()))
    try:
        return evaluate(predictor, folder.name, data)
    finally:
        predictor.close()


def write_out_of_fold(
    file: Path, pages: PageDataset, folds: Sequence[Fold], shares: Matrix
) -> None:
    """What each page got from the network that had not seen its patient, by the page's sha256.

    shares: (n, labels) probabilities at the temperature that the entry names, so that logarithms times
    that temperature serve as logits, up to a constant a row, whoever calibrates anew.
    """
    fold_of = {int(i): number for number, fold in enumerate(folds) for i in fold.test}
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(["sha256", "fold", *pages.labels])
        for i, digest in enumerate(pages.sha256):
            writer.writerow([digest, fold_of[i], *(f"{p:.{DECIMALS}f}" for p in shares[i])])


def _split(plan: Plan, recipe: PageRecipe, pages: PageDataset) -> list[Fold]:
    if plan.split is None:
        return split_by_patient(pages, plan.folds or recipe.folds)
    if plan.folds is not None:
        raise DataError(f"{plan.split.name} says which folds there are: leave --folds out.")
    return read_split(plan.split, pages)
