"""A task says what is asked and what each label means, and can't be changed."""

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from ecg.tasks import CARDIAC_PAGE_4, TASKS


def test_it_works() -> None:
    assert TASKS["cardiac-page-4"] is CARDIAC_PAGE_4
    assert CARDIAC_PAGE_4.labels["history_of_mi"] == "History of myocardial infarction"


def test_the_four_labels_are_those_of_the_public_data_set() -> None:
    assert set(CARDIAC_PAGE_4.labels) == {
        "normal",
        "abnormal_heartbeat",
        "myocardial_infarction",
        "history_of_mi",
    }


def test_each_task_stands_under_its_own_key() -> None:
    assert all(task.key == key for key, task in TASKS.items())


def test_each_label_has_its_own_words() -> None:
    for task in TASKS.values():
        assert task.title
        assert len(set(task.labels.values())) == len(task.labels)
        assert all(task.labels.values())


def test_a_task_can_not_be_changed() -> None:
    labels: Any = CARDIAC_PAGE_4.labels
    tasks: Any = TASKS
    with pytest.raises(TypeError):
        labels["normal"] = "Sick"
    with pytest.raises(TypeError):
        tasks["another"] = CARDIAC_PAGE_4
    with pytest.raises(FrozenInstanceError):
        CARDIAC_PAGE_4.key = "another"  # type: ignore[misc]
