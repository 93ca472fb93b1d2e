"""The ensemble of beat pictures is the average of its members' answers, and is written whole."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from model_registry.entry import EnsembleEntry
from model_registry.registry import read_registry
from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.beat_figures import Answered
from twelvelead.training.beat_ensemble import KEY, MEMBERS, assemble_beats

LABELS = ("N", "S", "V", "F", "Q")
ENTRY = """\
title = "A member"
task = "beat-aami-5"
framework = "keras"
labels = ["N", "S", "V", "F", "Q"]
output = "logits"

[weights]
file = "weights.keras"
sha256 = "{digest}"

[drawing]
rate = 360
before = 96
length = 192
size = [128, 192]

[preprocessing]
size = [32, 48]
colour = "grey"
scale = "rescale"
"""


@pytest.fixture
def models(tmp_path: Path) -> Iterator[Path]:
    for key in MEMBERS:
        (tmp_path / key).mkdir()
        (tmp_path / key / "weights.keras").write_bytes(b"none")
        (tmp_path / key / "model.toml").write_text(ENTRY.format(digest="0" * 64))
    yield tmp_path
    assert not list(tmp_path.glob(".*"))


def answers(seed: int, sure: float) -> Answered:
    """Answers that are right as often as they are sure."""
    targets = np.arange(200) % 4
    logits = np.random.default_rng(seed).normal(0, 1, (200, 5))
    logits[np.arange(200), targets] += sure
    names = np.array(["100", "103", "105", "111"])[np.arange(200) % 4]
    return Answered(LABELS, targets, logits, names, names)


def said(first: int = 0) -> dict[str, Answered]:
    return {key: answers(first + place, 2.0) for place, key in enumerate(MEMBERS)}


def test_it_works(models: Path) -> None:
    metrics = assemble_beats(models, said(), said(5), lambda _line: None)
    entry = read_registry(models)[KEY]

    assert isinstance(entry, EnsembleEntry)
    assert entry.members == MEMBERS
    assert entry.shares == pytest.approx([1 / 3] * 3)
    assert entry.temperature == metrics["calibration"]["temperature"]
    assert json.loads((models / KEY / "metrics.json").read_text())["cross_validation"]["n"] == 200
    assert "macro-F1 over N, S, V, F" in (models / KEY / "README.md").read_text()


def test_three_that_differ_are_better_together(models: Path) -> None:
    found = assemble_beats(models, said(), said(5), lambda _line: None)["cross_validation"]
    alone = np.mean([(a.logits.argmax(1) == a.targets).mean() for a in said(5).values()])

    assert found["accuracy"] > alone


def test_members_that_were_asked_about_other_beats_are_refused(models: Path) -> None:
    other = said(5)
    given = other[MEMBERS[1]]
    other[MEMBERS[1]] = Answered(
        LABELS, given.targets[::-1].copy(), given.logits, given.records, given.patients
    )
    with pytest.raises(DataError, match="about other beats"):
        assemble_beats(models, said(), other, lambda _line: None)
    assert not (models / KEY).exists()


def test_a_member_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Train beat_vgg16, beat_vgg19, beat_resnet50 first"):
        assemble_beats(tmp_path, said(), said(), lambda _line: None)
