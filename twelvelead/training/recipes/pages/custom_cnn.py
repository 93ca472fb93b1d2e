"""Trains a light custom CNN on ECG pages, in Keras: 423 K parameters, from scratch, early stopping.

Reads from top to bottom: the knobs, the network, the run. The page is grey, its contrast evened out
(CLAHE), single dots taken away (median), 384 px a side. Five convolutions halve it down to 12 x 12;
the head reads 4 x 4 cells, since a 12-lead page has its leads in 4 rows and 4 columns.
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

TITLE = "Custom CNN (423 K parameters, from scratch)"
FRAMEWORK = "keras"
ARCHITECTURE = "custom_cnn"
LABELS = ("myocardial_infarction", "history_of_mi", "abnormal_heartbeat", "normal")
PREPROCESSING = Preprocessing(
    size=(384, 384), colour="grey", scale="rescale", channels=1, steps=("clahe", "median")
)
HEAD_TOML = ""
ORIGIN = "none: every weight was trained here, from random numbers"

VARIANTS = 12  # random variants of each page, drawn once
FILTERS = (32, 48, 64, 96, 128)
CELLS = 4
HIDDEN = 104
DROPOUT = 0.4  # before each linear layer
MOMENTUM = 0.9  # of batch normalisation's running statistics: an epoch has 17 steps only
EPOCHS = 45  # at most
PATIENCE = 12  # epochs without a smaller held-out loss
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
    page = keras.Input(PREPROCESSING.shape)  # 384 x 384
    maps = layers.Conv2D(FILTERS[0], 5, strides=2, padding="same", use_bias=False)(page)
    maps = layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(maps))  # 192 x 192
    for filters in FILTERS[1:]:
        maps = layers.MaxPooling2D(2)(maps)  # 96, 48, 24, 12
        maps = layers.Conv2D(filters, 3, padding="same", use_bias=False)(maps)
        maps = layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(maps))
    cells = layers.Flatten()(layers.AveragePooling2D(maps.shape[1] // CELLS)(maps))  # 4 x 4
    hidden = layers.Dense(HIDDEN, activation="relu")(layers.Dropout(DROPOUT)(cells))
    head = layers.Dense(len(LABELS), name="head")(layers.Dropout(DROPOUT)(hidden))
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
