"""What the models of a registry say of one page: each network runs once, whoever asks for its answer."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ecg.page.page import Page
from model_registry.entry import EnsembleEntry, ModelEntry
from model_registry.errors import ModelUnavailable
from model_registry.preprocessing import Tensor
from model_registry.registry import Registry
from twelvelead.inference.cache import Kept
from twelvelead.inference.prediction import Vector, with_temperature

Run = Callable[[ModelEntry, Tensor], Vector]
Shares = npt.NDArray[np.float64]

LEAST_PROBABILITY = 1e-12
STEPS = ("decode", "preprocess", "run")

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """Calibrated probabilities, (labels,) in the model's order, and milliseconds by step."""

    probabilities: Vector
    timings_ms: Mapping[str, float]


class PageAnswers:
    """Answers for one page. `run` gives a network's probabilities for what it reads.

    kept: what networks said a moment ago, by the page's sha256, the network's key and its weights'.
    """

    def __init__(self, page: Page, registry: Registry, run: Run, kept: Kept[Vector]) -> None:
        self._page, self._registry, self._run, self._kept = page, registry, run, kept
        self._known: dict[str, Answer | ModelUnavailable] = {}

    def answer(self, key: str) -> Answer:
        """What one model says. Raises ModelUnavailable, for an ensemble where any member fails."""
        entry = self._registry[key]
        if isinstance(entry, EnsembleEntry):
            return self._average(entry)
        if key not in self._known:
            try:
                self._known[key] = self._ask(entry)
            except ModelUnavailable as error:
                self._known[key] = error
        known = self._known[key]
        if isinstance(known, ModelUnavailable):
            raise known
        return known

    def _ask(self, entry: ModelEntry) -> Answer:
        name = (self._page.sha256, entry.key, entry.weights.sha256)
        before = self._kept.get(*name)
        if before is not None:
            return Answer(before, dict.fromkeys(STEPS, 0.0))
        trace, trace_ms = timed(lambda: entry.picture.read(self._page))
        tensor, prepare_ms = timed(lambda: entry.picture.prepare(trace))
        probabilities, run_ms = timed(lambda: self._run(entry, tensor))
        self._kept.put(probabilities, *name)
        return Answer(probabilities, dict(zip(STEPS, (trace_ms, prepare_ms, run_ms), strict=True)))

    def _average(self, entry: EnsembleEntry) -> Answer:
        rows, spent = [], dict.fromkeys(STEPS, 0.0)
        for member in self._registry.networks(entry.key):
            try:
                answer = self.answer(member.key)
            except ModelUnavailable as error:
                raise of_member(member.key, error) from error
            rows.append(in_order(answer.probabilities, member.labels, entry.labels))
            spent = {step: spent[step] + ms for step, ms in answer.timings_ms.items()}
        return Answer(with_temperature(average_logs(entry, rows), entry.temperature), spent)


def average_logs(entry: EnsembleEntry, members: Sequence[Shares]) -> Shares:
    """Logarithms of the members' average, up to a constant a row: float64 (.., labels).

    members: probabilities (.., labels) of each, in the order of the ensemble's labels. The average of
    probabilities is the linear opinion pool (Stone 1961), that of their logarithms the logarithmic
    one (Genest & Zidek 1986), which a single member that calls a label impossible can decide.
    """
    stacked = np.clip(np.stack(members), LEAST_PROBABILITY, None)
    shares = np.asarray(entry.shares)
    if entry.average == "logarithms":
        return np.asarray(np.tensordot(shares, np.log(stacked), 1))
    return np.asarray(np.log(np.tensordot(shares, stacked, 1)))


def in_order(values: Shares, have: tuple[str, ...], want: tuple[str, ...]) -> Shares:
    """Columns (.., labels) that stand in the order `have`, brought to the order `want` by name."""
    return np.asarray(values[..., [have.index(label) for label in want]])


def of_member(key: str, error: ModelUnavailable) -> ModelUnavailable:
    """An ensemble's error for a member's, of the same kind, so that what may pass is tried again."""
    told = type(error)(f"Its member '{key}' can't answer: {error}")
    vars(told).update(vars(error))  # when to ask again
    return told


def timed(action: Callable[[], T]) -> tuple[T, float]:
    """What an action gives, and the milliseconds that it took."""
    begun = time.perf_counter()
    value = action()
    return value, 1000 * (time.perf_counter() - begun)
