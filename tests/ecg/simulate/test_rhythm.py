"""The beats come when the rhythm says: rates, breathing, early beats and fibrillation."""

import numpy as np
import pytest

from ecg.simulate.rhythm import LEAD_IN, Moment, beat_moments
from ecg.simulate.waves import BEATS

SECONDS = 30.0


@pytest.fixture(params=range(6))
def seed(request: pytest.FixtureRequest) -> int:
    """Each of a few persons."""
    return int(request.param)


def draw(finding: str, seed: int) -> list[Moment]:
    return beat_moments(finding, seconds=SECONDS, rng=np.random.default_rng(seed))


def rr_variation(finding: str, seed: int) -> float:
    """Standard deviation of the RR intervals as a share of their mean."""
    intervals = np.diff([moment.time for moment in draw(finding, seed)])
    return float(intervals.std() / intervals.mean())


def test_beats_cover_the_page_and_its_edges() -> None:
    times = [moment.time for moment in draw("sinus_rhythm", 1)]

    assert times == sorted(times)
    assert -LEAD_IN <= times[0] < -LEAD_IN + 1.1
    assert SECONDS + LEAD_IN - 1.1 < times[-1] < SECONDS + LEAD_IN


@pytest.mark.parametrize(
    ("finding", "slowest", "fastest"),
    [
        ("sinus_rhythm", 60, 100),
        ("sinus_arrhythmia", 50, 100),
        ("sinus_tachycardia", 100, 160),
        ("sinus_bradycardia", 30, 60),
    ],
)
def test_the_heart_rate_fits_the_rhythm(
    finding: str, slowest: int, fastest: int, seed: int
) -> None:
    times = [moment.time for moment in draw(finding, seed)]

    assert slowest <= 60 / np.diff(times).mean() <= fastest


def test_sinus_rhythm_is_neither_rigid_nor_irregular(seed: int) -> None:
    assert 0.005 < rr_variation("sinus_rhythm", seed) < 0.045


def test_sinus_arrhythmia_swings_with_the_breath(seed: int) -> None:
    assert 0.06 < rr_variation("sinus_arrhythmia", seed) < 0.15


def test_atrial_fibrillation_is_irregular_and_has_no_p_waves(seed: int) -> None:
    assert rr_variation("atrial_fibrillation", seed) > 0.15
    kinds = {moment.kind for moment in draw("atrial_fibrillation", seed)}
    assert "P" not in {wave.part for kind in kinds for wave in BEATS[kind]}


@pytest.mark.parametrize("finding", ["pvc", "pac"])
def test_every_third_to_fifth_beat_is_early(finding: str, seed: int) -> None:
    moments = draw(finding, seed)
    early = [number for number, moment in enumerate(moments) if moment.kind != "normal"]

    assert 3 <= early[1] - early[0] <= 5
    assert len(set(np.diff(early))) == 1
    for number in early[:-1]:
        assert moments[number].time - moments[number - 1].time < 0.75 * moments[number].rr


def test_other_findings_repeat_one_kind_of_beat() -> None:
    assert {moment.kind for moment in draw("old_inferior_mi", 1)} == {"old_inferior_mi"}
