"""Fits of one recipe: held out by patient, and on all. What an earlier run finished is kept."""

import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from model_registry.entry import BeatExample, Example
from model_registry.preprocessing import Tensor
from twelvelead.evaluation.figures import LabelledAnswers
from twelvelead.training.recipe import Network, Note, Recipe
from twelvelead.training.settle import settle

Ask = Callable[[Tensor], tuple[float, ...]]  # what a network reads, (1, ..) -> its answer
Some = TypeVar("Some")  # a part of the data: indices of pages, or records


class TrainingData(ABC, Generic[Some]):
    """Pages or beats as one recipe reads them, and how they are split."""

    recipe: Recipe
    everything: Some  # that is trained on
    held_out: Some | None = None  # kept for temperature and threshold, in place of folds
    settles: bool = False  # whether a bias for each class is fitted to `held_out` too

    @abstractmethod
    def describe(self) -> str:
        """What there is, in a line."""

    @abstractmethod
    def check_leaks(self) -> dict[str, Any]:
        """Raises DataError where what is tested, or its patient, is trained on; unless the plan says why.

        What the figures then have to tell: how many, and the reason.
        """

    @abstractmethod
    def prepare(self) -> Callable[[Some, Note], Network]:
        """Computes once what all fits share; what is returned fits a network."""

    @abstractmethod
    def folds(self) -> Sequence[tuple[Some, Some]]:
        """What is trained on and what is tested, for each fold. Raises DataError for too few patients."""

    @abstractmethod
    def digest(self, train: Some) -> str:
        """Names the recipe on this part of the data: a finished fit counts only for the same of both."""

    @abstractmethod
    def count(self, some: Some) -> str:
        """How much it is, in words."""

    @abstractmethod
    def ask(self, network: Network, some: Some) -> LabelledAnswers:
        """What a network answers, to what is read as it is served."""

    @abstractmethod
    def brief(self, answered: LabelledAnswers) -> str:
        """The main figures in a line."""

    @abstractmethod
    def evidence(
        self, fits: "Fits[Some]", network: Network, inside: LabelledAnswers, temperature: float
    ) -> dict[str, Any]:
        """What metrics.json tells of a finished network; `cross_validation` are the held-out figures.

        inside: the answers that temperature and threshold were fitted to.
        """

    @abstractmethod
    def example(self, folder: Path, ask: Ask) -> Example | BeatExample:
        """Writes something simulated into `folder`; that, and what the network answers to it here."""

    def finish(self, folder: Path, inside: LabelledAnswers, temperature: float) -> dict[str, Any]:
        """What is told and kept of a model beyond that, once it lies in its folder."""
        del folder, inside, temperature
        return {}


@dataclass(frozen=True)
class Fits(Generic[Some]):
    """Trains and asks networks, and says how it goes; work keeps those that are done."""

    data: TrainingData[Some]
    work: Path
    fit: Callable[[Some, Note], Network]
    say: Note

    def final(self) -> tuple[Network, LabelledAnswers]:
        """The network that ships, and held-out answers to fit temperature and threshold to."""
        kept = self.data.held_out
        if kept is None:
            inside = self.cross_validated()
            return self.fitted("final", self.data.everything), inside
        network = self.fitted("final", self.data.everything)
        inside = self.data.ask(network, kept)
        return network, settle(network, inside) if self.data.settles else inside

    def cross_validated(self) -> LabelledAnswers:
        """Held-out answers to all: each from a network that saw nothing of the patient."""
        answered = []
        for number, (train, test) in enumerate(self.data.folds()):
            network = self.fitted(f"fold-{number}", train)
            answered.append(self.data.ask(network, test))
            self.say(f"fold-{number}: {self.data.brief(answered[-1])}")
        return LabelledAnswers.together(answered)

    def fitted(self, name: str, train: Some) -> Network:
        """A network trained on this part; one that an earlier run finished is not fitted again."""
        kept = self.work / f"{name}-{self.data.digest(train)}"
        network = load_kept(kept, self.data.recipe)
        if network is not None:
            return network
        self.say(f"{name}: training on {self.data.count(train)}")
        network = self.fit(train, lambda line: self._note(name, line))
        part = kept.with_name(f"{kept.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        network.save(part)
        shutil.rmtree(kept, ignore_errors=True)
        part.rename(kept)
        return network

    def _note(self, name: str, line: str) -> None:
        """Says and keeps a line of the log."""
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        with (self.work / "log.csv").open("a", encoding="utf-8") as opened:
            opened.write(f"{moment},{name},{line}\n")
        self.say(f"{name}: {line}")


def load_kept(folder: Path, recipe: Recipe) -> Network | None:
    """The network that a finished fit left in its folder; None without one."""
    weights = next(folder.glob("weights.*"), None)
    return None if weights is None else recipe.load(weights)
