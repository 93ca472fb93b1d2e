"""Trains a small CNN on beat pictures of 64 x 64 px, in Keras: six kinds of beats, from scratch.

The six are those of the popular public set of beat pictures. Its pictures are other people's drawings, so
lines, margins and stretches of time vary here more than for the other networks.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from ecg.beats.beats import EVERY, Beats
from ecg.tasks import BEAT_SIX
from model_registry.preprocessing import Preprocessing
from twelvelead.datasets import records as beat_records
from twelvelead.datasets.records import DS1, DS2, SIX
from twelvelead.training.batches.drawings import DRAWING, Variation
from twelvelead.training.batches.draws import DrawnBeats, Draws, Schedule
from twelvelead.training.beat_recipe import BeatFit, MarkedBeats
from twelvelead.training.loops.keras_loop import KerasNetwork
from twelvelead.training.recipes.beats.picture_recipe import (
    DATA,
    LICENCE,
    picture_tensors,
    picture_toml,
)

TITLE = "Small CNN on beat pictures (six classes)"
FRAMEWORK = "keras"
ARCHITECTURE = "beat_six"
TASK = BEAT_SIX
LABELS = tuple(BEAT_SIX.labels)
CODES = SIX
EXTRA = "!"
TRAIN: tuple[str, ...] = (*DS1, *DS2)
TEST: tuple[str, ...] = ()
PREPROCESSING = Preprocessing(size=(64, 64), colour="grey", scale="rescale", channels=1)
HEAD_TOML = ""
ORIGIN = "none: every weight was trained here, from random numbers"
PROTOCOL = (
    "44 records of MIT-BIH, paced ones left out, cross-validated by patient, one lead, beats at their "
    "reference places"
)
SCHEDULE = (
    "It begins with random numbers and trains for a fixed number of epochs on beats that are drawn anew "
    "each time, with other lines, margins and stretches of time; the last weights are kept."
)
NOTES = (
    (
        "Ventricular flutter is in one record only, 207: no honest figure of that class exists. Its row "
        "below is of networks that never saw a flutter wave, and macro-F1 over all counts it in."
    ),
    (
        "Left bundle branch block is in four records (109, 111, 207, 214), right in four (118, 124, 212, "
        "231). Three hearts do not teach what a block looks like in a fourth: compare both figures with "
        "those of the random split."
    ),
    (
        "A picture of a beat holds no rhythm: an atrial premature beat looks like a normal one that comes "
        "early, so few of those can be found."
    ),
)

PER_EPOCH = (2200, 3500, 800, 2200, 2200, 300)  # of the labels in their order
EPOCHS = 5
BATCH = 64
RATE = 2e-3
WEIGHT_DECAY = 1e-2
SMOOTHING = 0.05
SPREAD = 0.5  # a record counts as its number of beats of a class to this power
PRIOR = 0.5  # how far the logits are put right for the draw
ZOOM = (0.8, 1.6)  # of the usual stretch of time on either side of R
FILTERS = (16, 32, 48, 64)
DROPOUT = 0.4
MOMENTUM = 0.95  # of batch normalisation's running statistics
SEED = 3
PARTS = 256  # beats that are answered at once

__all__ = ["DATA", "LICENCE", "read_records"]
read_records = beat_records.read_records


class SixNetwork(KerasNetwork):
    """A trained network whose last layer can be shifted; see `twelvelead.training.recipe.Network`."""

    def logits(self, tensors: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        parts = [self.model.predict_on_batch(t) for t in np.split(tensors, _cuts(len(tensors)))]
        return np.concatenate(parts).astype(np.float64)

    def shift(self, bias: npt.NDArray[np.float64]) -> None:
        """Adds (labels,) to the logits for good."""
        head = self.model.get_layer("head")
        kernel, old = head.get_weights()
        head.set_weights([kernel, old + bias.astype(np.float32)])


def knobs() -> dict[str, str]:
    """All of the above, by name, as it is set now."""
    return {name: str(value) for name, value in globals().items() if name.isupper()}


def load(file: Path) -> SixNetwork:
    """The network from a file that `save` wrote."""
    return SixNetwork(keras.saving.load_model(file, compile=False))


def reading_toml() -> str:
    """`[drawing]` and `[preprocessing]` of model.toml."""
    return picture_toml(DRAWING, PREPROCESSING)


def tensors(beats: Beats, some: slice = EVERY) -> npt.NDArray[np.float32]:
    """What the network reads of `some` beats."""
    return picture_tensors(beats, some, DRAWING, PREPROCESSING)


def build() -> Any:
    """(n, 64, 64, 1) -> logits (n, labels)."""
    picture = keras.Input(PREPROCESSING.shape)
    maps = picture
    for filters in FILTERS:  # to 32, 16, 8, 4
        maps = layers.Conv2D(filters, 3, padding="same", use_bias=False)(maps)
        maps = layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(maps))
        maps = layers.MaxPooling2D(2)(maps)
    features = layers.Dense(64, activation="relu")(layers.Dropout(DROPOUT)(layers.Flatten()(maps)))
    head = layers.Dense(len(LABELS), name="head")(layers.Dropout(DROPOUT / 2)(features))
    return keras.Model(picture, head, name=ARCHITECTURE)


def schedule() -> Schedule:
    """The run."""
    shared = WEIGHT_DECAY, SMOOTHING, 1.0, 0.0, SPREAD, SEED
    return Schedule(PER_EPOCH, EPOCHS, BATCH, RATE, RATE, *shared)


def prepare(work: Path, backbone: Path | None) -> BeatFit:
    """Nothing is shared between runs; returns the function that fits."""
    del work, backbone

    def fit(train: Sequence[MarkedBeats], note: Callable[[str], None]) -> SixNetwork:
        keras.utils.set_random_seed(SEED)
        plan, beats = schedule(), DrawnBeats.of(train)
        draws = Draws(beats, Variation(DRAWING, PREPROCESSING, ZOOM), plan)
        found = SixNetwork(build())
        _train(found.model, draws, note)
        found.shift(plan.correction(beats, PRIOR))
        return found

    return fit


def _train(model: Any, draws: Draws, note: Callable[[str], None]) -> None:
    plan = draws.schedule
    rate = keras.optimizers.schedules.CosineDecay(plan.rate, draws.steps)
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=plan.weight_decay),
        keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=plan.smoothing),
    )
    for epoch in range(plan.epochs):
        losses = []
        for pixels, targets in draws.epoch():
            wanted = np.eye(len(LABELS), dtype=np.float32)[targets]
            losses.append(model.train_on_batch(PREPROCESSING.normalise(pixels), wanted))
        note(f"fit,{epoch + 1},{float(losses[-1]):.4f}")


def _cuts(count: int) -> list[int]:
    return list(range(PARTS, count, PARTS))
