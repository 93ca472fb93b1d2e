"""The numbers on rhythm and shape around a beat."""

import numpy as np
import pytest

import ecg.beats.rhythm_context
from ecg.beats.beats import Beats
from ecg.beats.rhythm_context import CONTEXTS, read_context
from tests.support.signals.drawn_beats import drawn_beats

EARLY = "N" * 20 + "A" + "N" * 20


@pytest.mark.parametrize("name", CONTEXTS)
def test_each_number_is_there_for_each_beat(name: str) -> None:
    beats = drawn_beats(EARLY)
    found = CONTEXTS[name](beats)
    assert found.shape == (41,)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("name", CONTEXTS)
@pytest.mark.parametrize("count", [0, 1, 2])
def test_each_number_is_there_where_beats_are_few(name: str, count: int) -> None:
    whole = drawn_beats("NN")
    found = CONTEXTS[name](Beats(whole.trace, whole.rate, whole.indices[:count]))
    assert found.shape == (count,)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("name", ["rr_before_to_near", "rr_before_to_slow", "rr_before_to_median"])
def test_an_early_beat_comes_octaves_before_its_time(name: str) -> None:
    found = CONTEXTS[name](drawn_beats(EARLY))
    assert found[20] == pytest.approx(np.log2(0.5 / 0.8), abs=0.08)
    assert np.abs(np.delete(found, 20)).max() < 0.1


def test_the_slow_rhythm_is_known_where_most_beats_are_early() -> None:
    found = CONTEXTS["rr_before_to_slow"](drawn_beats("NAAA" * 12))
    assert (found[1::4] < -0.5).all()
    assert (found[4::4] > -0.2).all()


def test_neighbours_are_counted_from_the_beat() -> None:
    beats = drawn_beats(EARLY)
    assert CONTEXTS["rr_after"](beats)[19] == pytest.approx(beats.rr[19])
    assert CONTEXTS["rr_before_2_to_near"](beats)[21] == pytest.approx(
        CONTEXTS["rr_before_to_near"](beats)[20], abs=0.05
    )
    assert CONTEXTS["rr_after_2_to_near"](beats)[18] == pytest.approx(
        CONTEXTS["rr_before_to_near"](beats)[20], abs=0.05
    )


def test_an_early_beat_has_no_company() -> None:
    found = CONTEXTS["rr_company"](drawn_beats(EARLY))
    assert found[20] < 0.1
    assert np.median(found) > 0.8


def test_a_wide_beat_is_less_like_the_others() -> None:
    found = CONTEXTS["qrs_likeness"](drawn_beats("N" * 10 + "V" + "N" * 10))
    assert found[10] < 0.9 < np.delete(found, 10).min()


def test_a_number_is_computed_once_for_the_same_beats() -> None:
    beats = drawn_beats("NNNN")
    assert read_context(beats, "rr_unrest") is read_context(beats, "rr_unrest")


@pytest.mark.parametrize("name", CONTEXTS)
def test_numbers_are_the_same_in_blocks_of_any_size(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    beats = drawn_beats(EARLY)
    whole = CONTEXTS[name](beats)
    monkeypatch.setattr(ecg.beats.rhythm_context, "BLOCK", 7)
    np.testing.assert_array_equal(CONTEXTS[name](beats), whole)
