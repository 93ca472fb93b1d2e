"""On tiny sets, in a process of their own."""

from typing import Any

import numpy as np
import pytest

from tests.support.training.told_courses import told_by_courses


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return told_by_courses(tmp_path_factory)["beats"]


def test_a_course_learns_early_and_wide_beats_and_logs_each_epoch(told: dict[str, Any]) -> None:
    assert told["right"] > 0.9
    assert told["lines"] == 4


def test_a_network_answers_with_the_weights_that_it_saved(told: dict[str, Any]) -> None:
    assert told["gap"] < 1e-5


def test_the_one_model_is_the_mean_of_its_members_and_a_bias(told: dict[str, Any]) -> None:
    assert told["off_mean"] < 1e-3


def test_the_trace_tells_v_from_n_but_not_s(told: dict[str, Any]) -> None:
    assert told["s_by_trace"] < 1e-5
    assert told["v_by_trace"] > 1e-3


def test_outputs_move_half_way_to_the_shares_in_the_records(told: dict[str, Any]) -> None:
    assert told["bias"] == pytest.approx([0.5 * np.log(1.5), 0.5 * np.log(0.5)])


def test_the_networks_have_the_sizes_that_are_told(told: dict[str, Any]) -> None:
    assert told["beat_signal_cnn"] < 15_000
    assert told["beat_infarction"] < 20_000
