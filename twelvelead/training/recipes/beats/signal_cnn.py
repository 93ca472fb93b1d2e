"""Trains a one-dimensional CNN on beats of MIT-BIH, in Keras: N S V F Q, from one lead.

Reads from top to bottom: the knobs, the network, the run. A supraventricular beat looks like a normal one
and comes early, so beside the beat and the recording's median beat the network reads numbers: how
early it comes against intervals nearby and in the recording, and how like other beats it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
from keras import layers

from ecg.beats.beats import Window
from ecg.tasks import BEAT_AAMI_5, Task
from model_registry.entry import Framework
from model_registry.segments import SegmentReading
from twelvelead.datasets.records import AAMI, DS1, DS2
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
    prior_bias,
    train_members,
)
from twelvelead.training.recipe import Note

BEAT = Window(rate=360.0, before=144, length=360, band=(0.5, 45.0))
CONTEXT = (
    *("rr_before_to_near", "rr_before_2_to_near", "rr_before_3_to_near", "rr_before_4_to_near"),
    *("rr_after_to_near", "rr_after_2_to_near", "rr_after_3_to_near", "rr_after_4_to_near"),
    *("rr_before_to_quarter", "rr_before_to_median", "rr_before_to_slow", "rr_before_rank"),
    *("rr_after_to_quarter", "rr_after_to_median", "rr_after_to_slow", "rr_after_rank"),
    *("rr_turn", "rr_unrest", "rr_spread", "rr_spread_near", "rr_company", "rr_company_after"),
    *("qrs_likeness", "p_likeness", "qrs_likeness_before", "p_likeness_before", "height_share"),
)  # nothing in seconds or millivolts: that would tell whose heart it is


@dataclass(frozen=True, kw_only=True)
class BeatSignalCNN(SegmentRecipe):
    """The recipe: its knobs, its network, its run."""

    title: str = "1-D CNN on beats (one lead, with their rhythm)"
    framework: Framework = "keras"
    architecture: str = "beat_signal_cnn"
    task: Task = BEAT_AAMI_5
    labels: tuple[str, ...] = ("N", "S", "V", "F", "Q")
    codes: Mapping[str, str] = field(default_factory=lambda: AAMI)
    train: tuple[str, ...] = DS1
    test: tuple[str, ...] = DS2
    protocol: str = (
        "trained on DS1, tested on DS2 of de Chazal 2004 (22 records each, paced records left out), one "
        "lead, beats at their reference places"
    )
    known_twice: frozenset[str] = frozenset({"201"})
    words: CardWords = CARD_WORDS["beat_signal_cnn"]

    preprocessing: SegmentReading = SegmentReading("window", BEAT, "recording", CONTEXT, usual=True)
    cropping: Cropping = Cropping(  # around S; jitter in s
        crops=24, beats=(40, 1200), wanted=1, wanted_share=0.6, wanted_least=5, jitter=0.004
    )
    filters: tuple[int, int, int] = (12, 24, 24)
    rhythm: tuple[int, int] = (48, 24)  # neurons of the layers that read the numbers
    dropout: float = 0.5
    momentum: float = 0.95  # of batch normalisation's running statistics
    course: Course = Course(
        epochs=7,
        steps=100,
        batch=256,
        rate=3e-3,
        weight_decay=1e-2,
        smoothing=0.02,
        shares=(0.55, 0.16, 0.20, 0.08, 0.01),  # of a batch, by label
        record_power=0.5,
        shaking=Shaking(height=0.2, level=0.05, noise=0.03, numbers=0.03, swapped=0.1),
        seeds=(0, 1, 2, 3),  # a member each
    )
    prior: float = 0.5  # how far outputs move from the classes' shares in a batch to the records'

    def fit_knobs(self) -> dict[str, str]:
        notes = ("SAME_PATIENT", "ALMOST_ONE", "MISSED", "LOOKS")
        return self.module_knobs(
            BEAT_AAMI_5=self.task,
            AAMI=self.codes,
            DS1=self.train,
            DS2=self.test,
            DE_CHAZAL=self.protocol,
            MITDB=self.words.data,
            MITDB_LICENCE=self.words.licence,
            BEAT=self.preprocessing.window,
            CONTEXT=self.preprocessing.context,
            **dict(zip(notes, self.words.notes, strict=False)),
        )

    def build(self) -> Any:
        """Stretches (n, length, 2) and numbers (n, names) -> logits (n, labels).

        What the trace's convolutions say is one number for N and S together: in so few patients they
        would learn whose beat it is. The numbers alone tell S from N.
        """
        reading = self.preprocessing
        stretches = keras.Input((reading.length, reading.traces))
        numbers = keras.Input((len(reading.context),))
        shape = layers.Dense(len(self.labels) - 1)(self._features(stretches))  # N or S, V, F, Q
        shape = layers.Concatenate()([shape[:, :1], shape])
        rhythm = layers.BatchNormalization(momentum=self.momentum)(numbers)
        for width, kept in zip(self.rhythm, (0.3, 0.2), strict=True):
            rhythm = layers.Dropout(kept)(layers.Dense(width, activation="relu")(rhythm))
        head = layers.Add()([layers.Dense(len(self.labels), name="head")(rhythm), shape])
        return keras.Model([stretches, numbers], head)

    def _features(self, stretch: Any) -> Any:
        maps = layers.AveragePooling1D(3)(stretch)  # 120
        sizes = zip(self.filters, (7, 5, 3), (2, 3, 2), strict=True)
        for filters, size, pool in sizes:  # to 60, 20, 10
            maps = layers.Conv1D(filters, size, padding="same", use_bias=False)(maps)
            maps = layers.ReLU()(layers.BatchNormalization(momentum=self.momentum)(maps))
            maps = layers.MaxPooling1D(pool)(maps)
        features = layers.Dropout(self.dropout)(layers.Flatten()(maps))
        found = layers.Dense(24, activation="relu")(features)
        return layers.Dropout(self.dropout / 2)(found)

    def prepare(self, work: Path, backbone: Path | None) -> BeatFit:
        """Nothing is shared between runs; returns the function that fits."""
        del work, backbone

        def fit(train: Sequence[MarkedBeats], note: Note) -> SegmentNetwork:
            course, reading = self.course, self.preprocessing
            beats = read_segments(train, reading, self.cropping, course.seeds[0])
            members = train_members(self.build, beats, course, note)
            bias = prior_bias(train, course.shares, self.prior)
            return SegmentNetwork(one_model(members, reading, bias, self.architecture))

        return fit


RECIPE = BeatSignalCNN()
