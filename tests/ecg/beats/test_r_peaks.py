"""R peaks: each known beat once and nothing else, at any rate, either way up, beside spikes and gaps."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from ecg.beats import r_peaks
from ecg.beats.r_peaks import find_r_peaks
from ecg.signal.signal import Annotations, Signal
from ecg.simulate.record import TITLES, RecordPlan, simulate_record
from tests.support.web.peak_memory import MEGABYTE, STATUS, peak_memory

SampleIndices = npt.NDArray[np.int64]
NEAR = 0.15  # s
EDGE = 0.1  # s: a beat so near to an end may be cut through


def known(signal: Signal) -> SampleIndices:
    assert isinstance(signal.reference, Annotations)
    inside: SampleIndices = signal.reference.indices
    last = signal.values.shape[1] - EDGE * signal.rate
    kept: SampleIndices = inside[(inside >= EDGE * signal.rate) & (inside < last)]
    return kept


def assert_found(found: SampleIndices, reference: SampleIndices, rate: float) -> None:
    """One peak for each beat, and no other but for beats that an end cuts through."""
    away = np.abs(found[:, None] - reference).min(axis=0)
    assert away.max() <= NEAR * rate
    assert 0 <= found.size - reference.size <= 2
    assert (np.diff(found) > 0).all()


def disturbed(signal: Signal, seed: int = 1) -> npt.NDArray[np.float32]:
    """The first lead with noise as of 0.03 mV at 360 Hz and a baseline that swings by 0.5 mV."""
    lead = signal.values[0]
    times = np.arange(lead.size) / signal.rate
    size = 0.03 * (signal.rate / 360) ** 0.5  # as much of it in the heart's band at any rate
    noise = np.random.default_rng(seed).normal(0.0, size, lead.size)
    together: npt.NDArray[np.float32] = lead + noise.astype(np.float32)
    together += (0.5 * np.sin(2 * np.pi * 0.25 * times)).astype(np.float32)
    return together


@pytest.mark.parametrize("rate", [125, 250, 360, 500, 1000])
@pytest.mark.parametrize("finding", TITLES)
def test_it_finds_every_beat_in_noise(finding: str, rate: int) -> None:
    signal = simulate_record(RecordPlan(finding, 3, rate=rate))
    found = find_r_peaks(disturbed(signal), rate)

    assert found.dtype == np.int64
    assert_found(found, known(signal), rate)


def test_a_peak_stands_on_the_r_wave() -> None:
    signal = simulate_record(RecordPlan("sinus_rhythm", 3))
    found, reference = find_r_peaks(signal.values[0], 360.0), known(signal)
    away = np.abs(found[:, None] - reference).min(axis=0)

    assert np.percentile(away, 95) <= 4, "samples of 2.8 ms"


def test_a_lead_upside_down_gives_the_same_beats() -> None:
    lead = simulate_record(RecordPlan("pvc", 4)).values[0]

    assert np.array_equal(find_r_peaks(-lead, 360.0), find_r_peaks(lead, 360.0))


def test_size_and_level_do_not_matter() -> None:
    lead = simulate_record(RecordPlan("pac", 4)).values[0]
    other = (lead * 0.5 + 3.0).astype(np.float32)

    assert np.array_equal(find_r_peaks(other, 360.0), find_r_peaks(lead, 360.0))


def test_spikes_do_not_hide_the_beats_around() -> None:
    signal = simulate_record(RecordPlan("sinus_rhythm", 5))
    lead, reference = signal.values[0].copy(), known(signal)
    spike = int((reference[20] + reference[21]) // 2)
    lead[spike : spike + 10] += 20.0
    found = find_r_peaks(lead, 360.0)

    others = np.delete(reference, [20, 21])
    assert np.abs(found[:, None] - others).min(axis=0).max() <= NEAR * 360


def test_nothing_is_found_where_the_line_is_flat() -> None:
    signal = simulate_record(RecordPlan("sinus_rhythm", 6))
    lead = signal.values[0].copy()
    lead[20 * 360 : 40 * 360] = np.random.default_rng(1).normal(0.0, 0.005, 20 * 360)
    found = find_r_peaks(lead, 360.0)

    assert not ((found > 20.5 * 360) & (found < 39.5 * 360)).any()
    assert (found < 20 * 360).sum() > 15
    assert (found > 40 * 360).sum() > 15


@pytest.mark.parametrize("level", [0.0, 1.5])
def test_a_flat_line_has_no_peaks(level: float) -> None:
    assert find_r_peaks(np.full(3600, level, dtype=np.float32), 360.0).size == 0


@pytest.mark.parametrize("length", [0, 1, 719])
def test_less_than_two_seconds_have_no_peaks(length: int) -> None:
    lead = simulate_record(RecordPlan("sinus_rhythm", 7)).values[0]

    found = find_r_peaks(lead[:length], 360.0)

    assert found.size == 0
    assert found.dtype == np.int64


def test_two_seconds_are_enough() -> None:
    signal = simulate_record(RecordPlan("sinus_rhythm", 7))
    reference = known(signal)
    inside = reference[reference < 1.8 * 360]

    assert_found(find_r_peaks(signal.values[0, :720], 360.0), inside, 360)


def test_the_first_and_last_beats_are_found() -> None:
    signal = simulate_record(RecordPlan("sinus_rhythm", 8))
    reference = known(signal)
    first, last = reference[10], reference[40]
    cut = signal.values[0, first - 72 : last + 72]

    found = find_r_peaks(cut, 360.0)

    assert abs(found[0] - 72) <= 4
    assert abs(found[-1] - (cut.size - 72)) <= 4
    assert found.size == 31


def test_pieces_give_the_same_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    lead = disturbed(simulate_record(RecordPlan("atrial_fibrillation", 9, seconds=300)))
    whole = find_r_peaks(lead, 360.0)
    monkeypatch.setattr(r_peaks, "PIECE", 60 * 360)

    assert np.array_equal(find_r_peaks(lead, 360.0), whole)


@pytest.mark.mitdb
def test_record_100_has_its_beats(mitdb_dir: Path) -> None:
    from twelvelead.evaluation.r_peak_figures import read_reference

    record = read_reference(mitdb_dir, "100")

    assert abs(find_r_peaks(record.trace, record.rate).size - 2273) <= 2


@pytest.mark.mitdb
@pytest.mark.slow
def test_the_target_is_met_on_the_whole_database(mitdb_dir: Path) -> None:
    from twelvelead.evaluation.r_peak_figures import measure

    total = measure(mitdb_dir)["total"]

    assert total["sensitivity"] >= 0.997
    assert total["positive_predictivity"] >= 0.997


def test_it_stops_where_nobody_waits_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    lead = simulate_record(RecordPlan("sinus_rhythm", 9, seconds=300)).values[0]
    monkeypatch.setattr(r_peaks, "PIECE", 60 * 360)
    asked = []

    def check() -> None:
        asked.append(1)
        if len(asked) == 3:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        find_r_peaks(lead, 360.0, check)


@pytest.mark.skipif(not STATUS.exists(), reason="Linux tells what a process takes")
def test_a_high_rate_takes_no_more_memory() -> None:
    """Ten minutes at 10 kHz: 24 MB, of which a stretch of some minutes is worked on at once."""
    before = """\
import numpy as np
from ecg.beats.r_peaks import find_r_peaks
trace = np.random.default_rng(1).normal(0.0, 0.1, 6_000_000).astype(np.float32)
find_r_peaks(trace[:40_000], 10_000.0)
"""
    assert peak_memory(before, "find_r_peaks(trace, 10_000.0)") <= 180 * MEGABYTE
