"""What one-dimensional networks read of beats."""

import numpy as np
import pytest

from ecg.beats.beats import Beats, Window
from model_registry.segments import SegmentReading, SegmentScale
from tests.support.signals.drawn_beats import drawn_beats

WINDOW = Window(rate=360.0, before=144, length=360)
READING = SegmentReading("window", WINDOW, "recording", ("rr_before", "rr_turn"), usual=True)


def test_a_beat_is_its_trace_the_usual_one_and_constant_numbers() -> None:
    beats = drawn_beats("NNVNNNN")
    tensor = READING(beats)
    assert tensor.shape == (7, *READING.shape) == (7, 1, 360, 4)
    assert tensor.dtype == np.float32
    assert tensor[2, 0, :, 2] == pytest.approx(beats.rr_before[2])
    assert np.array_equal(tensor[0, 0, :, 1], tensor[2, 0, :, 1])
    assert np.abs(tensor[2, 0, :, 0] - tensor[2, 0, :, 1]).max() > 0.1


def test_some_beats_are_read_as_they_are_among_all() -> None:
    beats = drawn_beats("NNVNNANN")
    fresh = Beats(beats.trace, beats.rate, beats.indices)
    assert np.array_equal(READING(fresh, slice(2, 5)), READING(beats)[2:5])


def test_no_beats_are_no_segments() -> None:
    whole = drawn_beats("NN")
    none = Beats(whole.trace, whole.rate, whole.indices[:0])
    for reading in (READING, SegmentReading("row", None, "minmax")):
        assert reading(none).shape == (0, *reading.shape)


def test_a_recording_twice_as_high_reads_the_same() -> None:
    beats = drawn_beats("NNVNN")
    higher = Beats(2 * beats.trace, beats.rate, beats.indices)
    assert np.allclose(READING(beats), READING(higher), atol=1e-4)


def test_rows_need_no_window() -> None:
    reading = SegmentReading("row", None, "minmax")
    rows = reading(drawn_beats("NNNN"))
    assert rows.shape == (4, 1, 187, 1)
    assert rows.min() == 0
    assert rows.max() == 1


@pytest.mark.parametrize(
    ("scale", "low", "high"), [("minmax", 0, 1), ("standard", -1, 12), ("millivolts", -0.2, 1.2)]
)
def test_segments_are_scaled(scale: SegmentScale, low: float, high: float) -> None:
    segments = SegmentReading("window", WINDOW, scale)(drawn_beats("NNN"))
    assert low <= segments.min() < segments.max() <= high
