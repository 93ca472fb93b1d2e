"""Simulated ECGs show the signs they are named for, measured on the signals in mV and ms."""

import numpy as np
import numpy.typing as npt
import pytest

from ecg.simulate.twelve_leads import FINDINGS, LEADS, Ecg12, simulate
from ecg.tasks import CARDIAC_PAGE_4

Floats = npt.NDArray[np.float64]
Beat = dict[str, Floats]  # lead -> mV above the level before the QRS complex, one value a ms

BEFORE, AFTER = 260, 460  # ms around a beat's reference
PQ = (-90, -76)  # ms: between P and QRS, the level from which everything is measured
J_PLUS_60 = 106  # ms after the reference: 60 ms after the end of a narrow QRS complex
SEEDS = range(4)
ALL_FINDINGS = [finding for findings in FINDINGS.values() for finding in findings]
WIDE = {"lbbb", "rbbb", *FINDINGS["history_of_mi"]}
NARROW = [name for name in ALL_FINDINGS if name not in WIDE]


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    """Each of a few persons."""
    return int(request.param)


def beat_at(ecg: Ecg12, peak: float) -> Beat:
    """The beat whose reference is at `peak` seconds, at a value each ms."""
    clock = np.arange(ecg.signals.shape[1]) * 1000 / ecg.rate
    ms = peak * 1000 + np.arange(-BEFORE, AFTER)
    rows = {lead: np.interp(ms, clock, ecg.signals[n]) for n, lead in enumerate(ecg.leads)}
    return {lead: row - between(row, *PQ).mean() for lead, row in rows.items()}


def beats(ecg: Ecg12) -> list[Beat]:
    """Every beat that the recording holds whole."""
    end = ecg.signals.shape[1] / ecg.rate
    whole = (ecg.r_peaks > BEFORE / 1000) & (ecg.r_peaks < end - AFTER / 1000)
    return [beat_at(ecg, peak) for peak in ecg.r_peaks[whole]]


def median_beat(finding: str, seed: int) -> Beat:
    all_beats = beats(simulate(finding, seed=seed))
    return {lead: np.median([beat[lead] for beat in all_beats], axis=0) for lead in LEADS}


def between(row: Floats, first: int, last: int) -> Floats:
    """The part of a beat from `first` to `last` ms after its reference."""
    return row[BEFORE + first : BEFORE + last]


def at(row: Floats, ms: int) -> float:
    return float(between(row, ms - 5, ms + 5).mean())


def tallest(row: Floats, first: int, last: int) -> float:
    """The largest deflection with its sign."""
    part = between(row, first, last)
    return float(part[np.argmax(np.abs(part))])


def qrs_width(beat: Beat) -> int:
    """ms during which the twelve leads together move faster than a tenth of their fastest."""
    rows = np.stack([between(beat[lead], -110, 130) for lead in LEADS])
    speed = np.linalg.norm(np.gradient(rows, axis=1), axis=0)
    fast = np.flatnonzero(speed > 0.10 * speed.max())
    return int(fast[-1] - fast[0])


def q_wave(row: Floats) -> tuple[int, float]:
    """(duration in ms, depth as a share of the following R) of the QRS complex's first downstroke."""
    part = between(row, -75, 60)
    below = part < -0.03
    first = int(np.argmax(below))
    ends = np.flatnonzero(part[first:] > -0.01)
    duration = int(ends[0]) if ends.size else part.size - first
    after = part[first + duration :]
    r = max(float(after.max(initial=0.0)), 1e-6)
    return (duration, float(-part.min() / r)) if below.any() else (0, 0.0)


def earliest(ecg: Ecg12) -> tuple[int, float]:
    """The number of the most premature beat in the middle and the usual RR interval in s."""
    intervals = np.diff(ecg.r_peaks)
    return int(np.argmin(intervals[:-1])) + 1, float(np.median(intervals))


@pytest.mark.parametrize("finding", ALL_FINDINGS)
def test_it_draws_twelve_leads_of_plausible_size(finding: str) -> None:
    ecg = simulate(finding, seed=1)

    assert ecg.signals.shape == (12, 5000)
    assert ecg.signals.dtype == np.float32
    assert ecg.rate == 500
    assert ecg.finding == finding
    assert ecg.leads == LEADS
    assert np.isfinite(ecg.signals).all()
    assert 0.8 < np.ptp(ecg.signals, axis=1).max() < 4.5
    assert ((ecg.r_peaks >= 0) & (ecg.r_peaks < 10)).all()
    assert (np.diff(ecg.r_peaks) > 0.3).all()


