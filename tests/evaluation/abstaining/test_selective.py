"""evaluation.abstaining.selective: the risk-coverage curve, and abstentions in three ways."""

import numpy as np
import pytest

from twelvelead.evaluation.abstaining.selective import abstentions, risk_coverage

SHARES = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]])
TARGETS = np.array([0, 1, 1, 1])  # right at 0.9 and 0.7, wrong at 0.8 and 0.6


def test_the_area_is_the_mean_risk_as_more_answers_are_taken() -> None:
    told = risk_coverage(TARGETS, SHARES)
    assert told["aurc"] == pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4)


def test_the_table_tells_how_many_are_taken_from_where_and_how_many_of_those_are_wrong() -> None:
    rows = risk_coverage(TARGETS, SHARES)["table"]
    assert rows[0] == {"coverage": 1.0, "from": 0.6, "n": 4, "risk": 0.5}
    half = next(row for row in rows if row["n"] == 2)
    assert half == {"coverage": 0.5, "from": 0.8, "n": 2, "risk": 0.5}


def test_equal_probabilities_are_taken_together() -> None:
    shares = np.full((4, 2), 0.5)
    mixed, turned = (risk_coverage(np.array(t), shares) for t in ([0, 0, 1, 1], [1, 1, 0, 0]))
    assert mixed == turned
    assert mixed["aurc"] == 0.5
    assert {row["n"] for row in mixed["table"]} == {4}


def test_who_knows_what_it_does_not_know_has_the_smaller_area() -> None:
    rng = np.random.default_rng(2)
    sure = rng.uniform(0.5, 1, 500)
    targets = (rng.uniform(size=500) > sure).astype(np.intp)
    honest = np.column_stack([sure, 1 - sure])
    noise = rng.permutation(sure)
    blind = np.column_stack([noise, 1 - noise])
    assert risk_coverage(targets, honest)["aurc"] < 0.7 * risk_coverage(targets, blind)["aurc"]


def told() -> dict[str, object]:
    """Of five things of class a and three of b: two a right, one a called b, two a and one b uncertain."""
    targets = np.array([0, 0, 0, 0, 0, 1, 1, 1])
    classes = np.array([0, 0, 1, 0, 1, 1, 0, 1])
    accepted = np.array([1, 1, 1, 0, 0, 1, 0, 1], dtype=np.bool_)
    return abstentions(("a", "b"), targets, classes, accepted)


def test_abstentions_are_left_out_or_counted_as_wrong() -> None:
    found = told()
    assert (found["n"], found["accepted"]) == (8, 5)
    assert found["left_out"] == {"right": 4, "of": 5, "share": 0.8} | pick(found, "left_out")
    assert found["as_wrong"] == {"right": 4, "of": 8, "share": 0.5} | pick(found, "as_wrong")


def pick(found: dict[str, object], name: str) -> dict[str, object]:
    """Its interval, which holds the share."""
    row = found[name]
    assert isinstance(row, dict)
    low, high = row["interval"]
    assert low < row["share"] < high
    return {"interval": row["interval"]}


def test_by_intention_to_diagnose_an_abstention_counts_against_both() -> None:
    table = told()["intention_to_diagnose"]
    assert isinstance(table, dict)
    a = table["a"]
    assert (a["named"], a["uncertain"], a["named_otherwise"]) == ([2, 0], [2, 1], [1, 2])
    assert (a["sensitivity"]["right"], a["sensitivity"]["of"]) == (2, 5)
    assert (a["specificity"]["right"], a["specificity"]["of"]) == (2, 3)


def test_where_nothing_is_accepted_no_share_is_told() -> None:
    nothing = abstentions(("a",), np.zeros(3, np.intp), np.zeros(3, np.intp), np.zeros(3, np.bool_))
    assert (nothing["left_out"]["share"], nothing["left_out"]["interval"]) == (None, None)
    assert nothing["as_wrong"]["share"] == 0.0
