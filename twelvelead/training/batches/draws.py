"""Which beats a training run of pictures sees: a draw for each epoch, drawn anew each time.

An epoch holds so many beats a class; records with many of them count less than in proportion (a network
would learn those people by heart). Logits are put right for that draw afterwards.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg.signal.signal import Values
from twelvelead.datasets.pages import Indices
from twelvelead.training.batches.drawings import CONTEXT, Variation
from twelvelead.training.batches.marked_beats import MarkedBeats


@dataclass(frozen=True)
class DrawnBeats:
    """Beats to train on. contexts: float32 (n, 361), mV. targets, owners: (n,) class and record."""

    contexts: Values
    targets: Indices
    owners: npt.NDArray[np.str_]

    @classmethod
    def of(cls, train: Sequence[MarkedBeats]) -> "DrawnBeats":
        """The beats that are not left out, with what stands around each."""
        return cls(
            np.concatenate([one.record.beats.windows(CONTEXT)[one.counted] for one in train]),
            np.concatenate([one.targets[one.counted] for one in train]),
            np.concatenate([np.full(len(one.counted), one.record.name) for one in train]),
        )


@dataclass(frozen=True)
class Schedule:
    """One run; see a recipe's knobs. per_epoch: beats of each class, in the order of the labels."""

    per_epoch: tuple[int, ...]
    epochs: int
    batch: int
    rate: float
    head_rate: float
    weight_decay: float
    smoothing: float
    average: float
    clip: float
    spread: float  # 0: every record of a class alike, 1: in proportion to its beats
    seed: int

    @classmethod
    def of(cls, recipe: Any, **changes: Any) -> "Schedule":
        """A recipe's knobs of these names, some changed."""
        names = [one.name for one in fields(cls)]
        return cls(**{n: changes[n] if n in changes else getattr(recipe, n) for n in names})

    def counts(self, beats: DrawnBeats) -> tuple[int, ...]:
        """Beats of each class in an epoch; none of a class that is not there."""
        there = np.bincount(beats.targets, minlength=len(self.per_epoch))
        return tuple(n if there[label] else 0 for label, n in enumerate(self.per_epoch))

    def correction(self, beats: DrawnBeats, strength: float) -> npt.NDArray[np.float64]:
        """(labels,) to add to logits: `strength` times what the draw changed of the classes' shares."""
        there = np.maximum(np.bincount(beats.targets, minlength=len(self.per_epoch)), 1)
        drawn = np.maximum(self.counts(beats), 1)
        change = np.log(there / there.sum()) - np.log(drawn / drawn.sum())
        return np.asarray(strength * change)


@dataclass
class Draws:
    """Epochs of beats, each drawn as `variation` says. Calling it again goes on with other ones."""

    beats: DrawnBeats
    variation: Variation
    schedule: Schedule
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.schedule.seed)
        self.chances = {
            label: _chances(self.beats.owners[self.beats.targets == label], self.schedule.spread)
            for label in range(len(self.schedule.per_epoch))
        }

    @property
    def steps(self) -> int:
        """Batches of the whole run."""
        plan = self.schedule
        return plan.epochs * -(-sum(plan.counts(self.beats)) // plan.batch)

    def epoch(self) -> Iterator[tuple[npt.NDArray[np.uint8], Indices]]:
        """Batches: uint8 (n, height, width) in the input size, and the classes (n,)."""
        chosen = []
        for label, count in enumerate(self.schedule.counts(self.beats)):
            indices = np.flatnonzero(self.beats.targets == label)
            repeated = count > len(indices)
            chances = self.chances[label] if count else None
            chosen.append(
                self.rng.choice(indices, count, repeated, chances) if count else indices[:0]
            )
        order = self.rng.permutation(np.concatenate(chosen))
        for begin in range(0, len(order), self.schedule.batch):
            some = order[begin : begin + self.schedule.batch]
            drawn = [self.variation.draw(self.beats.contexts[i], self.rng) for i in some]
            yield np.stack(drawn), self.beats.targets[some]


def _chances(owners: npt.NDArray[np.str_], spread: float) -> npt.NDArray[np.float64]:
    """(n,) chance of each beat, adding up to 1: those of one record share its count to the `spread`."""
    _, owner, counts = np.unique(owners, return_inverse=True, return_counts=True)
    chances = counts[owner] ** (spread - 1.0)
    return np.asarray(chances / chances.sum(), np.float64) if len(owners) else np.zeros(0)
