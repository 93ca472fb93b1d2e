"""Beats: windows around R, the 187-sample form, intervals; resampled, and computed once."""

import numpy as np
import numpy.typing as npt
import pytest

import ecg.beats.beats
from ecg.beats.beats import ROW_LENGTH, USUAL_RR, Beats, Window
from ecg.signal.signal import Signal

RATE = 360.0
INDICES = (300, 660, 1020, 1560)  # 1, 1 and 1.5 s apart


def beats_of(trace: npt.ArrayLike, indices: tuple[int, ...] = INDICES, rate: float = RATE) -> Beats:
    return Beats(np.asarray(trace, np.float32), rate, np.array(indices, np.int64))


def wave(hertz: float, seconds: float = 5.0, rate: float = RATE) -> npt.NDArray[np.float64]:
    return np.asarray(np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate))


def test_it_works() -> None:
    beats = beats_of(np.arange(1800))
    windows = beats.windows(Window(RATE, before=100, length=250))
    assert windows.shape == (4, 250)
    assert windows.dtype == np.float32
    for window, place in zip(windows, INDICES, strict=True):
        assert window[100] == place
        np.testing.assert_array_equal(window, np.arange(place - 100, place + 150))


def test_they_come_from_one_lead_of_a_signal() -> None:
    signal = Signal(np.stack([np.zeros(500), np.ones(500)]).astype(np.float32), 250.0, ("I", "II"))
    beats = Beats.of(signal, 1, np.array([10, 20], np.int64))
    assert (beats.rate, len(beats), float(beats.trace.mean())) == (250.0, 2, 1.0)


def test_times_are_seconds_from_the_beginning() -> None:
    np.testing.assert_allclose(beats_of(np.zeros(1800)).times, np.array(INDICES) / 360)


def test_intervals_stand_on_both_sides_and_the_median_at_the_ends() -> None:
    beats = beats_of(np.zeros(1800))
    np.testing.assert_allclose(beats.rr, [1, 1, 1.5])
    assert beats.usual_rr == 1
    np.testing.assert_allclose(beats.rr_before, [1, 1, 1, 1.5])
    np.testing.assert_allclose(beats.rr_after, [1, 1, 1.5, 1])


def test_a_single_beat_has_the_usual_interval() -> None:
    beats = beats_of(np.zeros(400), (100,))
    assert beats.rr_before.tolist() == beats.rr_after.tolist() == [USUAL_RR]


def test_no_beats_give_empty_arrays() -> None:
    beats = beats_of(np.zeros(400), ())
    assert len(beats) == len(beats.rr_before) == len(beats.rr_after) == len(beats.times) == 0
    assert beats.windows(Window(RATE, 180, 360)).shape == (0, 360)
    assert beats.rows().shape == (0, ROW_LENGTH)


def test_beyond_the_ends_stands_the_last_value() -> None:
    (first, last) = beats_of(np.arange(1, 401), (10, 390)).windows(Window(RATE, 50, 100))
    assert set(first[:41]) == {1}
    assert set(last[59:]) == {400}


def test_some_beats_are_as_among_all() -> None:
    beats, window = beats_of(wave(3)), Window(250.0, 60, 120)
    np.testing.assert_array_equal(beats.windows(window, slice(1, 3)), beats.windows(window)[1:3])
    np.testing.assert_array_equal(beats.rows(slice(1, 3)), beats.rows()[1:3])


@pytest.mark.parametrize("rate", [125.0, 250.0, 500.0, 257.0])
def test_a_wave_stays_itself_at_another_rate(rate: float) -> None:
    found = beats_of(wave(3)).resampled(rate)
    expected = wave(3, rate=rate)
    assert abs(len(found) - len(expected)) <= 1
    middle = slice(round(rate), round(4 * rate))
    np.testing.assert_allclose(found[middle], expected[middle], atol=0.01)


