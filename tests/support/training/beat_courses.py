"""What the Keras courses for beats do on tiny sets."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tests.support.signals.drawn_beats import drawn_beats
from twelvelead.datasets.records import AAMI, BeatRecord
from twelvelead.training.batches.crops import Cropping, read_segments
from twelvelead.training.batches.marked_beats import MarkedBeats
from twelvelead.training.loops.beat_loop import (
    SegmentNetwork,
    one_model,
    prior_bias,
    train_members,
)
from twelvelead.training.recipes.beats.infarction import RECIPE as INFARCTION
from twelvelead.training.recipes.beats.signal_cnn import RECIPE as SIGNAL_CNN

SYMBOLS = "NNNNANNNVNNN" * 6
READING = SIGNAL_CNN.preprocessing


def tell(folder: Path) -> dict[str, Any]:
    """What tests of them ask for."""
    sizes = {one.architecture: one.build().count_params() for one in (SIGNAL_CNN, INFARCTION)}
    return learnt(folder) | tied() | {"bias": bias()} | sizes


def record(seed: int) -> MarkedBeats:
    beats = drawn_beats(SYMBOLS, seed=seed)
    targets = np.array(["NSVFQ".index(AAMI[symbol]) for symbol in SYMBOLS], dtype=np.intp)
    return MarkedBeats(BeatRecord(str(seed), "II", beats, np.array(list(SYMBOLS))), targets)


def learnt(folder: Path) -> dict[str, Any]:
    """A short course tells early and wide beats of another recording, and saves what it answers with."""
    course = replace(SIGNAL_CNN.course, epochs=2, steps=40, batch=64, seeds=(0, 1))
    lines: list[str] = []
    some = read_segments([record(0)], READING, Cropping(2, (20, 40), 1, 1.0, 1, 0.004), 0)
    members = train_members(SIGNAL_CNN.build, some, course, lines.append)
    moved = 0.0, 0.0, 0.0, 0.0, -50.0
    network = SegmentNetwork(one_model(members, READING, moved, "tiny"))
    other = record(1)
    tensors = READING(other.record.beats)
    before = network.logits(tensors)
    again = SIGNAL_CNN.load(network.save(folder)).logits(tensors)
    given = [READING.stretches(other.record.beats), READING.numbers(other.record.beats)]
    mean = np.mean([np.asarray(one(given)) for one in members], axis=0)
    return {
        "right": float((before.argmax(axis=1) == other.targets).mean()),
        "gap": float(np.abs(before - again).max()),
        "off_mean": float(np.abs(before - mean - moved).max()),
        "lines": len(lines),
    }


def tied() -> dict[str, Any]:
    """How far the trace alone moves S against N, and V against N."""
    keras.utils.set_random_seed(0)
    model = SIGNAL_CNN.build()
    rng = np.random.default_rng(0)
    numbers = np.zeros((8, len(READING.context)), np.float32)
    logits = np.asarray(model([rng.normal(size=(8, 360, 2)).astype(np.float32), numbers]))
    return {
        "s_by_trace": float(np.ptp(logits[:, 1] - logits[:, 0])),
        "v_by_trace": float(np.ptp(logits[:, 2] - logits[:, 0])),
    }


def bias() -> list[float]:
    one = record(0)
    even = MarkedBeats(one.record, np.array([0, 0, 0, 1] * 18, dtype=np.intp))
    return list(prior_bias([even], (0.5, 0.5), 0.5))
