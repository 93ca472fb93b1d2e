"""evaluation.calibrate: temperature and threshold of held-out answers."""

import numpy as np
import pytest

from twelvelead.evaluation.calibrate import accept_from, calibrate, fit_temperature


def test_temperature_cools_overconfident_answers() -> None:
    rng = np.random.default_rng(1)
    targets = rng.integers(0, 2, 500)
    logits = np.eye(2)[targets] * 2 + rng.logistic(0, 1, (500, 2))
    honest = fit_temperature(targets, logits)
    assert fit_temperature(targets, logits * 3) == pytest.approx(3 * honest, rel=0.02)


def test_accepted_answers_are_right_at_the_asked_rate() -> None:
    rng = np.random.default_rng(2)
    sure = rng.uniform(0.5, 1, 2000)
    targets = (rng.uniform(size=2000) > sure).astype(np.intp)  # right as often as it says
    shares = np.column_stack([sure, 1 - sure])
    threshold = accept_from(targets, shares, 0.9)
    kept = sure >= threshold
    assert (targets[kept] == 0).mean() >= 0.9
    assert 0.7 < threshold < 0.9


def test_answers_that_are_never_right_are_never_accepted() -> None:
    targets = np.array([0, 0, 0, 1, 1], dtype=np.intp)
    assert accept_from(1 - targets, np.eye(2)[targets], 0.9) == 0.99


def test_what_is_accepted_is_told_with_how_much_of_it_is_right() -> None:
    targets = np.arange(100, dtype=np.intp) % 2
    logits = 4.0 * np.eye(2)[targets]
    logits[:20] = 0.1 * np.eye(2)[1 - targets[:20]]  # wrong, and hardly sure
    found = calibrate(targets, logits)
    assert (found["accepted_share"], found["accepted_right"]) == (0.8, 1.0)
    assert found["accept_from"] > 0.5
