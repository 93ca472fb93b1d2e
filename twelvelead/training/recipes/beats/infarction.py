"""Trains a small CNN on single beats of PTB-XL's lead II, in Keras: normal against infarction.

Reads from top to bottom: the knobs, the network, the run. Beats have the 187-sample form of Kachuee 2018,
so rows of the popular CSV files can be asked about too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
from keras import layers

from ecg.tasks import BEAT_INFARCTION, Task
from model_registry.entry import Framework
from model_registry.segments import SegmentReading
from twelvelead.datasets.ptbxl import ALL, INFARCTION, NORMAL, read_records
from twelvelead.datasets.records import BeatRecord
from twelvelead.training.batches.crops import Cropping, read_segments
from twelvelead.training.batches.marked_beats import MarkedBeats
from twelvelead.training.beat_recipe import BeatFit
from twelvelead.training.card_words import CARD_WORDS, CardWords
from twelvelead.training.loops.beat_loop import (
    Course,
    SegmentNetwork,
    SegmentRecipe,
    Shaking,
    one_model,
    train_members,
)
from twelvelead.training.recipe import Note


@dataclass(frozen=True, kw_only=True)
class BeatInfarction(SegmentRecipe):
    """The recipe: its knobs, its network, its run."""

    title: str = "Infarction beats (one lead, 187 samples)"
    framework: Framework = "keras"
    architecture: str = "beat_infarction"
    task: Task = BEAT_INFARCTION
    labels: tuple[str, ...] = (NORMAL, INFARCTION)
    codes: Mapping[str, str] = field(  # records of PTB-XL are marked with the labels themselves
        default_factory=lambda: {label: label for label in (NORMAL, INFARCTION)}
    )
    train: tuple[str, ...] = ALL
    test: tuple[str, ...] = ()
    protocol: str = (
        "cross-validated by patient on PTB-XL, lead II, beats where our detector found them"
    )
    words: CardWords = CARD_WORDS["beat_infarction"]

    preprocessing: SegmentReading = SegmentReading("row", None, "minmax")
    cropping: Cropping = Cropping(
        crops=3, beats=(5, 20), wanted=1, wanted_share=0.0, wanted_least=1, jitter=0.008
    )
    filters: tuple[int, int, int] = (16, 24, 32)
    dropout: float = 0.5
    momentum: float = 0.95  # of batch normalisation's running statistics
    course: Course = Course(
        epochs=6,
        steps=60,
        batch=128,
        rate=2e-3,
        weight_decay=1e-2,
        smoothing=0.05,
        shares=(0.6, 0.4),  # of a batch, by label
        record_power=0.0,  # each recording counts alike
        shaking=Shaking(height=0.05, level=0.02, noise=0.02, numbers=0.0, swapped=0.0),
        seeds=(0, 1, 2),  # a member each
    )
    bias: tuple[float, float] = (0.0, 0.0)  # on the logits

    def read_records(self, folder: Path, names: Sequence[str]) -> list[BeatRecord]:
        return read_records(folder, names)

    def fit_knobs(self) -> dict[str, str]:
        return self.module_knobs(
            BEAT_INFARCTION=self.task,
            ALL=self.train,
            **dict(zip(("NORMAL", "INFARCTION"), self.labels, strict=True)),
            **dict(zip(("ONE_LEAD", "OLDER"), self.words.notes, strict=False)),
        )

    def build(self) -> Any:
        """Rows (n, 187, 1) and no numbers (n, 0) -> logits (n, labels)."""
        maps = rows = keras.Input((self.preprocessing.length, 1))
        for filters, size in zip(self.filters, (7, 5, 5), strict=True):
            maps = layers.Conv1D(filters, size, padding="same", use_bias=False)(maps)
            maps = layers.ReLU()(layers.BatchNormalization(momentum=self.momentum)(maps))
            maps = layers.MaxPooling1D(3)(maps)  # to 62, 20, 6
        features = layers.Dropout(self.dropout)(layers.Flatten()(maps))
        found = layers.Dense(24, activation="relu")(features)
        head = layers.Dense(len(self.labels), name="head")(layers.Dropout(self.dropout)(found))
        return keras.Model([rows, keras.Input((0,))], head)

    def prepare(self, work: Path, backbone: Path | None) -> BeatFit:
        """Nothing is shared between runs; returns the function that fits."""
        del work, backbone

        def fit(train: Sequence[MarkedBeats], note: Note) -> SegmentNetwork:
            course, reading = self.course, self.preprocessing
            beats = read_segments(train, reading, self.cropping, course.seeds[0])
            members = train_members(self.build, beats, course, note)
            return SegmentNetwork(one_model(members, reading, self.bias, self.architecture))

        return fit


RECIPE = BeatInfarction()
