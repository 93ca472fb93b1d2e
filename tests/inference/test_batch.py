"""From beats to what networks read: segments, or pictures drawn as in training."""

from pathlib import Path

import numpy as np
import pytest

from ecg.beats.beats import Beats, RowBeats
from ecg.beats.drawing import draw_beat
from model_registry.entry import ModelEntry
from model_registry.errors import WrongInput
from model_registry.read_entry import read_entry
from tests.support.models.beat_models import (
    PICTURE_FACTS,
    ROW_FACTS,
    make_fake_beat_model,
    simulated,
)
from tests.support.models.fake_framework import make_fake_model
from twelvelead.inference.fitting import beat_tensors

SIGNAL = simulated(seconds=10)
BEATS = Beats.of(SIGNAL, 0, SIGNAL.reference.indices if SIGNAL.reference else np.empty(0, np.int64))


@pytest.fixture
def segments(tmp_path: Path) -> ModelEntry:
    return read_entry(make_fake_beat_model(tmp_path, "segments") / "model.toml")


@pytest.fixture
def drawn(tmp_path: Path) -> ModelEntry:
    return read_entry(make_fake_beat_model(tmp_path, "drawn", PICTURE_FACTS) / "model.toml")


def test_it_works(segments: ModelEntry) -> None:
    found = beat_tensors(segments, BEATS)
    assert found.shape == (len(BEATS), *segments.preprocessing.shape)
    np.testing.assert_allclose(found[:, 0, 0, -1], BEATS.rr_before / BEATS.usual_rr, atol=1e-6)


def test_beats_are_drawn_for_a_network_that_reads_pictures(drawn: ModelEntry) -> None:
    found = beat_tensors(drawn, BEATS)
    assert drawn.drawing is not None
    assert found.shape == (len(BEATS), 64, 96, 1)
    (window,) = BEATS.windows(drawn.drawing.window, slice(2, 3))
    expected = drawn.picture.prepare(draw_beat(window, drawn.drawing))
    np.testing.assert_array_equal(found[2], expected)
    assert 0 < found.min() < 0.7 < found.max() == 1, "a dark line on white"


@pytest.mark.parametrize("kind", ["segments", "drawn"])
def test_some_are_as_among_all(kind: str, request: pytest.FixtureRequest) -> None:
    entry = request.getfixturevalue(kind)
    some = beat_tensors(entry, BEATS, slice(3, 6))
    np.testing.assert_array_equal(some, beat_tensors(entry, BEATS)[3:6])


@pytest.mark.parametrize("kind", ["segments", "drawn"])
def test_no_beats_are_an_empty_batch(kind: str, request: pytest.FixtureRequest) -> None:
    entry = request.getfixturevalue(kind)
    nothing = Beats(BEATS.trace, BEATS.rate, np.empty(0, np.int64))
    assert beat_tensors(entry, nothing).shape == (0, *entry.preprocessing.shape)


def test_a_network_that_reads_pages_is_told(tmp_path: Path) -> None:
    entry = read_entry(make_fake_model(tmp_path, "pages") / "model.toml")
    with pytest.raises(WrongInput, match="'pages' reads ECG pages, not signals"):
        beat_tensors(entry, BEATS)


def test_rows_are_read_by_a_network_of_rows_as_they_are_given(tmp_path: Path) -> None:
    entry = read_entry(make_fake_beat_model(tmp_path, "rows", ROW_FACTS) / "model.toml")
    rows = np.zeros((3, 187), np.float32)
    rows[:, 0], rows[:, 5] = 1, (0.25, 0.5, 0.75)
    found = beat_tensors(entry, RowBeats.of_rows(rows), slice(1, 3))
    np.testing.assert_array_equal(found[:, 0, :, 0], rows[1:])


@pytest.mark.parametrize("kind", ["segments", "drawn"])
def test_rows_are_refused_where_more_than_they_hold_is_read(
    kind: str, request: pytest.FixtureRequest
) -> None:
    rows = RowBeats.of_rows(np.zeros((2, 187), np.float32))
    with pytest.raises(WrongInput, match="Choose a model that reads rows of 187 samples"):
        beat_tensors(request.getfixturevalue(kind), rows)
