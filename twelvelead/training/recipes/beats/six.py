"""Trains a small CNN on beat pictures of 64 x 64 px, in Keras: six kinds of beats, from scratch.

The six are those of the popular public set of beat pictures. Its pictures are other people's drawings, so
lines, margins and stretches of time vary here more than for the other networks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from ecg.beats.drawing import DRAWING, BeatDrawing
from ecg.tasks import BEAT_SIX, Task
from model_registry.entry import Framework
from model_registry.preprocessing import Preprocessing
from twelvelead.datasets.records import DS1, DS2, SIX
from twelvelead.training.batches.drawings import Variation
from twelvelead.training.batches.draws import DrawnBeats, Draws, Schedule
from twelvelead.training.batches.marked_beats import MarkedBeats
from twelvelead.training.beat_recipe import BeatFit, BeatRecipe
from twelvelead.training.card_words import CARD_WORDS, CardWords
from twelvelead.training.loops.keras_loop import KerasNetwork
from twelvelead.training.recipe import Note

PARTS = 256  # beats that are answered at once


class SixNetwork(KerasNetwork):
    """A trained network whose last layer can be shifted; see `twelvelead.training.recipe.Network`."""

    def logits(self, tensors: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        cuts = list(range(PARTS, len(tensors), PARTS))
        parts = [self.model.predict_on_batch(some) for some in np.split(tensors, cuts)]
        return np.concatenate(parts).astype(np.float64)

    def shift(self, bias: npt.NDArray[np.float64]) -> None:
        """Adds (labels,) to the logits for good."""
        head = self.model.get_layer("head")
        kernel, old = head.get_weights()
        head.set_weights([kernel, old + bias.astype(np.float32)])


@dataclass(frozen=True, kw_only=True)
class BeatSix(BeatRecipe):
    """The recipe: its knobs, its network, its run."""

    title: str = "Small CNN on beat pictures (six classes)"
    framework: Framework = "keras"
    architecture: str = "beat_six"
    task: Task = BEAT_SIX
    labels: tuple[str, ...] = tuple(BEAT_SIX.labels)
    codes: Mapping[str, str] = field(default_factory=lambda: SIX)
    extra: str = "!"
    train: tuple[str, ...] = (*DS1, *DS2)
    test: tuple[str, ...] = ()
    drawing: BeatDrawing = DRAWING
    preprocessing: Preprocessing = Preprocessing(
        size=(64, 64), colour="grey", scale="rescale", channels=1
    )
    protocol: str = (
        "44 records of MIT-BIH, paced ones left out, cross-validated by patient, one lead, beats at "
        "their reference places"
    )
    words: CardWords = CARD_WORDS["beat_six"]

    per_epoch: tuple[int, ...] = (2200, 3500, 800, 2200, 2200, 300)  # of the labels in their order
    epochs: int = 5
    batch: int = 64
    rate: float = 2e-3
    weight_decay: float = 1e-2
    smoothing: float = 0.05
    spread: float = 0.5  # a record counts as its number of beats of a class to this power
    prior: float = 0.5  # how far the logits are put right for the draw
    zoom: tuple[float, float] = (0.8, 1.6)  # of the usual stretch of time on either side of R
    filters: tuple[int, ...] = (16, 32, 48, 64)
    dropout: float = 0.4
    momentum: float = 0.95  # of batch normalisation's running statistics
    seed: int = 3

    def fit_knobs(self) -> dict[str, str]:
        return self.module_knobs(BEAT_SIX=self.task, SIX=self.codes, DS1=DS1, DS2=DS2, PARTS=PARTS)

    def build(self) -> Any:
        """(n, 64, 64, 1) -> logits (n, labels)."""
        maps = picture = keras.Input(self.preprocessing.shape)
        for filters in self.filters:  # to 32, 16, 8, 4
            maps = layers.Conv2D(filters, 3, padding="same", use_bias=False)(maps)
            maps = layers.ReLU()(layers.BatchNormalization(momentum=self.momentum)(maps))
            maps = layers.MaxPooling2D(2)(maps)
        dropped = layers.Dropout(self.dropout)(layers.Flatten()(maps))
        features = layers.Dropout(self.dropout / 2)(layers.Dense(64, activation="relu")(dropped))
        head = layers.Dense(len(self.labels), name="head")(features)
        return keras.Model(picture, head, name=self.architecture)

    def prepare(self, work: Path, backbone: Path | None) -> BeatFit:
        """Nothing is shared between runs; returns the function that fits."""
        del work, backbone

        def fit(train: Sequence[MarkedBeats], note: Note) -> SixNetwork:
            keras.utils.set_random_seed(self.seed)
            beats = DrawnBeats.of(train)
            schedule = Schedule.of(self, head_rate=self.rate, average=1.0, clip=0.0)
            variation = Variation(self.drawing, self.preprocessing, self.zoom)
            found = SixNetwork(self.build())
            self._run(found.model, Draws(beats, variation, schedule), note)
            found.shift(schedule.correction(beats, self.prior))
            return found

        return fit

    def load(self, file: Path) -> SixNetwork:
        return SixNetwork(keras.saving.load_model(file, compile=False))

    def _run(self, model: Any, draws: Draws, note: Note) -> None:
        rate = keras.optimizers.schedules.CosineDecay(self.rate, draws.steps)
        model.compile(
            keras.optimizers.AdamW(rate, weight_decay=self.weight_decay),
            keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=self.smoothing),
        )
        for epoch in range(self.epochs):
            losses = []
            for pixels, targets in draws.epoch():
                wanted = np.eye(len(self.labels), dtype=np.float32)[targets]
                tensors = self.preprocessing.normalise(pixels)
                losses.append(model.train_on_batch(tensors, wanted))
            note(f"fit,{epoch + 1},{float(losses[-1]):.4f}")


RECIPE = BeatSix()
