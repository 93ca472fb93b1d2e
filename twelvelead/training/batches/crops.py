"""Training beats for one-dimensional networks: whole records, and crops of them read as recordings.

A crop is read as if it were all that was recorded, its median beat and quantiles of intervals are its
own; so a network learns from short recordings too, and from stretches where ectopic beats are many.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecg.beats.beats import Beats
from ecg.signal.signal import Values
from model_registry.segments import SegmentReading
from twelvelead.datasets.pages import Indices
from twelvelead.training.batches.marked_beats import MarkedBeats

Generator = np.random.Generator
AROUND = 1.0  # s of trace beyond the first and the last beat of a crop


@dataclass(frozen=True)
class Cropping:
    """How many crops of each record, how many beats in each (least, most), around which class.

    wanted: target of the class that a crop holds at least one of, as often as `wanted_share` says,
    in records that have at least `wanted_least`. jitter: deviation of R's place, in seconds, as
    detectors differ from people.
    """

    crops: int
    beats: tuple[int, int]
    wanted: int
    wanted_share: float
    wanted_least: int
    jitter: float


@dataclass(frozen=True)
class SegmentSet:
    """Beats to train on. stretches: float16 (n, length, traces); numbers: float32 (n, names).

    targets: (n,). records: (n,) place of its record, so that none counts by its length alone.
    """

    stretches: npt.NDArray[np.float16]
    numbers: Values
    targets: Indices
    records: Indices


def read_segments(
    marked: Sequence[MarkedBeats], reading: SegmentReading, cropping: Cropping, seed: int
) -> SegmentSet:
    """The beats that are not left out, of each record and of random crops of it."""
    rng = np.random.default_rng(seed)
    parts = []
    for place, one in enumerate(marked):
        pieces = [(one.record.beats, one.targets)]
        pieces += [_crop(one, cropping, rng) for _ in range(cropping.crops)]
        parts += [_read(beats, targets, reading, place) for beats, targets in pieces]
    return SegmentSet(
        np.concatenate([part.stretches for part in parts]),
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.targets for part in parts]),
        np.concatenate([part.records for part in parts]),
    )


def _read(beats: Beats, targets: Indices, reading: SegmentReading, place: int) -> SegmentSet:
    kept = np.flatnonzero(targets >= 0)
    return SegmentSet(
        reading.stretches(beats)[kept].astype(np.float16),
        reading.numbers(beats)[kept],
        targets[kept],
        np.full(len(kept), place),
    )


def _crop(one: MarkedBeats, cropping: Cropping, rng: Generator) -> tuple[Beats, Indices]:
    beats = one.record.beats
    least, most = cropping.beats
    most = min(most, len(beats))
    length = round(float(np.exp(rng.uniform(np.log(min(least, most)), np.log(most)))))
    wanted = np.flatnonzero(one.targets == cropping.wanted)
    chosen = len(wanted) >= cropping.wanted_least and rng.random() < cropping.wanted_share
    centre = int(rng.choice(wanted)) if chosen else int(rng.integers(len(beats)))
    begin = int(np.clip(centre - rng.integers(length), 0, len(beats) - length))
    some = slice(begin, begin + length)
    return cut(beats, some, cropping.jitter, rng), one.targets[some]


def cut(beats: Beats, some: slice, jitter: float, rng: Generator) -> Beats:
    """Consecutive beats and the trace around them as a recording of its own, R's places jittered."""
    indices = beats.indices[some]
    reach = round(AROUND * beats.rate)
    first = max(0, int(indices[0]) - reach)
    trace = beats.trace[first : int(indices[-1]) + reach + 1]
    moved = indices - first + np.round(rng.normal(0, jitter * beats.rate, len(indices))).astype(int)
    rising = np.maximum.accumulate(np.clip(moved, 0, len(trace) - 1))
    return Beats(trace, beats.rate, rising)
