"""Where a lead can't be read: one simulated signal for each reason."""

from functools import cache

import numpy as np
import pytest

from ecg.beats.beats import Beats
from ecg.beats.r_peaks import Trace, find_r_peaks
from ecg.signal.quality.beside import find_beside
from ecg.signal.quality.find_stretches import find_stretches
from ecg.signal.quality.stretch import NOISE, UnreadStretch, stretch_at
from ecg.simulate.other_signals import NO_ECGS, NOISES, flutter
from ecg.simulate.record import RecordPlan, simulate_record

RATE = 250.0
SECONDS = 60.0
BEGIN, END = 20, 40  # s


@cache
def lead(finding: str = "sinus_rhythm", rate: int = int(RATE)) -> Trace:
    """A minute of a readable lead."""
    trace: Trace = simulate_record(RecordPlan(finding, 7, SECONDS, rate, ("II",))).values[0]
    return trace


def with_middle(middle: np.ndarray) -> Trace:
    """The same with something else from 20 to 40 s."""
    trace = lead().copy()
    trace[int(BEGIN * RATE) : int(END * RATE)] = middle
    return trace


def stretches_of(trace: Trace, rate: float = RATE) -> tuple[UnreadStretch, ...]:
    return find_stretches(trace, rate, find_r_peaks(trace, rate))


def middle_of(trace: Trace) -> UnreadStretch:
    """The only stretch, which must be the middle, give or take two cells."""
    (found,) = stretches_of(trace)
    assert abs(found.start_s - BEGIN) <= 4
    assert abs(found.end_s - END) <= 4
    return found


def noise(kind: str, seconds: float = END - BEGIN, seed: int = 1) -> np.ndarray:
    return NOISES[kind](np.random.default_rng(seed), int(seconds * RATE), RATE)


@pytest.mark.parametrize(
    "finding", ["sinus_rhythm", "pvc", "pac", "atrial_fibrillation", "lbbb", "rbbb"]
)
@pytest.mark.parametrize("rate", [100, 360])
def test_a_lead_that_can_be_read_has_no_such_stretch(finding: str, rate: int) -> None:
    assert stretches_of(lead(finding, rate), rate) == ()
    assert stretches_of(-lead(finding, rate), rate) == ()


@pytest.mark.parametrize("kind", ["white", "pink", "muscle"])
def test_loud_noise_is_told(kind: str) -> None:
    clean = lead()[int(BEGIN * RATE) : int(END * RATE)]
    assert middle_of(with_middle(clean + 1.5 * noise(kind))).reason.code == "noise"


def test_a_drift_of_the_baseline_hides_no_beat() -> None:
    assert stretches_of((lead() + 0.7 * noise("wander", SECONDS)).astype(np.float32)) == ()


def test_a_flat_line_is_told() -> None:
    assert (
        middle_of(with_middle(np.full(int((END - BEGIN) * RATE), 0.3))).reason.code
        == "electrode_off"
    )


def test_a_line_that_jumps_about_is_told() -> None:
    times = np.arange(int((END - BEGIN) * RATE)) / RATE
    levels = np.array([0.0, 4.0, -3.0, 2.0, -4.0, 3.0])[(times / 1.7).astype(int) % 6]
    assert middle_of(with_middle(levels + 0.01 * noise("white"))).reason.code == "electrode_off"


def test_a_single_jump_harms_nothing_but_the_beat_beside_it() -> None:
    trace = lead().copy()
    trace[int(40.2 * RATE) :] += 3.0
    (found,) = stretches_of(trace)
    assert (found.start_s, found.end_s) == (40.0, 40.5)
    assert found.reason.code == "electrode_off"


