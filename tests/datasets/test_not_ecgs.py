"""Drawn non-ECGs: every family draws, by its seed, and whole families are kept to measure."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="plots are drawn by the extra `train`")

from twelvelead.datasets.not_ecgs.__main__ import write_families
from twelvelead.datasets.not_ecgs.families import EMPTY, FAMILIES, SPLIT, draw_not_ecg


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_draws_a_picture_that_can_be_read(family: str) -> None:
    picture = draw_not_ecg(np.random.default_rng(0), family)
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3
    assert 200 <= min(picture.shape[:2]) <= max(picture.shape[:2]) <= 5000


@pytest.mark.parametrize("family", ["eeg_boxed", "candlestick", "empty_frame", "form"])
def test_the_same_seed_draws_the_same_picture_and_another_seed_another(family: str) -> None:
    first, again, other = (draw_not_ecg(np.random.default_rng(n), family) for n in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_no_family_is_both_trained_on_and_measured_on() -> None:
    assert not set(SPLIT["train"]) & set(SPLIT["test"])
    assert len(FAMILIES) == len(SPLIT["train"]) + len(SPLIT["test"])
    assert min(map(len, SPLIT.values())) >= 25


def test_no_function_draws_for_both_parts() -> None:
    assert not set(SPLIT["train"].values()) & set(SPLIT["test"].values())


def test_empty_papers_are_families_of_the_table() -> None:
    assert set(FAMILIES) > EMPTY


def test_an_unknown_family_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="eeg_boxed"):
        draw_not_ecg(np.random.default_rng(0), "haiku")


def test_the_command_writes_a_folder_a_family(tmp_path: Path) -> None:
    assert write_families(tmp_path, "test", 1, 0) == len(SPLIT["test"])
    assert {path.name for path in tmp_path.iterdir()} == set(SPLIT["test"])
    assert all(list(path.iterdir()) for path in tmp_path.iterdir())
