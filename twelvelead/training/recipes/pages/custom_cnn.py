"""Trains a light custom CNN on ECG pages, in Keras: 423 K parameters, from scratch, early stopping.

Reads from top to bottom: the knobs, the network; `FromScratch` runs it. The page is grey, its contrast
evened out (CLAHE), single dots taken away (median), 384 px a side. Five convolutions halve it down to
12 x 12; the head reads 4 x 4 cells, since a 12-lead page has its leads in 4 rows and 4 columns.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from model_registry.entry import Framework
from model_registry.preprocessing import Preprocessing
from twelvelead.training.card_words import CARD_WORDS, CardWords
from twelvelead.training.loops.keras_loop import FromScratch


@dataclass(frozen=True, kw_only=True)
class CustomCNN(FromScratch):
    """The recipe: its knobs, its network, its run."""

    title: str = "Custom CNN (423 K parameters, from scratch)"
    framework: Framework = "keras"
    architecture: str = "custom_cnn"
    labels: tuple[str, ...] = (
        *("myocardial_infarction", "history_of_mi", "abnormal_heartbeat", "normal"),
    )
    preprocessing: Preprocessing = Preprocessing(
        size=(384, 384), colour="grey", scale="rescale", channels=1, steps=("clahe", "median")
    )
    words: CardWords = CARD_WORDS["custom_cnn"]

    variants: int = 12  # random variants of each page, drawn once
    filters: tuple[int, ...] = (32, 48, 64, 96, 128)
    cells: int = 4
    hidden: int = 104
    dropout: float = 0.4  # before each linear layer
    momentum: float = 0.9  # of batch normalisation's running statistics: an epoch has 17 steps only
    epochs: int = 45  # at most
    patience: int = 12  # epochs without a smaller held-out loss
    held_out_part: int = 6  # one of so many parts of the patients decides when to stop
    rate: float = 5e-4
    batch: int = 16
    weight_decay: float = 1e-3
    smoothing: float = 0.05  # of the labels: they are coarse
    balance: float = 0.5  # how far rare classes count more: 1 fully, 0 not
    seed: int = 0

    LEAST_SIDE = 128  # px: halved five times, and 4 cells of it

    def build(self) -> Any:
        """(n, height, width, 1) -> logits (n, labels)."""
        page = keras.Input(self.preprocessing.shape)  # 384 x 384
        maps = layers.Conv2D(self.filters[0], 5, strides=2, padding="same", use_bias=False)(page)
        maps = layers.ReLU()(layers.BatchNormalization(momentum=self.momentum)(maps))  # 192 x 192
        for filters in self.filters[1:]:
            maps = layers.MaxPooling2D(2)(maps)  # 96, 48, 24, 12
            maps = layers.Conv2D(filters, 3, padding="same", use_bias=False)(maps)
            maps = layers.ReLU()(layers.BatchNormalization(momentum=self.momentum)(maps))
        cells = layers.AveragePooling2D(maps.shape[1] // self.cells)(maps)  # 4 x 4
        features = layers.Dropout(self.dropout)(layers.Flatten()(cells))
        hidden = layers.Dense(self.hidden, activation="relu")(features)
        head = layers.Dense(len(self.labels), name="head")(layers.Dropout(self.dropout)(hidden))
        return keras.Model(page, head, name=self.architecture)


RECIPE = CustomCNN()
