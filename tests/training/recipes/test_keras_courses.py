"""On tiny networks, in a process of their own."""

from typing import Any

import pytest

from tests.support.training.told_courses import told_by_courses


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return told_by_courses(tmp_path_factory)["pages"]


def test_a_course_learns_and_logs_each_epoch(told: dict[str, Any]) -> None:
    assert told["right"] > 0.9
    assert told["line"] == ["fit", "1"]


def test_a_network_answers_with_the_weights_that_it_saved(told: dict[str, Any]) -> None:
    assert told["gap"] < 1e-6


def test_a_course_stops_when_the_held_out_loss_no_longer_falls(told: dict[str, Any]) -> None:
    assert told["epochs"] < 100


def test_the_weights_of_the_least_held_out_loss_are_kept(told: dict[str, Any]) -> None:
    assert told["kept"] == pytest.approx(told["least"], abs=1e-3)


def test_a_killed_course_goes_on_behind_its_last_whole_epoch(told: dict[str, Any]) -> None:
    assert told["went_on_with"] in (["3", "4"], ["4"])


def test_a_finished_course_leaves_no_checkpoint(told: dict[str, Any]) -> None:
    assert told["left"] == []


def test_the_two_networks_have_the_sizes_that_their_names_promise(told: dict[str, Any]) -> None:
    assert told["custom_cnn"] == pytest.approx(423_000, rel=0.01)
    assert told["small_cnn"] < 100_000
