"""What the models of a registry say of one batch: each network runs once, whoever asks for its answer."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import numpy as np

from model_registry.entry import EnsembleEntry, ModelEntry
from model_registry.errors import Busy, ModelUnavailable, of_member
from model_registry.preprocessing import Tensor
from model_registry.registry import Registry
from twelvelead.inference.batch import Batch, timed
from twelvelead.inference.cache import Cache
from twelvelead.inference.prediction import Probabilities, with_temperature
from twelvelead.inference.resources.limits import FOREVER, Deadline

Run = Callable[[ModelEntry, Tensor], Probabilities]
Note = Callable[[float], None]

LEAST_PROBABILITY = 1e-12


def nobody(_: float) -> None:
    """Tells nobody how far it is."""


@dataclass(frozen=True)
class Answer:
    """Calibrated probabilities, (n, labels) in the model's order, and milliseconds by step."""

    probabilities: Probabilities
    timings_ms: Mapping[str, float]


@dataclass
class BatchAnswers:
    """Answers about one batch. run: gives a network's probabilities for what it reads.

    cache: what networks said a moment ago, by the content's sha256, the network's key and its weights'.
    slot: where a network's run on one part computes.
    """

    batch: Batch
    registry: Registry
    run: Run
    cache: Cache[Probabilities] = field(default_factory=lambda: Cache(0.0))
    slot: Callable[[], AbstractContextManager[None]] = nullcontext
    deadline: Deadline = FOREVER

    def __post_init__(self) -> None:
        self._known: dict[str, Answer | ModelUnavailable] = {}

    def answer(self, key: str, note: Note = nobody) -> Answer:
        """What one model says; `note` is told the share (0..1) of its work that is done.

        An ensemble's times are the sums of its members', also of those that ran for another. Raises
        ModelUnavailable, for an ensemble where any member fails, and Busy where no time is left.
        """
        networks = self.registry.networks(key)
        found = []
        for number, network in enumerate(networks):
            if network.key not in self._known:
                self._known[network.key] = self._ask(network, share_of(note, number, len(networks)))
            answer = self._known[network.key]
            if isinstance(answer, ModelUnavailable):
                raise answer if network.key == key else of_member(network.key, answer)
            found.append(answer)
        entry = self.registry[key]
        return self._average(entry, found) if isinstance(entry, EnsembleEntry) else found[0]

    def _ask(self, network: ModelEntry, note: Note) -> Answer | ModelUnavailable:
        """What one network says of the whole batch, or why it can't."""
        name = (self.batch.sha256, network.key, network.weights.sha256)
        before = self.cache.get(*name)
        spent = dict.fromkeys(self.batch.steps, 0.0)
        if before is not None:
            return Answer(before, spent)
        rows, parts = [np.zeros((0, len(network.labels)))], self.batch.parts(network)
        try:
            for done, part in enumerate(parts, start=1):
                if not self.deadline.left():
                    raise Busy(self.batch.late)
                with self.slot():
                    try:
                        rows.append(self._run(network, part, spent))
                    except ModelUnavailable as error:
                        return error
                note(done / len(parts))
        finally:
            self.batch.forget()
        probabilities = np.concatenate(rows)
        if self.batch.sha256:
            self.cache.put(probabilities, *name)
        return Answer(probabilities, spent)

    def _run(self, network: ModelEntry, part: slice, spent: dict[str, float]) -> Probabilities:
        tensor, took = self.batch.read(network, part)
        probabilities, run_ms = timed(lambda: self.run(network, tensor))
        for times in (took, {"run": run_ms}):
            for step, milliseconds in times.items():
                spent[step] += milliseconds
        return probabilities

    def _average(self, entry: EnsembleEntry, found: Sequence[Answer]) -> Answer:
        members = self.registry.networks(entry.key)
        rows = [
            in_order(answer.probabilities, member.labels, entry.labels)
            for answer, member in zip(found, members, strict=True)
        ]
        spent = {step: sum(one.timings_ms[step] for one in found) for step in self.batch.steps}
        return Answer(with_temperature(average_logs(entry, rows), entry.temperature), spent)


def share_of(note: Note, number: int, count: int) -> Note:
    """Tells the share of all work for the share of one of `count` equal parts of it."""
    return lambda done: note((number + done) / count)


def average_logs(entry: EnsembleEntry, members: Sequence[Probabilities]) -> Probabilities:
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


def in_order(values: Probabilities, have: tuple[str, ...], want: tuple[str, ...]) -> Probabilities:
    """Columns (.., labels) that stand in the order `have`, brought to the order `want` by name."""
    return np.asarray(values[..., [have.index(label) for label in want]])
