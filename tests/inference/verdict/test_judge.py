"""Several answers come to one verdict: who leads, who has to agree, and what a dissent is worth."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ecg.reason import Reason
from model_registry.registry import Registry, read_registry
from tests.support.models.beat_models import PICTURE_FACTS, make_fake_beat_model
from tests.support.models.ensemble_files import LABELS, SAID, make_ensemble
from tests.support.models.fake_framework import make_fake_model
from tests.support.models.fake_metrics import write_metrics
from tests.support.models.tiny_models import Facts
from twelvelead.inference.decision import Rule
from twelvelead.inference.familiarity.known import Known
from twelvelead.inference.prediction import Prediction
from twelvelead.inference.verdict.judge import DISAGREEMENT, judge
from twelvelead.inference.verdict.verdict import Verdict

NORMAL, ABNORMAL, INFARCTION, OLD = LABELS
QUALITY = {"all": 0.90, "one": 0.89, "two": 0.80, "good": 0.82, "poor": 0.68}
POOR = [[110, 1, 1, 2], [8, 174, 2, 2], [11, 3, 8, 2], [25, 15, 1, 28]]  # in the order of LABELS
NO_ECG = Reason("no_ecg", "This is no ECG.")


def measured(macro_f1: float, confusion: Sequence[Sequence[int]] = POOR) -> dict[str, Any]:
    """A metrics.json with what a verdict reads of it."""
    told = {"macro_f1": macro_f1, "labels": list(LABELS), "confusion": confusion}
    return {"cross_validation": told}


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Measured models: `all`, the consensus of one and two; good and poor beside it; `new`, unmeasured."""
    for key in ("one", "two", "good", "poor", "new"):
        make_fake_model(tmp_path, key, Facts(labels=LABELS))
    make_ensemble(tmp_path, "all", SAID._replace(more="consensus = true"))
    for key, macro_f1 in QUALITY.items():
        write_metrics(tmp_path / key, measured(macro_f1))
    return read_registry(tmp_path)


def said(model: str, label: str, confidence: float = 0.9, *reasons: Reason) -> Prediction:
    """An answer, accepted from 0.5 on unless there are reasons."""
    shares = np.full((1, len(LABELS)), (1 - confidence) / 3)
    shares[0, LABELS.index(label)] = confidence
    return Prediction(
        model=model,
        framework="keras",
        labels=LABELS,
        rule=Rule(0.5),
        model_sha256="",
        runtime="fake",
        probabilities=shares,
        reasons=reasons,
    )


def refused(model: str, reason: Reason = NO_ECG) -> Prediction:
    """No answer, since the picture is none that may be answered."""
    return replace(
        said(model, NORMAL, 0.9, reason), runtime="not run", probabilities=np.zeros((0, 0))
    )


def verdict_of(registry: Registry, *answers: Prediction) -> Verdict:
    """The verdict on answers; there must be one."""
    found = judge(registry, answers)
    assert found is not None
    return found


def test_where_all_agree_the_consensus_is_accepted_and_leads(registry: Registry) -> None:
    answers = [said(key, INFARCTION) for key in ("two", "poor", "one", "all", "good")]
    found = verdict_of(registry, *answers)
    assert (found.decision, found.label, found.lead) == ("accepted", INFARCTION, "all")
    assert found.order == ("all", "one", "good", "two", "poor")
    assert found.rests_on == ("all", "one", "good", "two")
    assert found.sentence == "Myocardial infarction: all, one, good and two agree."
    assert found.probabilities == answers[3].shares
    assert (found.reasons, found.dissents) == ((), ())


def test_a_weak_dissent_is_shown_as_that_and_changes_nothing(registry: Registry) -> None:
    agreed = [said(key, INFARCTION) for key in ("all", "one", "two")]
    found = verdict_of(registry, said("poor", NORMAL), *agreed)
    (dissent,) = found.dissents
    assert (found.decision, found.label) == ("accepted", INFARCTION)
    assert (dissent.model, dissent.label, dissent.decision) == ("poor", NORMAL, "accepted")
    assert dissent.weak
    assert dissent.sentence == "poor says Normal; it finds 8 of 24 infarctions."
    assert found.sentence.endswith(dissent.sentence)


def test_a_dissent_is_told_by_how_often_it_held_where_that_is_the_weaker_side(
    registry: Registry,
) -> None:
    found = verdict_of(registry, said("all", NORMAL), said("one", NORMAL), said("poor", INFARCTION))
    (dissent,) = found.dissents
    assert dissent.sentence == "poor says Myocardial infarction; of 12 that it called so, 8 were."


@pytest.mark.parametrize("other", ["one", "two", "good"])
def test_where_models_that_matter_contradict_nothing_is_accepted(
    registry: Registry, other: str
) -> None:
    others = [said(key, INFARCTION) for key in ("one", "two", "good") if key != other]
    found = verdict_of(registry, said("all", INFARCTION), *others, said(other, NORMAL))
    assert (found.decision, found.label) == ("uncertain", INFARCTION)
    assert [reason.code for reason in found.reasons] == [DISAGREEMENT]
    assert f"{other} says Normal, and each of them counts" in found.sentence
    assert [(one.model, one.weak) for one in found.dissents] == [(other, False)]