def test_r_stays_at_its_place_at_another_rate() -> None:
    peak = np.exp(-(((np.arange(1800) - 660) / 6) ** 2))
    (window,) = beats_of(peak, (660,)).windows(Window(125.0, 40, 80))
    assert abs(int(window.argmax()) - 40) <= 1


def test_a_constant_stays_one_to_the_ends_at_another_rate() -> None:
    np.testing.assert_allclose(beats_of(np.full(1800, 2.0)).resampled(125.0), 2, atol=1e-3)


def test_a_band_leaves_what_is_in_it_and_takes_the_rest() -> None:
    slow, inside, fast = wave(0.1, 20), wave(5, 20), wave(100, 20)
    found = beats_of(slow + inside + fast).resampled(RATE, (0.5, 40.0))
    middle = slice(5 * 360, 15 * 360)
    np.testing.assert_allclose(found[middle], inside[middle], atol=0.1)


def test_a_band_shifts_no_peak() -> None:
    peak = np.exp(-(((np.arange(1800) - 700) / 8) ** 2))
    assert beats_of(peak).resampled(RATE, (0.5, 40.0)).argmax() == 700


def test_a_trace_shorter_than_the_mirrored_edge_is_filtered_too() -> None:
    found = beats_of(wave(5, 0.2), (30,)).resampled(RATE, (0.5, 40.0))
    assert found.shape == (72,)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("rate", [360.0, 125.0, 250.0, 500.0])
@pytest.mark.parametrize("band", [None, (0.5, 40.0)])
def test_a_long_trace_is_filtered_in_pieces_as_it_would_be_in_one(
    monkeypatch: pytest.MonkeyPatch, rate: float, band: tuple[float, float] | None
) -> None:
    trace = wave(1.3, 200) + wave(0.05, 200) + wave(17, 200) + np.linspace(0, 3, 200 * 360)
    whole = beats_of(trace).resampled(rate, band)
    monkeypatch.setattr(ecg.beats.beats, "PIECE", 20_000)
    pieces = beats_of(trace).resampled(rate, band)
    assert (pieces.shape, pieces.dtype) == (whole.shape, whole.dtype)
    assert np.abs(pieces - whole).max() < 1e-3


def test_traces_are_forgotten_and_numbers_kept() -> None:
    beats = beats_of(wave(3))
    beats.kept["rr"] = beats.rr
    before = beats.resampled(125.0)
    beats.forget_traces()
    assert list(beats.kept) == ["rr"]
    assert beats.resampled(125.0) is not before


def test_the_trace_is_resampled_once() -> None:
    beats = beats_of(wave(3))
    assert beats.resampled(125.0) is beats.resampled(125.0)
    assert beats.resampled(125.0) is not beats.resampled(125.0, (0.5, 40.0))


def test_rows_run_from_r_for_1_2_intervals_and_are_zero_behind() -> None:
    trace = wave(2) + np.linspace(0, 1, 1800)
    rows = beats_of(trace).rows()
    assert rows.shape == (4, ROW_LENGTH)
    assert rows.dtype == np.float32
    assert (rows.min(), rows.max()) == (0, 1)
    assert not rows[0, 150:].any(), "1.2 x 1 s at 125 Hz"
    assert rows[0, 148:150].any()
    assert rows[2, 170:].any(), "the interval of 1.5 s fills the row"
    beats = beats_of(trace)
    kept = beats.resampled(125.0)[round(300 / 360 * 125) :][:150]
    np.testing.assert_allclose(
        rows[0, :150], (kept - kept.min()) / (kept.max() - kept.min()), atol=1e-5
    )


def test_rows_end_with_the_recording() -> None:
    (row,) = beats_of(wave(2)[: 360 + 72], (360,)).rows()
    assert row[:25].any()
    assert not row[25:].any()


def test_a_flat_row_is_zero() -> None:
    assert not beats_of(np.full(1800, 3.0), rate=125.0).rows().any()
