"""training.shipping.card: what a card says follows from what was measured."""

from pathlib import Path
from typing import Any

import pytest

from model_registry.registry import read_registry
from tests.support.models.tiny_models import run_python
from tests.support.training.held_out_fakes import draw_data, make_measured, read_metrics
from twelvelead.training.plan import Plan
from twelvelead.training.shipping.card import write_card
from twelvelead.training.shipping.ship import write_metrics
from twelvelead.training.studies.refresh import refresh

PROBE = {"n": 12, "accuracy": 0.5, "balanced_accuracy": 0.26, "macro_f1": 0.2}
COPIED = {
    "files": 128,
    "distinct": 16,
    "splits": 20,
    "share_of_test_files_with_a_copy_in_training": 0.7,
    "accuracy": 0.97,
    "macro_f1": 0.96,
    "auc": 0.99,
}


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    made = Plan("one", draw_data(tmp_path), tmp_path / "models", tmp_path / "runs")
    make_measured(made, monkeypatch)
    return made


def card(plan: Plan, **changes: Any) -> str:
    """The card after these sections of metrics.json were put in."""
    metrics = read_metrics(plan)
    metrics["cross_validation"] |= changes.pop("held_out", {})
    write_metrics(plan.models / plan.key, metrics | changes)
    return write_card(read_registry(plan.models)[plan.key]).read_text(encoding="utf-8")


def test_every_held_out_figure_stands_in_it(plan: Plan) -> None:
    figures = read_metrics(plan)["cross_validation"]
    text = card(plan)

    for name in ("accuracy", "macro_f1", "auc", "balanced_accuracy"):
        low, high = figures[f"{name}_interval"]
        assert f"| {figures[name]:.3f} | {low:.3f} - {high:.3f} |" in text
    assert figures["split_sha256"] in text
    assert figures["data_sha256"] in text
    assert "Not a medical device" in text


def test_a_model_that_misses_the_floor_says_so_plainly(plan: Plan) -> None:
    beaten = {"accuracy": 0.9, "macro_f1": 0.8, "auc": 0.95}
    assert "It beats a linear probe" in card(plan, held_out=beaten)
    text = card(plan, held_out=beaten | {"macro_f1": 0.7})
    assert "It does NOT beat a linear probe" in text
    assert "in macro-F1." in text


def test_infarctions_are_counted_and_called_few(plan: Plan) -> None:
    row = read_metrics(plan)["cross_validation"]["per_class"]["myocardial_infarction"]
    found = round(row["recall"] * 4)
    assert f"Of 4 pages with myocardial infarction it found {found} when held out" in card(plan)
    assert "4 pages are few." in card(plan)


def test_what_was_not_measured_is_left_out(plan: Plan) -> None:
    text = card(plan)
    for title in ("Shortcuts", "What others report", "On its own training pages"):
        assert f"## {title}" not in text


def test_shortcuts_are_judged_by_their_figures(plan: Plan) -> None:
    clean = card(plan, shortcuts={"as served": PROBE, "traces blanked": PROBE})
    assert "asked about 12 held-out pages" in clean
    assert "| traces blanked | 0.500 | 0.260 | 0.200 |" in clean
    assert "nothing beside them is read" in clean
    leaning = card(
        plan, shortcuts={"as served": PROBE, "traces blanked": PROBE | {"balanced_accuracy": 0.6}}
    )
    assert "something beside them is read" in leaning


def test_the_copied_split_stands_beside_the_honest_one(plan: Plan) -> None:
    text = card(plan, copied_split=COPIED)
    assert "## What others report, and why it is higher" in text
    assert "70 % of the test files had a copy in training" in text
    assert "accuracy 0.970, macro-F1 0.960 and AUC 0.990" in text


def test_figures_can_be_refreshed_from_the_held_out_answers(plan: Plan) -> None:
    before = read_metrics(plan)["cross_validation"]
    card(plan, held_out={"accuracy": 0.123, "roc": None})
    refresh(plan)

    after = read_metrics(plan)["cross_validation"]
    assert after["accuracy"] == pytest.approx(before["accuracy"])
    assert after["roc"] == before["roc"]
    assert (after["folds"], after["split_sha256"]) == (before["folds"], before["split_sha256"])


def test_the_command_writes_every_card_anew_and_says_how_it_is_used(plan: Plan) -> None:
    file = write_card(read_registry(plan.models)[plan.key])
    before = file.read_text(encoding="utf-8")
    file.unlink()
    run_python("-m", "twelvelead.training.shipping.card", plan.models)

    assert file.read_text(encoding="utf-8") == before
    assert "models" in run_python("-m", "twelvelead.training.shipping.card", "--help")
