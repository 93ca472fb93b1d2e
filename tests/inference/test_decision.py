"""inference.decision: when an answer counts, and why it doesn't."""

import numpy as np
import pytest

from twelvelead.inference.decision import NEVER, Rule

TITLES = ("Normal", "Infarction", "Old infarction")
RULE = Rule(0.8, (0.3, 0.05, 0.6))


def codes(rule: Rule, *shares: float) -> list[str]:
    """What is in doubt about one answer."""
    return [reason.code for reason in rule.doubts(np.array(shares), TITLES)]


@pytest.mark.parametrize(
    ("shares", "wanted"),
    [
        ((0.9, 0.04, 0.06), []),
        ((0.8, 0.04, 0.16), []),
        ((0.79, 0.04, 0.17), ["unsure"]),
        ((0.9, 0.05, 0.05), ["not_ruled_out"]),
        ((0.5, 0.4, 0.1), ["unsure", "not_ruled_out"]),
        ((0.1, 0.1, 0.8), ["not_ruled_out"]),
    ],
)
def test_an_answer_counts_that_is_sure_and_leaves_nothing_else(
    shares: tuple[float, ...], wanted: list[str]
) -> None:
    assert codes(RULE, *shares) == wanted
    assert RULE.accepted(np.array([shares])).tolist() == [not wanted]


def test_how_far_an_answer_falls_short_can_be_seen_however_little_it_is() -> None:
    (reason,) = RULE.doubts(np.array([0.7996, 0.0404, 0.16]), TITLES)
    assert "is 0.79960; this model's answers count from 0.80000." in reason.message


def test_what_it_can_not_rule_out_is_named_without_its_own_label() -> None:
    (reason,) = RULE.doubts(np.array([0.05, 0.9, 0.05]) - [-0.3, 0.3, 0], TITLES)[1:]
    assert reason.message == "This model can't rule out: Normal."


def test_its_own_label_is_never_ruled_out() -> None:
    shares = np.array([[0.4, 0.01, 0.59], [0.28, 0.04, 0.68]])
    assert RULE.kept(shares).tolist() == [[True, False, True], [False, False, True]]
    assert Rule(0.5, (1.0, 1.0, 1.0)).kept(shares).tolist() == [[False, False, True]] * 2


def test_without_thresholds_for_its_classes_only_the_probability_counts() -> None:
    plain = Rule(0.6)
    assert not plain.kept(np.array([[0.6, 0.4, 0.0]])).any()
    assert plain.accepted(np.array([[0.6, 0.4, 0.0], [0.5, 0.4, 0.1]])).tolist() == [True, False]
    assert codes(plain, 0.6, 0.4, 0.0) == []


def test_a_model_may_be_one_whose_answers_never_count() -> None:
    never = Rule(0.0, accepts=False)
    assert never.doubts(np.array([1.0, 0.0, 0.0]), TITLES) == (NEVER,)
    assert not never.accepted(np.eye(3)).any()


def test_a_label_may_be_one_that_never_counts() -> None:
    rule = Rule(0.8, never=(1,))
    assert rule.accepted(np.array([[0.1, 0.9, 0.0], [0.9, 0.1, 0.0]])).tolist() == [False, True]
    (reason,) = rule.doubts(np.array([0.1, 0.9, 0.0]), TITLES)
    assert (reason.code, "'Infarction' is never" in reason.message) == (
        "label_never_accepted",
        True,
    )


def test_of_no_beats_none_is_accepted() -> None:
    assert RULE.accepted(np.zeros((0, 3))).tolist() == []
