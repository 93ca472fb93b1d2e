"""evaluation.abstaining.conformal: thresholds by their definition, and the coverage that they promise."""

import numpy as np
import pytest

from twelvelead.evaluation.abstaining.conformal import keep_from, promised, set_figures
from twelvelead.evaluation.metrics import softmax


def test_the_threshold_is_the_answer_at_the_place_that_the_definition_names() -> None:
    """Of 19 answers to a class, ceil(20 x 0.9) = the 18th from the top, so the second lowest."""
    shares = np.zeros((39, 2))
    shares[:19, 0] = np.arange(1, 20) / 20
    shares[19:, 1] = np.arange(20, 0, -1) / 25  # 20 of them: ceil(21 x 0.9) = the 19th
    targets = np.array([0] * 19 + [1] * 20)
    assert keep_from(targets, shares) == (0.1, 0.08)


@pytest.mark.parametrize(("count", "known"), [(8, False), (9, True)])
def test_a_class_with_too_few_answers_has_no_threshold(count: int, known: bool) -> None:
    targets = np.array([0] * 100 + [1] * count)
    found = keep_from(targets, np.full((100 + count, 2), 0.5))
    assert found == ((0.5, 0.5) if known else ())


def test_a_threshold_is_rounded_down_so_that_it_keeps_what_it_was_made_of() -> None:
    shares = np.full((9, 1), 0.12345678)
    (threshold,) = keep_from(np.zeros(9, np.intp), shares)
    assert threshold == 0.123456


def test_unseen_things_of_each_class_are_covered_as_promised_the_rare_one_too() -> None:
    rng = np.random.default_rng(5)

    def draw(count: int) -> tuple[np.ndarray, np.ndarray]:
        targets = (rng.random(count) < 0.1).astype(np.intp)
        logits = rng.normal(size=(count, 2)) + 1.5 * np.eye(2)[targets]
        return targets, softmax(
            logits + np.array([2.0, 0.0])
        )  # the rare class is called too seldom

    later = []
    for _ in range(300):
        known, told = draw(250)
        new, asked = draw(250)
        threshold = keep_from(known, told)
        later.append([(asked[new == c, c] >= threshold[c]).mean() for c in (0, 1)])
    common, rare = np.mean(later, axis=0)
    assert common == pytest.approx(0.9, abs=0.01)
    assert rare == pytest.approx(0.92, abs=0.03)


def test_figures_of_sets_tell_coverage_and_size_of_each_class() -> None:
    kept = np.array([[True, False], [True, True], [False, True], [True, False]])
    told = set_figures(("a", "b"), np.array([0, 0, 1, 1]), kept)
    assert (told["n"], told["coverage"], told["size"], told["single"]) == (4, 0.75, 1.25, 0.75)
    a = {"n": 2, "coverage": 1.0, "size": 1.5, "single": 0.5, "promised": None}
    assert told["per_class"]["a"] == a
    assert told["per_class"]["b"]["coverage"] == 0.5


def test_of_a_class_that_is_absent_nothing_is_told() -> None:
    told = set_figures(("a", "b"), np.array([0]), np.array([[True, False]]))
    assert told["per_class"]["b"]["n"] == 0
    assert {v for name, v in told["per_class"]["b"].items() if name != "n"} == {None}


def test_few_answers_promise_little_of_the_true_coverage() -> None:
    low, high = promised(24) or (0.0, 0.0)
    rng = np.random.default_rng(0)
    scores = np.sort(rng.random((4000, 24)), axis=1)[:, 22]  # ceil(25 x 0.9) = the 23rd of 24
    assert np.quantile(scores, [0.05, 0.95]) == pytest.approx([low, high], abs=0.01)
    assert promised(8) is None
    assert np.diff(promised(1000) or [0, 1]) < 0.04
