"""What the models of a registry say of beats: each network runs once a stretch, whoever asks for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ecg.beats.beats import Beats
from model_registry.entry import EnsembleEntry, ModelEntry
from model_registry.errors import ModelUnavailable
from model_registry.preprocessing import Tensor
from model_registry.registry import Registry
from twelvelead.inference.beat_tensors import beat_tensors
from twelvelead.inference.page_answers import average_logs, in_order, of_member
from twelvelead.inference.prediction import Vector, with_temperature

Run = Callable[[ModelEntry, Tensor], Vector]


class Stretch(NamedTuple):
    """Beats from `begin` up to `end`, which is not among them."""

    begin: int
    end: int

    @property
    def some(self) -> slice:
        return slice(self.begin, self.end)


@dataclass
class BeatAnswers:
    """Answers for the beats of one stretch. `run` gives a network's probabilities for a batch."""

    beats: Beats
    stretch: Stretch
    registry: Registry
    run: Run

    def __post_init__(self) -> None:
        self._known: dict[str, Vector] = {}

    def answer(self, key: str) -> Vector:
        """Probabilities, float64 (n, labels), in the model's order, for the n beats of the stretch.

        Raises ModelUnavailable, for an ensemble where any member fails.
        """
        entry = self.registry[key]
        if key not in self._known:
            if isinstance(entry, EnsembleEntry):
                self._known[key] = self._average(entry)
            else:
                tensors = beat_tensors(entry, self.beats, self.stretch.some)
                self._known[key] = self.run(entry, tensors)
        return self._known[key]

    def _average(self, entry: EnsembleEntry) -> Vector:
        rows = []
        for member in entry.members:
            try:
                found = self.answer(member)
            except ModelUnavailable as error:
                raise of_member(member, error) from error
            rows.append(in_order(found, self.registry[member].labels, entry.labels))
        return with_temperature(average_logs(entry, rows), entry.temperature)


def stretches(count: int, length: int) -> Sequence[Stretch]:
    """0..count cut into stretches of at most `length` beats."""
    return [Stretch(begin, min(begin + length, count)) for begin in range(0, count, length)]
