"""Trains a small CNN on ECG pages, in Keras: two convolutions, from scratch, with early stopping.

Reads from top to bottom: the knobs, the network; `FromScratch` runs it. What two layers can see is where
ink stands and how it turns: a yardstick for the others. The head reads 4 x 4 cells, average and maximum,
since a 12-lead page has its leads in 4 rows and 4 columns.
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
class SmallCNN(FromScratch):
    """The recipe: its knobs, its network, its run."""

    title: str = "Small CNN (two convolutions, from scratch)"
    framework: Framework = "keras"
    architecture: str = "small_cnn"
    labels: tuple[str, ...] = (
        *("normal", "abnormal_heartbeat", "history_of_mi", "myocardial_infarction"),
    )
    preprocessing: Preprocessing = Preprocessing(
        size=(256, 448), colour="grey", scale="rescale", channels=1
    )
    words: CardWords = CARD_WORDS["small_cnn"]

    variants: int = 12  # random variants of each page, drawn once
    filters: tuple[int, int] = (32, 64)
    cells: int = 4
    dropout: float = 0.5  # before the last layer
    momentum: float = 0.9  # of batch normalisation's running statistics: an epoch has 17 steps only
    epochs: int = 36  # at most
    patience: int = 10  # epochs without a smaller held-out loss
    held_out_part: int = 6  # one of so many parts of the patients decides when to stop
    rate: float = 5e-4
    batch: int = 16
    weight_decay: float = 1e-3
    smoothing: float = 0.05  # of the labels: they are coarse
    balance: float = 0.5  # how far rare classes count more: 1 fully, 0 not
    seed: int = 0

    def build(self) -> Any:
        """(n, height, width, 1) -> logits (n, labels)."""
        page = keras.Input(self.preprocessing.shape)  # 256 x 448
        maps = layers.Conv2D(self.filters[0], 7, strides=2, padding="same", use_bias=False)(page)
        maps = layers.ReLU()(layers.BatchNormalization(momentum=self.momentum)(maps))  # 128 x 224
        maps = layers.MaxPooling2D(4)(maps)  # 32 x 56
        maps = layers.Conv2D(self.filters[1], 5, padding="same", use_bias=False)(maps)
        maps = layers.ReLU()(layers.BatchNormalization(momentum=self.momentum)(maps))
        size = tuple(side // self.cells for side in maps.shape[1:3])
        pools = layers.AveragePooling2D(size), layers.MaxPooling2D(size)  # 4 x 4
        cells = layers.Concatenate()([layers.Flatten()(pool(maps)) for pool in pools])
        head = layers.Dense(len(self.labels), name="head")(layers.Dropout(self.dropout)(cells))
        return keras.Model(page, head, name=self.architecture)


RECIPE = SmallCNN()
