"""Answers of a stretch of beats: each network runs once; an ensemble averages by label."""

from pathlib import Path

import numpy as np
import pytest

from ecg.beats.beats import Beats
from model_registry.entry import ModelEntry
from model_registry.errors import Busy, ModelUnavailable
from model_registry.preprocessing import Tensor
from model_registry.registry import Registry, read_registry
from tests.support.models.beat_models import (
    BEAT_LABELS,
    PICTURE_FACTS,
    make_beat_ensemble,
    make_fake_beat_model,
    simulated,
)
from twelvelead.inference.beat_answers import BeatAnswers, Stretch, stretches
from twelvelead.inference.prediction import Vector

SIGNAL = simulated(seconds=10)
BEATS = Beats.of(SIGNAL, 0, SIGNAL.reference.samples if SIGNAL.reference else np.empty(0, np.int64))
SAID = {"segments": (0.6, 0.2, 0.1, 0.05, 0.05), "drawn": (0.0, 0.1, 0.1, 0.2, 0.6)}


class Run:
    """Gives each network's row of SAID for each beat of a batch; `ran`: (key, beats) of each call."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, int]] = []
        self.failing: ModelUnavailable | None = None

    def __call__(self, entry: ModelEntry, batch: Tensor) -> Vector:
        self.ran.append((entry.key, len(batch)))
        if entry.key == "drawn" and self.failing:
            raise self.failing
        return np.tile(np.array(SAID[entry.key]), (len(batch), 1))


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Two networks, the one that draws with its labels the other way round, and their average."""
    make_fake_beat_model(tmp_path, "segments")
    turned = PICTURE_FACTS._replace(labels=tuple(reversed(BEAT_LABELS)))
    make_fake_beat_model(tmp_path, "drawn", turned)
    make_beat_ensemble(tmp_path, "both", ("segments", "drawn"))
    return read_registry(tmp_path)


def test_it_works(registry: Registry) -> None:
    run = Run()
    found = BeatAnswers(BEATS, Stretch(2, 7), registry, run).answer("segments")
    np.testing.assert_array_equal(found, np.tile(np.array(SAID["segments"]), (5, 1)))
    assert run.ran == [("segments", 5)]


def test_an_ensemble_averages_label_by_label(registry: Registry) -> None:
    found = BeatAnswers(BEATS, Stretch(0, 4), registry, Run()).answer("both")
    assert registry["both"].labels == BEAT_LABELS
    expected = (np.array(SAID["segments"]) + np.array(SAID["drawn"])[::-1]) / 2
    np.testing.assert_allclose(found, np.tile(expected, (4, 1)))


def test_each_network_runs_once(registry: Registry) -> None:
    run = Run()
    answers = BeatAnswers(BEATS, Stretch(0, 4), registry, run)
    for key in ("both", "drawn", "segments", "both"):
        answers.answer(key)
    assert sorted(run.ran) == [("drawn", 4), ("segments", 4)]


@pytest.mark.parametrize("error", [Busy("no time"), ModelUnavailable("it broke")])
def test_where_a_member_fails_so_does_the_ensemble(
    registry: Registry, error: ModelUnavailable
) -> None:
    run = Run()
    run.failing = error
    answers = BeatAnswers(BEATS, Stretch(0, 4), registry, run)
    with pytest.raises(type(error), match=f"Its member 'drawn' can't answer: {error}"):
        answers.answer("both")
    assert answers.answer("segments").shape == (4, 5)


def test_stretches_cover_all_beats_in_order() -> None:
    assert stretches(10, 4) == [Stretch(0, 4), Stretch(4, 8), Stretch(8, 10)]
    assert stretches(4, 4) == [Stretch(0, 4)]
    assert list(stretches(0, 4)) == []
    assert list(range(10))[stretches(10, 4)[1].some] == [4, 5, 6, 7]
