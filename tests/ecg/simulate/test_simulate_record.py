"""Simulated recordings: two leads, every beat known, disturbed a little, and the same each time."""

from collections import Counter

import numpy as np
import pytest

from ecg.signal.signal import Annotations, Signal
from ecg.simulate.record import NOISE, TITLES, WANDER, RecordPlan, simulate_record


def known(signal: Signal) -> Annotations:
    assert signal.reference is not None
    return signal.reference


def test_a_recording_has_its_length_leads_and_beats() -> None:
    signal = simulate_record(RecordPlan("pvc", 3))
    beats = known(signal)

    assert signal.values.shape == (2, 60 * 360)
    assert signal.values.dtype == np.float32
    assert signal.leads == ("MLII", "V1")
    assert len(beats.symbols) == beats.indices.size > 60
    assert (np.diff(beats.indices) > 0).all()
    assert "not a patient's" in signal.notes[0]


@pytest.mark.parametrize(
    ("finding", "symbols"),
    [
        ("sinus_rhythm", {"N"}),
        ("pvc", {"N", "V"}),
        ("pac", {"N", "A"}),
        ("atrial_fibrillation", {"N"}),
        ("lbbb", {"L"}),
        ("rbbb", {"R"}),
    ],
)
def test_the_beats_have_the_symbols_of_their_finding(finding: str, symbols: set[str]) -> None:
    assert set(known(simulate_record(RecordPlan(finding, 5))).symbols) == symbols


def test_every_titled_finding_can_be_simulated() -> None:
    for finding in TITLES:
        assert np.isfinite(simulate_record(RecordPlan(finding, 1)).values).all()


def test_a_third_to_a_fifth_of_the_beats_are_ectopic() -> None:
    counts = Counter(known(simulate_record(RecordPlan("pvc", 4, seconds=180))).symbols)

    assert 0.18 < counts["V"] / counts.total() < 0.35


def test_an_ectopic_beat_comes_early() -> None:
    beats = known(simulate_record(RecordPlan("pac", 4)))
    before = np.diff(beats.indices, prepend=beats.indices[0])
    early = before[[symbol == "A" for symbol in beats.symbols]]

    assert np.median(early[early > 0]) < 0.8 * np.median(before)


def test_the_same_plan_gives_the_same_signal_and_another_seed_another() -> None:
    first, again, other = (simulate_record(RecordPlan("lbbb", seed)) for seed in (7, 7, 8))

    assert np.array_equal(first.values, again.values)
    assert not np.array_equal(first.values, other.values)


def test_baseline_and_noise_are_mild_but_there() -> None:
    signal = simulate_record(RecordPlan("sinus_rhythm", 9))
    noise = np.diff(signal.values[0], 2) / 6**0.5
    quiet = np.median(np.abs(noise)) / 0.6745

    assert 0.6 * NOISE < quiet < 1.7 * NOISE
    slow = signal.values[0, : 360 * 60].reshape(60, 360).mean(axis=1)
    assert 0.1 * WANDER < slow.std() < WANDER


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (RecordPlan("flutter", 1), "unknown finding 'flutter'"),
        (RecordPlan("pvc", 1, seconds=10), "60 to 300 s"),
        (RecordPlan("pvc", 1, rate=50), "100 Hz or more"),
        (RecordPlan("pvc", 1, leads=("X",)), "unknown lead 'X'"),
    ],
)
def test_a_plan_that_cannot_be_drawn_is_refused(plan: RecordPlan, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        simulate_record(plan)
