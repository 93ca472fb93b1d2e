"""On tiny networks, in a process."""

import json
from typing import Any

import pytest

from tests.support.models.tiny_models import run_python


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("courses")
    run_python("-m", "tests.support.training.torch_courses", folder)
    answers: dict[str, Any] = json.loads((folder / "told.json").read_text())
    return answers


def test_a_course_changes_the_weights_and_logs_each_epoch(told: dict[str, Any]) -> None:
    assert told["trained"]
    assert told["lines"][0] == ["all,1", "all,2", "all,3"]


def test_a_killed_course_goes_on_and_ends_as_if_it_had_run_through(told: dict[str, Any]) -> None:
    assert told["lines"][1] == ["all,2", "all,3"]
    assert told["resumed"]


def test_the_head_reads_the_same_from_cached_features_as_from_pixels(told: dict[str, Any]) -> None:
    assert told["middle"]


def test_a_cell_is_an_average_over_its_part_of_the_page(told: dict[str, Any]) -> None:
    assert told["average"]


def test_layers_after_the_last_tap_are_left_out(told: dict[str, Any]) -> None:
    assert told["last"] == "4"


def test_frozen_layers_run_once_and_are_kept(told: dict[str, Any]) -> None:
    assert told["kept"]
    assert told["no_part_left"]


def test_the_first_head_is_a_regression_on_centred_cells(told: dict[str, Any]) -> None:
    assert told["right"] == 1.0
    assert told["centred"] < 1e-2


def test_a_network_answers_with_the_halved_weights_that_it_saved(told: dict[str, Any]) -> None:
    assert told["gap"] < 1e-5
    assert told["parameters"]


@pytest.mark.parametrize("key", ["inceptionv3", "resnet50", "vgg16"])
def test_a_backbone_of_another_network_is_refused(told: dict[str, Any], key: str) -> None:
    assert "give its state dict" in json.loads(told["refused"])[key]
