"""Trains a small CNN on ECG pages, in Keras: two convolutions, from scratch, with early stopping.

Reads from top to bottom: the knobs, the network, the run. What two layers can see is where ink stands
and how it turns: a yardstick for the others. The head reads 4 x 4 cells, average and maximum, since a
12-lead page has its leads in 4 rows and 4 columns.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
from keras import layers

from model_registry.preprocessing import Preprocessing
from twelvelead.datasets.pages import Indices, LabelledPages
from twelvelead.training.loops.keras_loop import FromScratch, KerasNetwork, Schedule, load
from twelvelead.training.recipe import Fit

TITLE = "Small CNN (two convolutions, from scratch)"
FRAMEWORK = "keras"
ARCHITECTURE = "small_cnn"
LABELS = ("normal", "abnormal_heartbeat", "history_of_mi", "myocardial_infarction")
PREPROCESSING = Preprocessing(size=(256, 448), colour="grey", scale="rescale", channels=1)
HEAD_TOML = ""
ORIGIN = "none: every weight was trained here, from random numbers"

VARIANTS = 12  # random variants of each page, drawn once
FILTERS = (32, 64)
CELLS = 4
DROPOUT = 0.5  # before the last layer
MOMENTUM = 0.9  # of batch normalisation's running statistics: an epoch has 17 steps only
EPOCHS = 36  # at most
PATIENCE = 10  # epochs without a smaller held-out loss
HELD_OUT_PART = 6  # one of so many parts of the patients decides when to stop
RATE = 5e-4
BATCH = 16
WEIGHT_DECAY = 1e-3
SMOOTHING = 0.05  # of the labels: they are coarse
BALANCE = 0.5  # how far rare classes count more: 1 fully, 0 not
SEED = 0

__all__ = ["load"]


def knobs() -> dict[str, str]:
    """All of the above, by name, as it is set now."""
    return {name: str(value) for name, value in globals().items() if name.isupper()}


def build() -> Any:
    """(n, height, width, 1) -> logits (n, labels)."""
    page = keras.Input(PREPROCESSING.shape)  # 256 x 448
    maps = layers.Conv2D(FILTERS[0], 7, strides=2, padding="same", use_bias=False)(page)
    maps = layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(maps))  # 128 x 224
    maps = layers.MaxPooling2D(4)(maps)  # 32 x 56
    maps = layers.Conv2D(FILTERS[1], 5, padding="same", use_bias=False)(maps)
    maps = layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(maps))
    size = tuple(side // CELLS for side in maps.shape[1:3])
    pools = layers.AveragePooling2D(size), layers.MaxPooling2D(size)  # 4 x 4
    cells = layers.Concatenate()([layers.Flatten()(pool(maps)) for pool in pools])
    head = layers.Dense(len(LABELS), name="head")(layers.Dropout(DROPOUT)(cells))
    return keras.Model(page, head, name=ARCHITECTURE)


def untrained(folder: Path) -> None:
    """There is no backbone."""
    del folder


def prepare(pages: LabelledPages, work: Path, backbone: Path | None) -> Fit:
    """Nothing is shared between folds; returns the function that fits."""
    del backbone
    schedule = Schedule(
        EPOCHS, PATIENCE, HELD_OUT_PART, RATE, BATCH, WEIGHT_DECAY, SMOOTHING, BALANCE, SEED
    )
    run = FromScratch(pages, PREPROCESSING, schedule, work)

    def fit(train: Indices, note: Callable[[str], None]) -> KerasNetwork:
        keras.utils.set_random_seed(SEED)
        return run.fit(build(), train, note)

    return fit
