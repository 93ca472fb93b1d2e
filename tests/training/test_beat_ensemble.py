"""The ensemble of beat pictures is the average of its members' answers, and is written whole."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_registry.entry import EnsembleEntry
from model_registry.registry import read_registry
from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.figures import LabelledAnswers
from twelvelead.training.ensemble import assemble
from twelvelead.training.plan import Plan
from twelvelead.training.recipe import ENSEMBLES

KEY = "beat_ensemble"
MEMBERS = ENSEMBLES[KEY].members
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


def answers(seed: int, sure: float) -> LabelledAnswers:
    """Answers that are right as often as they are sure."""
    targets = np.arange(200) % 4
    logits = np.random.default_rng(seed).normal(0, 1, (200, 5))
    logits[np.arange(200), targets] += sure
    names = np.array(["100", "103", "105", "111"])[np.arange(200) % 4]
    return LabelledAnswers(LABELS, targets, logits, names, names)


@pytest.fixture
def asked(
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, tuple[LabelledAnswers, LabelledAnswers, str]]:
    """What members answer to the kept records and to those of the test, instead of being run."""
    found = {
        key: (answers(place, 2.0), answers(5 + place, 2.0), "tested on others")
        for place, key in enumerate(MEMBERS)
    }
    monkeypatch.setattr(
        "twelvelead.training.averaged.ask_member", lambda _plan, member: found[member.key]
    )
    return found


def assembled(models: Path) -> dict[str, Any]:
    return assemble(Plan(KEY, models / "data", models, models / "runs"), lambda _line: None)


@pytest.mark.usefixtures("asked")
def test_it_works(models: Path) -> None:
    metrics = assembled(models)
    entry = read_registry(models)[KEY]

    assert isinstance(entry, EnsembleEntry)
    assert entry.members == MEMBERS
    assert entry.shares == pytest.approx([1 / 3] * 3)
    assert entry.temperature == metrics["calibration"]["temperature"]
    assert entry.metrics == metrics
    assert metrics["cross_validation"]["n"] == 200
    assert metrics["cross_validation"]["protocol"] == "tested on others"
    assert "macro-F1 over N, S, V, F" in (models / KEY / "README.md").read_text()


def test_three_that_differ_are_better_together(
    models: Path, asked: dict[str, tuple[LabelledAnswers, LabelledAnswers, str]]
) -> None:
    found = assembled(models)["cross_validation"]
    tested = [one for _, one, _ in asked.values()]
    alone = np.mean([(one.logits.argmax(1) == one.targets).mean() for one in tested])

    assert found["accuracy"] > alone


def test_members_that_were_asked_about_other_beats_are_refused(
    models: Path, asked: dict[str, tuple[LabelledAnswers, LabelledAnswers, str]]
) -> None:
    inside, given, protocol = asked[MEMBERS[1]]
    asked[MEMBERS[1]] = inside, replace(given, targets=given.targets[::-1].copy()), protocol
    with pytest.raises(DataError, match="about other beats"):
        assembled(models)
    assert not (models / KEY).exists()


def test_a_member_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'beat_ensemble' averages 'beat_vgg16', which is not in"):
        assembled(tmp_path)