def test_an_uncertain_lead_makes_the_verdict_uncertain_with_its_reasons(registry: Registry) -> None:
    unsure = Reason("unsure", "The highest probability is 0.40.")
    found = verdict_of(registry, said("all", OLD, 0.4, unsure), said("one", OLD), said("two", OLD))
    assert (found.decision, found.label, found.reasons) == ("uncertain", OLD, (unsure,))
    assert found.sentence.startswith("Uncertain: all, one and two find History of myocardial")


def test_without_the_consensus_the_best_leads_and_that_is_said(registry: Registry) -> None:
    found = verdict_of(registry, said("poor", NORMAL), said("one", INFARCTION))
    assert (found.decision, found.label, found.lead) == ("accepted", INFARCTION, "one")
    assert found.sentence == (
        "Myocardial infarction: this rests on one; the others are measurably weaker. "
        "poor says Normal; it finds 8 of 24 infarctions. "
        "all was not asked: this is only of one and poor."
    )


def test_one_model_is_its_own_verdict(registry: Registry) -> None:
    found = verdict_of(registry, said("poor", NORMAL))
    assert (found.decision, found.label, found.lead) == ("accepted", NORMAL, "poor")
    assert found.sentence == "Normal: this rests on one model, poor."
    alone = verdict_of(registry, said("all", NORMAL))
    assert alone.sentence == "Normal: this rests on all alone, which averages one and two."


def test_one_uncertain_model_is_said_to_be_alone(registry: Registry) -> None:
    found = verdict_of(registry, said("one", NORMAL, 0.45))
    assert found.decision == "uncertain"
    assert found.sentence == ("Uncertain: one finds Normal most probable. This rests on one model.")


def test_where_all_refuse_there_is_no_class_and_each_reason_once(registry: Registry) -> None:
    small = Reason("too_small", "It is too small.")
    found = verdict_of(registry, refused("all"), refused("one"), refused("two", small))
    assert (found.decision, found.label, found.lead) == ("refused", None, None)
    assert (found.probabilities, found.reasons) == ({}, (NO_ECG, small))
    assert found.sentence == "No class is given."
    assert found.as_json()["reason_codes"] == ["no_ecg", "too_small"]


def test_who_refuses_is_not_counted(registry: Registry) -> None:
    found = verdict_of(registry, said("all", NORMAL), said("one", NORMAL), refused("two"))
    assert (found.decision, found.rests_on, found.order) == (
        "accepted",
        ("all", "one"),
        ("all", "one"),
    )


def test_a_model_that_nobody_measured_counts_for_nothing_beside_measured_ones(
    registry: Registry,
) -> None:
    found = verdict_of(registry, said("new", NORMAL), said("one", INFARCTION))
    assert (found.decision, found.label) == ("accepted", INFARCTION)
    assert found.dissents[0].weak
    assert "new says Normal" in found.dissents[0].sentence


def test_models_that_nobody_measured_all_count(tmp_path: Path) -> None:
    for key in ("one", "two"):
        make_fake_model(tmp_path, key, Facts(labels=LABELS))
    found = verdict_of(read_registry(tmp_path), said("one", NORMAL), said("two", INFARCTION))
    assert found.decision == "uncertain"
    assert found.dissents[0].sentence == (
        "two says Myocardial infarction; nobody measured how good it is."
    )


@pytest.mark.parametrize(
    "metrics",
    [
        {"cross_validation": None},
        {"cross_validation": {"macro_f1": "good", "labels": 4, "confusion": None}},
        {"cross_validation": {"labels": list(LABELS), "confusion": POOR[:3]}},
        {"cross_validation": {"labels": list(LABELS), "confusion": [row[:2] for row in POOR]}},
        {"cross_validation": {"labels": list(LABELS), "confusion": [["8"] * 4] * 4}},
    ],
)
def test_figures_in_another_form_are_not_known(tmp_path: Path, metrics: object) -> None:
    for key in ("one", "two"):
        make_fake_model(tmp_path, key, Facts(labels=LABELS))
        write_metrics(tmp_path / key, metrics)
    found = verdict_of(read_registry(tmp_path), said("one", NORMAL), said("two", INFARCTION))
    assert found.dissents[0].sentence.endswith("nobody measured how good it is.")


def test_who_failed_is_named(registry: Registry) -> None:
    found = judge(registry, [said("one", NORMAL), said("good", NORMAL)], ["two", "all"])
    assert found is not None
    assert found.sentence == "Normal: one and good agree. all and two gave no answer."


def test_memory_is_told_once_for_all(registry: Registry) -> None:
    known = [Known(seen="nearly", seen_by=(key,)) for key in ("one", "two")]
    answers = [replace(said(one.seen_by[0], NORMAL), known=one) for one in known]
    assert verdict_of(registry, *answers).sentence.endswith(
        "This page, or nearly the same picture, is in the training data of one and two: their answers "
        "tell memory, not skill."
    )


def test_nobody_answered_no_verdict(registry: Registry) -> None:
    assert judge(registry, [], ["one"]) is None


def test_answers_to_another_question_are_told_apart(tmp_path: Path) -> None:
    for key in ("one", "two"):
        make_fake_model(tmp_path, key, Facts(labels=LABELS))
    make_fake_beat_model(tmp_path, "beat", PICTURE_FACTS)
    beat = replace(
        said("beat", NORMAL), labels=("N", "S", "V", "F", "Q"), probabilities=np.full((1, 5), 0.2)
    )
    found = verdict_of(read_registry(tmp_path), beat, said("one", NORMAL), said("two", NORMAL))
    assert (found.label, found.order) == (NORMAL, ("one", "two"))
    assert found.sentence.endswith("beat answers another question.")
