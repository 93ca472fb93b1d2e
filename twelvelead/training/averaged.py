"""What an ensemble's members answered held out, averaged: of pages as they kept it, of beats by asking."""

import csv
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from model_registry.entry import EnsembleEntry, Entry, ModelEntry
from model_registry.registry import Registry
from twelvelead.datasets.pages import DataError, PageDataset, list_pages
from twelvelead.datasets.splits import Fold
from twelvelead.evaluation.evaluate import OUT_OF_FOLD, read_out_of_fold
from twelvelead.evaluation.figures import LabelledAnswers, beat_figures
from twelvelead.evaluation.metrics import Matrix, softmax
from twelvelead.inference.answers import average_logs, in_order
from twelvelead.training.beat_recipe import BeatRecipe
from twelvelead.training.beats import BeatData
from twelvelead.training.pages import (
    DECIMALS,
    ask_served,
    held_out_figures,
    write_out_of_fold,
)
from twelvelead.training.plan import Plan
from twelvelead.training.recipe import Note, find_recipe

HALF_A_UNIT = 0.5 * 10**-DECIMALS  # a held-out answer kept as 0.000000 is this at most
Said = Mapping[str, LabelledAnswers]  # a member's answers by its key, logits at its own temperature


class Averaged(ABC):
    """inside: the average of what members answered, to fit temperature and threshold to."""

    inside: LabelledAnswers

    @abstractmethod
    def describe(self) -> str:
        """What members answered, in a line."""

    @abstractmethod
    def evidence(self, temperature: float, say: Note) -> dict[str, Any]:
        """What metrics.json tells: `cross_validation` are the held-out figures."""

    @abstractmethod
    def finish(self, folder: Path, temperature: float) -> dict[str, Any]:
        """What is kept beside the entry, and what is told once the ensemble can be asked."""


@dataclass(frozen=True)
class AveragedPages(Averaged):
    """Page by page, in the folds that all members share; of a network, what it answered itself."""

    data: Path
    pages: PageDataset
    folds: list[Fold]
    inside: LabelledAnswers
    kept: Matrix | None = None  # what a network has kept, at its temperature
    kept_at: float = 0.0

    @classmethod
    def read(cls, plan: Plan, registry: Registry, entry: Entry) -> "AveragedPages":
        """Raises DataError where members were cross-validated on other pages or folds."""
        pages = list_pages(plan.data, entry.labels)[1]
        networks = registry.networks(entry.key)
        folds = _common_folds(networks, pages)
        rows = [_held_out(network, entry, pages) for network in networks]
        if isinstance(entry, EnsembleEntry):
            logs = average_logs(entry, [np.clip(row, HALF_A_UNIT, None) for row in rows])
        else:
            logs = np.log(np.clip(rows[0], HALF_A_UNIT, None)) * entry.temperature
        names = np.array(pages.sha256)
        inside = LabelledAnswers(entry.labels, pages.targets, logs, names, pages.patients)
        kept = rows[0] if isinstance(entry, ModelEntry) else None
        return cls(plan.data, pages, folds, inside, kept, entry.temperature)

    def describe(self) -> str:
        return f"{len(self.pages)} pages in {len(self.folds)} folds"

    def evidence(self, temperature: float, say: Note) -> dict[str, Any]:
        figures = held_out_figures(self.pages, self.folds, self._shares(temperature))
        say(f"accuracy {figures['accuracy']:.3f}, macro-F1 {figures['macro_f1']:.3f}")
        return {"cross_validation": figures}

    def finish(self, folder: Path, temperature: float) -> dict[str, Any]:
        self.keep(folder, temperature)
        return {"on_training_pages": ask_served(folder, self.data)}

    def keep(self, folder: Path, temperature: float) -> None:
        """Writes the held-out answers at a temperature."""
        shares = self._shares(temperature)
        write_out_of_fold(folder / OUT_OF_FOLD, self.pages, self.folds, shares)

    def _shares(self, temperature: float) -> Matrix:
        if self.kept is not None and temperature == self.kept_at:
            return self.kept  # to the last digit
        return softmax(self.inside.logits / temperature).round(DECIMALS)


@dataclass(frozen=True)
class AveragedBeats(Averaged):
    """Of the records that were kept aside, and of those of the test."""

    inside: LabelledAnswers
    tested: LabelledAnswers
    protocol: str

    @classmethod
    def read(cls, plan: Plan, registry: Registry, entry: EnsembleEntry) -> "AveragedBeats":
        """Asks the trained members. Raises DataError where a record is not there."""
        inside, tested, protocol = {}, {}, ""
        for member in registry.networks(entry.key):
            inside[member.key], tested[member.key], protocol = ask_member(plan, member)
        kept, found = (average(entry, registry, said) for said in (inside, tested))
        return cls(kept, found, protocol)

    def describe(self) -> str:
        return f"{len(self.tested.targets)} beats"

    def evidence(self, temperature: float, say: Note) -> dict[str, Any]:
        figures = beat_figures(self.tested, temperature)
        say(f"accuracy {figures['accuracy']:.3f}, macro-F1 {figures['macro_f1']:.3f}")
        return {"cross_validation": figures | {"folds": 1, "protocol": self.protocol}}

    def finish(self, folder: Path, temperature: float) -> dict[str, Any]:
        del folder, temperature
        return {}


def ask_member(plan: Plan, member: ModelEntry) -> tuple[LabelledAnswers, LabelledAnswers, str]:
    """A member's answers to its kept records and to those of its test, and the protocol, in words."""
    recipe = find_recipe(member.key)
    assert isinstance(recipe, BeatRecipe)  # noqa: S101 - the ensemble's task is one of beats
    data, network = BeatData.read(plan, recipe), recipe.load(member.weights.path)
    inside, tested = (data.ask(network, some) for some in (data.held_out or (), data.test))
    inside, tested = (replace(a, logits=a.logits / member.temperature) for a in (inside, tested))
    return inside, tested, data.protocol


def average(entry: EnsembleEntry, registry: Registry, said: Said) -> LabelledAnswers:
    """The ensemble's answers from its members', to the same beats; logits are logarithms.

    Raises DataError where members were asked about other beats.
    """
    first = said[entry.members[0]]
    if any(not np.array_equal(first.targets, said[key].targets) for key in entry.members):
        raise DataError("The members were asked about other beats: ask all about the same.")
    rows = [
        in_order(softmax(said[key].logits), registry[key].labels, entry.labels)
        for key in entry.members
    ]
    return replace(first, labels=entry.labels, logits=average_logs(entry, rows))


def _common_folds(networks: Sequence[Entry], pages: PageDataset) -> list[Fold]:
    """The folds that all share. Raises DataError where there are none, or other pages."""
    first, *others = networks
    fold_of = _folds_of(first)
    for network in others:
        if _folds_of(network) != fold_of:
            raise DataError(
                f"'{network.key}' was cross-validated on other pages or other folds than '{first.key}': "
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


def _held_out(member: Entry, entry: Entry, pages: PageDataset) -> Matrix:
    """A member's held-out probabilities, (n, labels), in the order of the entry's labels."""
    known = read_out_of_fold(member) or {}
    rows = np.stack([known[digest] for digest in pages.sha256])
    return in_order(rows, member.labels, entry.labels)
