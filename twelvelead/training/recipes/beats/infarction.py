"""Trains a small CNN on single beats of PTB-XL's lead II, in Keras: normal against infarction.

Reads from top to bottom: the knobs, the network, the run. Beats have the 187-sample form of Kachuee 2018,
so rows of the popular CSV files can be asked about too.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from ecg.beats.beats import EVERY, Beats
from ecg.tasks import BEAT_INFARCTION
from model_registry.segments import SegmentReading
from twelvelead.datasets.ptbxl import ALL, INFARCTION, NORMAL, read_records
from twelvelead.training.batches.crops import Cropping, read_segments
from twelvelead.training.beat_recipe import BeatFit, MarkedBeats
from twelvelead.training.loops.beat_loop import (
    Course,
    SegmentNetwork,
    Shaking,
    load,
    one_model,
    train_members,
)
from twelvelead.training.shipping.beat_ship import segment_toml

TITLE = "Infarction beats (one lead, 187 samples)"
FRAMEWORK = "keras"
ARCHITECTURE = "beat_infarction"
TASK = BEAT_INFARCTION
LABELS = (NORMAL, INFARCTION)
CODES = {label: label for label in LABELS}
EXTRA = ""
TRAIN: tuple[str, ...] = ALL
TEST: tuple[str, ...] = ()
PROTOCOL = "cross-validated by patient on PTB-XL, lead II, beats where our detector found them"
HEAD_TOML = ""
ORIGIN = "none: every weight was trained here, from random numbers"
SCHEDULE = (
    "Members of one network, alike but for their random numbers, each train for a fixed number of steps "
    "on batches that hold infarction as often as normal; their outputs are averaged inside the one file."
)
DATA = (
    "PTB-XL (Wagner et al. 2020, CC BY 4.0), ten-second recordings at 500 Hz of which lead II is "
    "read. Normal: all diagnostic statements are of the class NORM. Infarction: at least one statement "
    "of the class MI with a likelihood of 50 % or more; others are left out."
)
LICENCE = "CC BY 4.0"
ONE_LEAD = (
    "All beats of a recording have its label, even those that do not show it; lead II sees little of an "
    "anterior infarction."
)
OLDER = "Patients with infarction are few, and older than the others: part of the skill may be age."
NOTES = (ONE_LEAD, OLDER)

READING = SegmentReading("row", None, "minmax")
CROPPING = Cropping(
    crops=3, beats=(5, 20), wanted=1, wanted_share=0.0, wanted_least=1, jitter=0.008
)
FILTERS = (16, 24, 32)
DROPOUT = 0.5
MOMENTUM = 0.95  # of batch normalisation's running statistics
SEEDS = (0, 1, 2)  # a member each
COURSE = Course(
    epochs=6,
    steps=60,
    batch=128,
    rate=2e-3,
    weight_decay=1e-2,
    smoothing=0.05,
    shares=(0.6, 0.4),  # of a batch, by label
    record_power=0.0,  # each recording counts alike
    shaking=Shaking(height=0.05, level=0.02, noise=0.02, numbers=0.0, swapped=0.0),
    seeds=SEEDS,
)
BIAS = (0.0, 0.0)  # on the logits

__all__ = ["load", "read_records"]


def knobs() -> dict[str, str]:
    """All of the above, by name, as it is set now."""
    return {name: str(value) for name, value in globals().items() if name.isupper()}


def reading_toml() -> str:
    """`[segment]` of model.toml."""
    return segment_toml(READING)


def tensors(beats: Beats, some: slice = EVERY) -> npt.NDArray[np.float32]:
    """What the network reads of `some` beats."""
    return READING(beats, some)


def build() -> Any:
    """Rows (n, 187, 1) and no numbers (n, 0) -> logits (n, labels)."""
    maps = rows = keras.Input((READING.length, 1))
    for filters, size in zip(FILTERS, (7, 5, 5), strict=True):
        maps = layers.Conv1D(filters, size, padding="same", use_bias=False)(maps)
        maps = layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(maps))
        maps = layers.MaxPooling1D(3)(maps)  # to 62, 20, 6
    found = layers.Dense(24, activation="relu")(layers.Dropout(DROPOUT)(layers.Flatten()(maps)))
    head = layers.Dense(len(LABELS), name="head")(layers.Dropout(DROPOUT)(found))
    return keras.Model([rows, keras.Input((0,))], head)


def prepare(work: Path, backbone: Path | None) -> BeatFit:
    """Nothing is shared between runs; returns the function that fits."""
    del work, backbone

    def fit(train: Sequence[MarkedBeats], note: Callable[[str], None]) -> SegmentNetwork:
        beats = read_segments(train, READING, CROPPING, SEEDS[0])
        members = train_members(build, beats, COURSE, note)
        return SegmentNetwork(one_model(members, READING, BIAS, ARCHITECTURE))

    return fit
