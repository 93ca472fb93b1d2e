"""What the kept records settle: a bias for each class, which a network then has for good."""

import numpy as np
import numpy.typing as npt
import pytest

from twelvelead.evaluation.figures import LabelledAnswers
from twelvelead.evaluation.metrics import softmax
from twelvelead.training.settle import fit_bias, settle

Floats = npt.NDArray[np.float64]
BIAS = np.array([0.0, 2.0, -3.0])


class Shifted:
    """Remembers what it was shifted by."""

    def __init__(self) -> None:
        self.by: Floats = np.zeros(3)

    def shift(self, bias: Floats) -> None:
        self.by = self.by + bias


def answers(wrong_by: Floats, scale: float = 1.0) -> LabelledAnswers:
    """Calibrated answers, their logits then scaled and shifted off."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, 3))
    drawn = rng.random((len(logits), 1)) > np.cumsum(softmax(logits), axis=1)
    names = np.full(len(logits), "100")
    targets = np.asarray(drawn.sum(axis=1), np.intp)
    return LabelledAnswers(("N", "S", "V"), targets, scale * logits - wrong_by, names, names)


def test_it_works() -> None:
    given = answers(BIAS)

    assert fit_bias(given.targets, given.logits) == pytest.approx(BIAS, abs=0.15)


def test_a_bias_is_found_behind_a_temperature() -> None:
    given = answers(BIAS, scale=2.0)

    assert fit_bias(given.targets, given.logits) == pytest.approx(BIAS, abs=0.3)


def test_a_class_that_is_not_there_keeps_a_finite_bias() -> None:
    given = answers(np.zeros(3))
    kept = given.targets != 2

    assert -30 < fit_bias(given.targets[kept], given.logits[kept])[2] < 0


def test_the_network_and_its_answers_are_shifted_alike() -> None:
    network, given = Shifted(), answers(BIAS)
    found = settle(network, given)

    assert np.allclose(found.logits, given.logits + network.by)
    assert (found.logits.argmax(1) == found.targets).mean() > (
        given.logits.argmax(1) == given.targets
    ).mean()