def test_the_classes_are_those_of_the_task() -> None:
    assert set(FINDINGS) == set(CARDIAC_PAGE_4.labels)
    assert len(set(ALL_FINDINGS)) == len(ALL_FINDINGS)


def test_the_same_seed_gives_the_same_signals() -> None:
    once, again = (simulate("atrial_fibrillation", seed=7) for _ in range(2))

    assert np.array_equal(once.signals, again.signals)
    assert np.array_equal(once.r_peaks, again.r_peaks)


def test_another_seed_gives_another_person() -> None:
    one, other = (simulate("sinus_rhythm", seed=seed) for seed in (1, 2))

    assert not np.allclose(one.signals, other.signals, atol=0.1)


def test_length_and_rate_are_as_asked() -> None:
    assert simulate("sinus_rhythm", seed=1, seconds=12.5, rate=250).signals.shape == (12, 3125)


def test_an_unknown_finding_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'hiccups'.*sinus_rhythm.*old_lateral_mi"):
        simulate("hiccups", seed=1)


@pytest.mark.parametrize(("seconds", "rate"), [(0.0, 500), (10.0, 0)])
def test_a_length_or_rate_of_nothing_is_refused(seconds: float, rate: int) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        simulate("sinus_rhythm", seed=1, seconds=seconds, rate=rate)


@pytest.mark.parametrize("finding", ALL_FINDINGS)
def test_limb_leads_obey_einthoven(finding: str) -> None:
    one, two, three, avr, avl, avf = simulate(finding, seed=3).signals[:6]

    assert np.array_equal(two, one + three)
    assert np.array_equal(avr, -(one + two) / 2)
    assert np.array_equal(avl, one - two / 2)
    assert np.array_equal(avf, two - one / 2)


@pytest.mark.parametrize("finding", NARROW)
def test_the_qrs_complex_is_narrow(finding: str, seed: int) -> None:
    assert 60 <= qrs_width(median_beat(finding, seed)) <= 110


@pytest.mark.parametrize("finding", ["lbbb", "rbbb"])
def test_a_bundle_branch_block_widens_the_qrs_complex(finding: str, seed: int) -> None:
    assert 120 <= qrs_width(median_beat(finding, seed)) <= 180


def test_a_normal_beat_has_its_waves_the_right_way_up(seed: int) -> None:
    beat = median_beat("sinus_rhythm", seed)

    for lead in ("I", "II", "V3", "V4", "V5", "V6"):
        assert tallest(beat[lead], 200, 380) > 0.1, f"T in {lead}"
    assert tallest(beat["II"], -220, -100) > 0.05, "P in II"
    assert tallest(beat["aVR"], -60, 60) < -0.3, "QRS in aVR"
    assert tallest(beat["aVR"], 200, 380) < 0, "T in aVR"


def test_normal_r_waves_grow_and_s_waves_shrink_across_the_chest(seed: int) -> None:
    beat = median_beat("sinus_rhythm", seed)
    r = [between(beat[lead], -60, 60).max() for lead in ("V1", "V2", "V3", "V4")]
    s = [-between(beat[lead], -20, 60).min() for lead in ("V2", "V4", "V6")]

    assert r == sorted(r)
    assert s == sorted(s, reverse=True)
    assert r[0] < 0.5 < -between(beat["V1"], -60, 60).min()


def test_a_normal_st_segment_lies_on_the_baseline(seed: int) -> None:
    beat = median_beat("sinus_rhythm", seed)

    assert all(abs(at(beat[lead], J_PLUS_60)) < 0.08 for lead in LEADS)


def test_atrial_fibrillation_keeps_no_step_with_the_beats(seed: int) -> None:
    def spread_before_qrs(finding: str) -> float:
        ecg = simulate(finding, seed=seed, seconds=30)
        parts = np.stack([between(beat["V1"], -220, -70) for beat in beats(ecg)])
        return float((parts - parts.mean(axis=1, keepdims=True)).std(axis=0).mean())

    assert spread_before_qrs("sinus_rhythm") < 0.025
    assert spread_before_qrs("atrial_fibrillation") > 0.04


def test_a_ventricular_beat_is_early_wide_and_fully_paused(seed: int) -> None:
    ecg = simulate("pvc", seed=seed, seconds=20)
    number, rr = earliest(ecg)
    before, after = np.diff(ecg.r_peaks)[number - 1 : number + 1]
    early, usual = beat_at(ecg, ecg.r_peaks[number]), median_beat("pvc", seed)

    assert before < 0.75 * rr
    assert before + after == pytest.approx(2 * rr, rel=0.08)
    assert qrs_width(early) >= 120
    assert qrs_width(usual) <= 110
    assert tallest(early["II"], -70, 90) * tallest(early["II"], 230, 380) < 0, "T against QRS"


