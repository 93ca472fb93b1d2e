"""evaluation.matching: each beat once, the nearest pairs first."""

import numpy as np
import pytest

from twelvelead.evaluation.matching import match


def pairs(marked: list[int], found: list[int], reach: float) -> list[tuple[int, int]]:
    beats, others = match(np.array(marked, np.int64), np.array(found, np.int64), reach)
    return list(zip(beats.tolist(), others.tolist(), strict=True))


def test_each_beat_is_matched_once_the_nearest_first() -> None:
    assert pairs([100, 200, 300], [95, 104, 290, 500], 20) == [(0, 1), (2, 2)]


def test_two_detections_of_one_beat_make_one_pair() -> None:
    assert pairs([100], [95, 101], 15) == [(0, 1)]


def test_one_detection_between_two_beats_is_the_nearer_ones() -> None:
    assert pairs([100, 120], [112], 15) == [(1, 0)]


def test_the_reach_itself_is_near_enough() -> None:
    assert pairs([100, 200], [85, 216], 15) == [(0, 0)]


@pytest.mark.parametrize(("marked", "found"), [([], [5]), ([5], []), ([], [])])
def test_nothing_is_matched_with_nothing(marked: list[int], found: list[int]) -> None:
    assert pairs(marked, found, 20) == []