def test_a_trace_that_is_cut_off_is_told() -> None:
    clean = lead()[int(BEGIN * RATE) : int(END * RATE)]
    loud = 6 * (clean + 0.5 * noise("wander"))
    found = stretches_of(with_middle(np.clip(loud, -2.5, 2.5)))
    cut = [one for one in found if one.reason.code == "saturated"]
    assert sum(one.end_s - one.start_s for one in cut) >= 0.5 * (END - BEGIN)
    assert found[0].start_s >= BEGIN - 4
    assert found[-1].end_s <= END + 4


def test_flutter_is_told() -> None:
    waves = flutter(np.random.default_rng(3), int((END - BEGIN) * RATE), RATE)
    assert middle_of(with_middle(0.6 * waves)).reason.code == "flutter"


def test_beats_behind_a_pacemakers_spike_are_told() -> None:
    signal = simulate_record(RecordPlan("lbbb", 7, SECONDS, 500, ("II",)))
    assert signal.reference is not None
    trace = signal.values[0].copy()
    inside = (signal.reference.indices >= BEGIN * 500) & (signal.reference.indices < END * 500)
    trace[signal.reference.indices[inside] - round(0.09 * 500)] += 1.5  # one sample, 90 ms before R
    (found,) = stretches_of(trace, 500.0)
    assert abs(found.start_s - BEGIN) <= 4
    assert abs(found.end_s - END) <= 4
    assert found.reason.code == "paced"


@pytest.mark.parametrize("kind", sorted(NO_ECGS))
@pytest.mark.parametrize("rate", [100.0, 360.0])
@pytest.mark.parametrize("seconds", [10, 60])
def test_what_is_no_ecg_is_told_as_a_whole(kind: str, rate: float, seconds: int) -> None:
    drawn = NO_ECGS[kind](np.random.default_rng(5), int(seconds * rate), rate)
    (found,) = stretches_of(drawn.astype(np.float32), rate)
    assert (found.start_s, found.end_s, found.reason.code) == (0.0, seconds, "not_an_ecg")


def test_the_shortest_recording_has_its_stretches() -> None:
    assert stretches_of(lead()[: int(2 * RATE)]) == ()


def test_a_stretch_is_found_by_time() -> None:
    two = (UnreadStretch(2.0, 4.0, NOISE), UnreadStretch(8.0, 10.0, NOISE))
    times = np.array([0.0, 2.0, 3.9, 4.0, 9.0, 10.0, 11.0])
    assert stretch_at(times, two).tolist() == [-1, 0, 0, -1, 1, -1, -1]
    assert stretch_at(times, ()).tolist() == [-1] * 7


def test_loud_noise_hides_no_beat_beside_it() -> None:
    signal = simulate_record(RecordPlan("sinus_rhythm", 7, SECONDS, int(RATE), ("II",)))
    assert signal.reference is not None
    trace = with_middle(noise("white"))
    beats = Beats(trace, RATE, find_r_peaks(trace, RATE))
    stretches = find_stretches(trace, RATE, beats.indices)
    found = find_beside(beats, stretches).times
    known = signal.reference.indices / RATE
    outside = (known < stretches[0].start_s - 0.5) | (known > stretches[0].end_s + 0.5)
    for beat in known[outside & (known > 1) & (known < SECONDS - 1)]:
        assert np.abs(found - beat).min() < 0.1
    assert np.isin(beats.times[stretch_at(beats.times, stretches) >= 0], found).all()
    assert find_beside(beats, ()) is beats


def test_a_beat_beside_a_jump_is_found_where_it_is() -> None:
    signal = simulate_record(RecordPlan("sinus_rhythm", 7, SECONDS, int(RATE), ("II",)))
    assert signal.reference is not None
    trace = signal.values[0].copy()
    beat = int(signal.reference.indices[30])
    trace[beat + round(0.2 * RATE) :] += 3.0
    beats = Beats(trace, RATE, find_r_peaks(trace, RATE))
    found = find_beside(beats, find_stretches(trace, RATE, beats.indices)).indices
    assert np.abs(found - beat).min() <= 0.05 * RATE
    assert abs(len(found) - len(signal.reference.indices)) <= 1