def test_an_atrial_beat_is_early_narrow_and_not_fully_paused(seed: int) -> None:
    ecg = simulate("pac", seed=seed, seconds=20)
    number, rr = earliest(ecg)
    before, after = np.diff(ecg.r_peaks)[number - 1 : number + 1]

    assert before < 0.8 * rr
    assert before + after < 1.9 * rr
    assert qrs_width(beat_at(ecg, ecg.r_peaks[number])) <= 110


def test_a_left_bundle_branch_block_is_negative_in_v1_and_upright_in_v6(seed: int) -> None:
    beat = median_beat("lbbb", seed)

    assert between(beat["V1"], -70, 50).max() < 0.05
    assert between(beat["V1"], -70, 80).min() < -0.6
    assert between(beat["V6"], -70, 60).min() > -0.12, "no Q in V6"
    for lead in ("I", "V6"):
        middle = at(beat[lead], 0)
        assert between(beat[lead], -60, 0).max() > middle + 0.03, "a notch"
        assert between(beat[lead], 0, 60).max() > middle + 0.03, "a notch"
        assert tallest(beat[lead], 230, 400) < -0.08, "T against QRS"


def test_a_right_bundle_branch_block_has_rsr_in_v1_and_a_wide_s_in_i_and_v6(seed: int) -> None:
    beat = median_beat("rbbb", seed)
    r, s, late_r = (
        between(beat["V1"], -60, -12).max(),
        between(beat["V1"], -20, 30).min(),
        between(beat["V1"], 30, 110).max(),
    )

    assert late_r > r > 0.1
    assert s < -0.1
    for lead in ("I", "V6"):
        assert (between(beat[lead], 20, 120) < -0.05).sum() >= 40


def test_an_anterior_infarction_raises_st_in_v2_to_v4_and_lowers_it_in_iii(seed: int) -> None:
    beat = median_beat("anterior_stemi", seed)

    assert all(at(beat[lead], J_PLUS_60) >= 0.2 for lead in ("V2", "V3", "V4"))
    assert at(beat["III"], J_PLUS_60) <= -0.05


def test_an_inferior_infarction_raises_st_in_ii_iii_avf_and_lowers_it_in_avl(seed: int) -> None:
    beat = median_beat("inferior_stemi", seed)

    assert all(at(beat[lead], J_PLUS_60) >= 0.1 for lead in ("II", "III", "aVF"))
    assert at(beat["III"], J_PLUS_60) > at(beat["II"], J_PLUS_60)
    assert at(beat["aVL"], J_PLUS_60) <= -0.1


def test_a_lateral_infarction_raises_st_in_i_avl_v5_v6_and_lowers_it_in_iii(seed: int) -> None:
    beat = median_beat("lateral_stemi", seed)

    assert all(at(beat[lead], J_PLUS_60) >= 0.1 for lead in ("I", "aVL", "V5", "V6"))
    assert at(beat["III"], J_PLUS_60) <= -0.1


@pytest.mark.parametrize(
    ("finding", "leads"),
    [
        ("old_anterior_mi", ("V1", "V2", "V3", "V4")),
        ("old_inferior_mi", ("III", "aVF")),
        ("old_lateral_mi", ("I", "aVL", "V5", "V6")),
    ],
)
def test_an_old_infarction_leaves_wide_deep_q_waves(
    finding: str, leads: tuple[str, ...], seed: int
) -> None:
    beat = median_beat(finding, seed)

    for lead in leads:
        duration, share = q_wave(beat[lead])
        assert duration >= 40, lead
        assert share >= 0.25, lead
        assert abs(at(beat[lead], J_PLUS_60)) < 0.1, f"ST in {lead}"
        assert tallest(beat[lead], 200, 400) < -0.05, f"T in {lead}"


def test_an_old_anterior_infarction_has_lost_its_r_progression(seed: int) -> None:
    beat = median_beat("old_anterior_mi", seed)

    assert all(between(beat[lead], -60, 60).max() < 0.1 for lead in ("V1", "V2", "V3"))


def test_a_normal_heart_has_no_pathological_q_wave(seed: int) -> None:
    beat = median_beat("sinus_rhythm", seed)

    assert all(q_wave(beat[lead])[0] < 40 for lead in ("I", "II", "V4", "V5", "V6"))
