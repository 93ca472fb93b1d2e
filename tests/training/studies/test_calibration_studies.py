"""training.studies: the tables of docs/calibration.md, and the calibrations that were not taken."""

from pathlib import Path

import numpy as np
import pytest

from tests.support.project import ROOT
from tests.support.training.held_out_fakes import draw_data, make_measured
from twelvelead.evaluation.calibrate import fit_rule
from twelvelead.evaluation.figures import LabelledAnswers
from twelvelead.evaluation.metrics import scores, softmax
from twelvelead.training.plan import Plan
from twelvelead.training.studies.averages import compare_averages, fit_weights
from twelvelead.training.studies.calibration_tables import tables
from twelvelead.training.studies.calibrators import (
    CALIBRATORS,
    compare_calibrators,
    compare_rules,
    counted,
    perfect_ece,
)


@pytest.fixture(scope="module")
def answers() -> LabelledAnswers:
    """Of two classes, with logits that are too small and lean towards the second."""
    rng = np.random.default_rng(3)
    logits = 3.0 * rng.normal(size=(300, 2))
    targets = (softmax(logits)[:, 1] > rng.random(300)).astype(np.intp)
    names = np.arange(300).astype(str)
    return LabelledAnswers(("a", "b"), targets, logits / 2 + np.array([0.0, 1.0]), names, names)


@pytest.mark.parametrize("name", CALIBRATORS)
def test_each_calibration_makes_probabilities_that_are_truer(
    answers: LabelledAnswers, name: str
) -> None:
    made = CALIBRATORS[name](answers.targets, answers.logits)
    shares = made(answers.logits)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    before = scores(answers.targets, softmax(answers.logits))
    assert scores(answers.targets, shares)["log_loss"] < before["log_loss"]


def test_only_what_has_a_bias_takes_a_lean_away(answers: LabelledAnswers) -> None:
    leans = {}
    for name, fit in CALIBRATORS.items():
        shares = fit(answers.targets, answers.logits)(answers.logits)
        leans[name] = abs(float(shares[:, 1].mean() - answers.targets.mean()))
    lean = leans.pop("temperature")
    assert max(leans.values()) < lean / 2


def test_counting_takes_the_lowest_threshold_that_was_right_often_enough(
    answers: LabelledAnswers,
) -> None:
    shares = softmax(answers.logits)
    rule = counted(answers.targets, shares, 0.95)
    taken = rule.accepted(shares)
    right = (shares.argmax(axis=1) == answers.targets)[taken]
    assert right.mean() >= 0.95
    assert rule.keep_from == fit_rule(answers.targets, shares, 0.95).keep_from


def test_there_is_a_line_for_each(answers: LabelledAnswers) -> None:
    assert len(list(compare_calibrators("key", answers))) == len(CALIBRATORS)
    lines = list(compare_rules("key", answers))
    assert lines[0].startswith("| `key` | 97.0% | ")
    mean, most = (float(cell) for cell in perfect_ece("key", answers).split(" | ")[1:3])
    assert 0.01 < mean < most < 0.2


def test_the_better_member_of_an_average_gets_the_greater_weight() -> None:
    rng = np.random.default_rng(6)
    targets = rng.integers(0, 3, 400)
    truth = np.eye(3)[targets]
    members = np.stack([softmax(skill * truth + rng.normal(size=(400, 3))) for skill in (3, 1)])
    names = np.arange(400).astype(str)
    answers = LabelledAnswers(("a", "b", "c"), targets, np.log(members.mean(axis=0)), names, names)
    for of in ("probabilities", "logarithms"):
        good, bad = fit_weights(members, targets, of)
        assert good > 2 * bad
        assert good + bad == pytest.approx(1.0)
    alike, fitted, *_ = (float(line.split("|")[5]) for line in compare_averages(members, answers))
    assert fitted < alike


def test_docs_tell_what_the_models_files_tell() -> None:
    text = (ROOT / "docs" / "calibration.md").read_text(encoding="utf-8")
    for table in tables(ROOT / "models"):
        assert table in text


def test_tables_are_of_what_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = draw_data(tmp_path)
    figures = {
        key: make_measured(Plan(key, data, tmp_path / "models", tmp_path), monkeypatch, seed=seed)
        for seed, key in enumerate(("one", "two"))
    }
    ranked = sorted(figures, key=lambda key: figures[key]["calibration"]["after"]["log_loss"])
    first, second, _, risks, *_ = tables(tmp_path / "models")
    after = figures[ranked[0]]["calibration"]["after"]
    lines = first.splitlines()
    assert [line.split("`")[1] for line in lines[2:]] == ranked
    assert f"| {after['ece']:.3f} |" in lines[2]
    assert second.count("\n") == risks.count("\n") == 3
    assert {line.count("|") for line in risks.splitlines()} == {10}
