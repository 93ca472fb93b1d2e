"""Answers about one batch: each network runs once; an ensemble averages by label."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from ecg.beats.beats import Beats
from ecg.page.page import read_page
from model_registry.entry import ModelEntry
from model_registry.errors import Busy, ModelUnavailable
from model_registry.preprocessing import Tensor
from model_registry.registry import Registry, read_registry
from tests.support.models.beat_models import (
    BEAT_LABELS,
    PICTURE_FACTS,
    beat_picture,
    make_beat_ensemble,
    make_fake_beat_model,
    simulated,
)
from twelvelead.inference.answers import BatchAnswers
from twelvelead.inference.batch import AT_ONCE, BeatBatch, PageBatch
from twelvelead.inference.cache import Cache
from twelvelead.inference.prediction import Probabilities
from twelvelead.inference.resources.limits import Deadline

SIGNAL = simulated(seconds=10)
BEATS = Beats.of(SIGNAL, 0, SIGNAL.reference.indices if SIGNAL.reference else np.empty(0, np.int64))
SAID = {"segments": (0.6, 0.2, 0.1, 0.05, 0.05), "drawn": (0.0, 0.1, 0.1, 0.2, 0.6)}
FOUR = BeatBatch(BEATS, slice(0, 4))


class Networks:
    """Gives each network's row of SAID for each beat of a batch; `ran`: (key, beats) of each call."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, int]] = []
        self.failing: ModelUnavailable | None = None

    def __call__(self, entry: ModelEntry, batch: Tensor) -> Probabilities:
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
    run = Networks()
    found = BatchAnswers(BeatBatch(BEATS, slice(2, 7)), registry, run).answer("segments")
    np.testing.assert_array_equal(found.probabilities, np.tile(np.array(SAID["segments"]), (5, 1)))
    assert run.ran == [("segments", 5)]
    assert list(found.timings_ms) == ["run"]


def test_an_ensemble_averages_label_by_label(registry: Registry) -> None:
    found = BatchAnswers(FOUR, registry, Networks()).answer("both").probabilities
    assert registry["both"].labels == BEAT_LABELS
    expected = (np.array(SAID["segments"]) + np.array(SAID["drawn"])[::-1]) / 2
    np.testing.assert_allclose(found, np.tile(expected, (4, 1)))


def test_each_network_runs_once_however_large_the_batch(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(AT_ONCE, "segment", 3)
    run = Networks()
    answers = BatchAnswers(FOUR, registry, run)
    for key in ("both", "drawn", "segments", "both"):
        answers.answer(key)
    assert sorted(run.ran) == [("drawn", 4), ("segments", 1), ("segments", 3)]


@pytest.mark.parametrize("error", [Busy("no time"), ModelUnavailable("it broke")])
def test_where_a_member_fails_so_does_the_ensemble(
    registry: Registry, error: ModelUnavailable
) -> None:
    run = Networks()
    run.failing = error
    answers = BatchAnswers(FOUR, registry, run)
    with pytest.raises(type(error), match=f"Its member 'drawn' can't answer: {error}"):
        answers.answer("both")
    with pytest.raises(type(error), match=f"^{error}$"):
        answers.answer("drawn")
    assert answers.answer("segments").probabilities.shape == (4, 5)
    assert run.ran == [("segments", 4), ("drawn", 4)]


def test_pieces_cover_all_beats_in_order(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(AT_ONCE, "segment", 4)
    (entry,) = registry.networks("segments")
    assert BeatBatch(BEATS, slice(1, 10)).parts(entry) == [slice(1, 5), slice(5, 9), slice(9, 10)]
    assert BeatBatch(BEATS, slice(0, 4)).parts(entry) == [slice(0, 4)]
    assert BeatBatch(BEATS, slice(4, 4)).parts(entry) == []
    assert BeatBatch(BEATS).parts(entry)[-1].stop == len(BEATS)


def test_each_piece_has_a_turn_of_its_own(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(AT_ONCE, "segment", 2)
    taken: list[str] = []

    @contextmanager
    def slot() -> Iterator[None]:
        taken.append("taken")
        yield
        taken.append("given back")

    BatchAnswers(FOUR, registry, Networks(), slot=slot).answer("segments")
    assert taken == ["taken", "given back"] * 2


def test_the_share_that_is_done_is_told_network_after_network(registry: Registry) -> None:
    shares: list[float] = []
    BatchAnswers(FOUR, registry, Networks()).answer("both", shares.append)
    assert shares == [0.5, 1.0]


def test_where_no_time_is_left_no_network_is_run(registry: Registry) -> None:
    run = Networks()
    with pytest.raises(Busy, match=r"^There was no time left for this model"):
        BatchAnswers(FOUR, registry, run, deadline=Deadline(0.0)).answer("both")
    assert run.ran == []


def test_what_was_said_of_a_picture_is_kept_and_of_beats_is_not(registry: Registry) -> None:
    cache, run = Cache[Probabilities](60), Networks()
    picture = PageBatch(read_page(beat_picture()))
    first, again = (BatchAnswers(picture, registry, run, cache).answer("drawn") for _ in range(2))
    assert run.ran == [("drawn", 1)]
    np.testing.assert_array_equal(again.probabilities, first.probabilities)
    assert set(again.timings_ms.values()) == {0.0}
    for _ in range(2):
        BatchAnswers(FOUR, registry, run, cache).answer("segments")
    assert run.ran[1:] == [("segments", 4)] * 2
