"""Training beats for one-dimensional networks: whole records and crops of them."""

import numpy as np
import pytest

from ecg.beats.beats import Window
from model_registry.segments import SegmentReading
from tests.support.signals.drawn_beats import drawn_beats
from twelvelead.datasets.records import BeatRecord
from twelvelead.training.batches.crops import Cropping, cut, read_segments
from twelvelead.training.batches.marked_beats import LEFT_OUT, MarkedBeats

READING = SegmentReading("window", Window(120.0, 48, 96), "recording", ("rr_before_rank",), True)
SYMBOLS = "N" * 30 + "A" + "N" * 9
CROPPING = Cropping(crops=5, beats=(4, 8), wanted=1, wanted_share=1.0, wanted_least=1, jitter=0.0)


def marked(targets: list[int] | None = None) -> MarkedBeats:
    found = targets or [int(symbol == "A") for symbol in SYMBOLS]
    record = BeatRecord("r", "II", drawn_beats(SYMBOLS), np.array(list(SYMBOLS)))
    return MarkedBeats(record, np.array(found, dtype=np.intp))


def test_a_record_and_its_crops_are_read() -> None:
    found = read_segments([marked(), marked()], READING, CROPPING, 0)
    assert len(found.targets) == len(found.stretches) == len(found.numbers)
    assert 2 * (40 + 5 * 4) <= len(found.targets) <= 2 * (40 + 5 * 8)
    assert set(found.records) == {0, 1}


def test_crops_hold_a_beat_of_the_wanted_class() -> None:
    found = read_segments([marked()], READING, CROPPING, 0)
    assert (found.targets == 1).sum() == 1 + 5


def test_beats_that_are_left_out_are_not_trained_on() -> None:
    targets = [int(symbol == "A") for symbol in SYMBOLS]
    targets[3] = LEFT_OUT
    found = read_segments([marked(targets)], READING, Cropping(0, (4, 8), 1, 0.0, 1, 0.0), 0)
    assert len(found.targets) == 39
    assert set(found.targets) == {0, 1}


def test_a_crop_is_a_recording_of_its_own() -> None:
    beats = drawn_beats(SYMBOLS)
    part = cut(beats, slice(28, 33), 0.0, np.random.default_rng(0))
    assert len(part) == 5
    assert part.rr == pytest.approx(beats.rr[28:32])
    assert len(part.trace) < len(beats.trace) / 4
    at = part.trace[part.indices]
    assert np.allclose(at, beats.trace[beats.indices[28:33]])


def test_places_move_as_far_as_detectors_differ() -> None:
    beats = drawn_beats(SYMBOLS)
    rng = np.random.default_rng(0)
    moved = cut(beats, slice(0, 40), 0.01, rng).indices - cut(beats, slice(0, 40), 0.0, rng).indices
    assert 0.004 < np.std(moved) / beats.rate < 0.02
