"""What Keras recipes for segments share: random batches, balanced by class and record, and the wrapper."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from model_registry.segments import SegmentReading
from twelvelead.datasets.pages import Indices
from twelvelead.training.batches.crops import SegmentSet
from twelvelead.training.batches.marked_beats import MarkedBeats
from twelvelead.training.beat_recipe import BeatRecipe
from twelvelead.training.loops.keras_loop import KerasNetwork
from twelvelead.training.recipe import Logits, Note

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Shaking:
    """How beats are varied at random, by deviations; a height of 1 is the recording's usual one.

    height: of the logarithm of a factor. level, noise (its largest): of the trace. numbers: of the
    numbers. swapped: the share of numbers that are taken from another beat instead.
    """

    height: float
    level: float
    noise: float
    numbers: float
    swapped: float


@dataclass(frozen=True)
class Course:
    """How members are trained, one for each of `seeds`.

    shares: how much of a batch each label gets. record_power: a record counts as its number of beats of
    a class to this power.
    """

    epochs: int
    steps: int
    batch: int
    rate: float
    weight_decay: float
    smoothing: float
    shares: tuple[float, ...]
    record_power: float
    shaking: Shaking
    seeds: tuple[int, ...]


def train_members(
    build: Callable[[], Any], beats: SegmentSet, course: Course, note: Note
) -> list[Any]:
    """Networks of two inputs, stretches and numbers, each trained for a fixed number of steps."""
    members = []
    for seed in course.seeds:
        keras.utils.set_random_seed(seed)
        members.append(build())
        rate = keras.optimizers.schedules.CosineDecay(course.rate, course.epochs * course.steps)
        members[-1].compile(
            keras.optimizers.AdamW(rate, weight_decay=course.weight_decay),
            keras.losses.CategoricalCrossentropy(True, course.smoothing),
        )
        batches = _SegmentBatches(beats, course, seed)
        members[-1].fit(
            batches, epochs=course.epochs, callbacks=[_MemberNotes(note, seed)], verbose=0
        )
    return members


class _MemberNotes(keras.callbacks.Callback):  # type: ignore[misc]
    """A line an epoch for the log."""

    def __init__(self, note: Note, seed: int) -> None:
        super().__init__()
        self.note, self.seed = note, seed

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.note(f"member {self.seed}, epoch {epoch + 1}, loss {logs['loss']:.4f}")


class SegmentNetwork(KerasNetwork):
    """A trained network for segments: small enough to answer all that is given at once."""

    def logits(self, tensors: Floats) -> Logits:
        return np.asarray(self.model(tensors, training=False)).astype(np.float64)


@dataclass(frozen=True, kw_only=True)
class SegmentRecipe(BeatRecipe):
    """A recipe whose network reads segments, in Keras."""

    preprocessing: SegmentReading
    course: Course

    def module_knobs(self, **imported: object) -> dict[str, str]:
        told = super().module_knobs(SEEDS=self.course.seeds, **imported)
        return told | {"READING": told.pop("PREPROCESSING")}

    def load(self, file: Path) -> SegmentNetwork:
        return SegmentNetwork(keras.saving.load_model(file, compile=False))


def one_model(
    members: list[Any], reading: SegmentReading, bias: tuple[float, ...], name: str
) -> Any:
    """(n, 1, length, channels) -> logits: the average of the members' logits, and a bias on them."""
    beat = keras.Input(reading.shape)
    rows = layers.Reshape(reading.shape[1:])(beat)
    stretches, numbers = rows[:, :, : reading.traces], rows[:, 0, reading.traces :]
    given = [member([stretches, numbers]) for member in members]
    logits = layers.Average()(given) if len(given) > 1 else given[0]
    return keras.Model(beat, layers.Rescaling(1.0, offset=list(bias))(logits), name=name)


def prior_bias(
    train: Sequence[MarkedBeats], shares: Sequence[float], power: float
) -> tuple[float, ...]:
    """What is added to logits for the classes' shares in the records instead of those in batches.

    power: how much of it, 0..1. A class without a beat counts as having one.
    """
    targets = np.concatenate([one.targets[one.counted] for one in train])
    counts = np.maximum(np.bincount(targets, minlength=len(shares)), 1)
    moved = power * np.log(counts / counts.sum() / np.asarray(shares))
    return tuple(float(one) for one in moved)


class _SegmentBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Random beats, so many of each class in the mean, shaken."""

    def __init__(self, beats: SegmentSet, course: Course, seed: int) -> None:
        super().__init__()
        self.beats, self.course = beats, course
        self.rng = np.random.default_rng(seed)
        found = [np.flatnonzero(beats.targets == label) for label in range(len(course.shares))]
        self.places = [(label, places) for label, places in enumerate(found) if len(places)]
        shares = np.array([course.shares[label] for label, _ in self.places])
        self.shares = shares / shares.sum()
        self.sums = [self._sums(places) for _, places in self.places]

    def __len__(self) -> int:
        return self.course.steps

    def __getitem__(self, number: int) -> tuple[tuple[Floats, Floats], Floats]:
        del number
        some = self._draw()
        wanted = np.eye(len(self.course.shares), dtype=np.float32)[self.beats.targets[some]]
        return (self._stretches(some), self._numbers(some)), wanted

    def _sums(self, places: Indices) -> npt.NDArray[np.float64]:
        """Cumulated chances of the beats of one class."""
        _, owner, counts = np.unique(
            self.beats.records[places], return_inverse=True, return_counts=True
        )
        chances = counts[owner] ** (self.course.record_power - 1)
        return np.cumsum(chances / chances.sum())

    def _draw(self) -> Indices:
        counts = self.rng.multinomial(self.course.batch, self.shares)
        drawn = []
        for count, (_, places), sums in zip(counts, self.places, self.sums, strict=True):
            found = np.searchsorted(sums, self.rng.random(count))
            drawn.append(places[np.minimum(found, len(places) - 1)])
        return np.concatenate(drawn)

    def _stretches(self, some: Indices) -> Floats:
        shaking, rng = self.course.shaking, self.rng
        stretches = self.beats.stretches[some].astype(np.float32)
        count, length, traces = stretches.shape
        stretches *= np.exp(rng.normal(0, shaking.height, (count, 1, 1))).astype(np.float32)
        stretches += rng.normal(0, shaking.level, (count, 1, traces)).astype(np.float32)
        loud = rng.random((count, 1, 1), dtype=np.float32) * np.float32(shaking.noise)
        stretches[..., 0] += (loud * rng.standard_normal((count, length, 1), dtype=np.float32))[
            ..., 0
        ]
        return stretches

    def _numbers(self, some: Indices) -> Floats:
        shaking, rng = self.course.shaking, self.rng
        numbers = self.beats.numbers[some]
        others = self.beats.numbers[rng.integers(0, len(self.beats.numbers), len(some))]
        swapped = rng.random(numbers.shape) < shaking.swapped
        noise = rng.normal(0, shaking.numbers, numbers.shape)
        return np.where(swapped, others, numbers + noise).astype(np.float32)
