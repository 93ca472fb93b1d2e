"""Fitting what tells beats from other curves: data apart by patient, and served as it was fitted."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support.signals.drawn_beats import write_record
from twelvelead.datasets.not_ecgs.lone_curves import LONE
from twelvelead.inference.gate.beat_curve import COLUMNS
from twelvelead.inference.gate.beat_shape import read_shape
from twelvelead.training.gate.beat_curves import (
    AROUND,
    LENGTH,
    Sampling,
    quick_curve,
    sample_beats,
    styled,
    varied_beat,
    varied_other,
)
from twelvelead.training.gate.beat_shape import KEPT, TEST, TRAIN, fit, network, scores, store


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_no_family_of_curves_is_both_fitted_to_and_measured_on() -> None:
    assert not set(LONE["train"]) & set(LONE["test"])
    assert not set(LONE["train"].values()) & set(LONE["test"].values())


@pytest.mark.parametrize("part", ["train", "test"])
def test_every_family_draws_a_curve_of_any_length(part: str) -> None:
    for name, make in LONE["train" if part == "train" else "test"].items():
        values = make(rng(), LENGTH)
        assert values.shape == (LENGTH,), name
        assert np.isfinite(values).all(), name


def test_no_record_is_both_fitted_to_and_measured_on() -> None:
    assert not set(TRAIN) & set(TEST)


def test_beats_are_taken_every_kind_alike_or_as_they_come(tmp_path: Path) -> None:
    write_record(tmp_path, "900", "NN" + "N" * 30 + "V" * 6 + "NN")
    alike = sample_beats(tmp_path, ["900"], Sampling(12), rng())
    come = sample_beats(tmp_path, ["900"], Sampling(36, balanced=False), rng())
    leads = len(set(alike.main))
    assert len(alike.traces) == 12 * leads
    assert len(come.traces) == 36 * leads
    assert alike.traces.shape[1] == AROUND
    assert set(alike.patients) == {"900"}


def test_variants_have_one_length_and_can_be_read_back(tmp_path: Path) -> None:
    write_record(tmp_path, "900", "NNNNNVNNNN")
    beats = sample_beats(tmp_path, ["900"], Sampling(6), rng())
    chance = rng()
    for _ in range(10):
        for values in (varied_beat(beats.traces[0], chance), varied_other(beats.traces, chance)):
            assert values.shape == (LENGTH,)
            curve = quick_curve(values, chance)
            assert curve is not None
            assert curve.shape == (2, COLUMNS)
    assert styled(beats.traces[0], chance).dtype == np.uint8


def test_a_fitted_network_tells_plain_kinds_apart() -> None:
    low = np.zeros((80, 2, COLUMNS), np.float32)
    high = low + np.sin(np.linspace(0, 20, COLUMNS)).astype(np.float32)
    model = fit(low, high, epochs=8)
    assert scores(model, low).max() < scores(model, high).min()


def test_what_is_stored_scores_as_what_was_fitted(tmp_path: Path) -> None:
    torch.manual_seed(1)
    model = network().eval()
    known = np.linspace(-5, 5, 1000).astype(np.float32)
    store(model, known, tmp_path / "shape.npz")
    shape = read_shape(tmp_path / "shape.npz")
    curves = rng().random((4, 2, COLUMNS)).astype(np.float32)
    assert [shape.score(curve) for curve in curves] == pytest.approx(
        scores(model, curves), abs=2e-3
    )
    assert shape.doubt < shape.refusal
    assert len(shape.known) == KEPT
    assert shape.percentile(-9) == 0
    assert shape.percentile(9) == 100
