"""A time column tells the rate, over any number of parts, or is refused in words."""

import numpy as np
import pytest

from ecg.errors import SignalError, SignalTooLarge, UnreadableSignal
from ecg.signal.read_options import ReadLimits, ReadOptions
from ecg.signal.read_signal import read_signal
from ecg.signal.signal import RATES, Signal
from tests.support.signals.signal_tables import rows, table, wave

COUNT = 1500
VALUES = wave(COUNT / 360, 360)


def read(times: list[str], header: str = "time (s),ECG (mV)") -> Signal:
    lines = [f"{time},{value:.3f}" for time, value in zip(times, VALUES, strict=False)]
    return read_signal({"a.csv": "\n".join([header, *lines]).encode()})


def times(step: float, first: float = 0.0) -> list[str]:
    return [repr(first + place * step) for place in range(COUNT)]


@pytest.mark.parametrize(
    ("header", "step", "rate"),
    [
        ("time (s),ECG (mV)", 1 / 360, 360),
        ("time (ms),ECG (mV)", 2, 500),
        ("time (us),ECG (mV)", 4000, 250),
        ("t,ECG (mV)", 0.008, 125),
    ],
)
def test_it_works(header: str, step: float, rate: float) -> None:
    assert read(times(step), header).rate == pytest.approx(rate, rel=1e-9)


@pytest.mark.parametrize("part", [700, 3000, 10_000])
def test_parts_tell_the_same_rate(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecg.signal.csv.text.PART", part)

    assert read([f"{place / 360:.3f}" for place in range(COUNT)]).rate == 360


def test_times_of_day_pass_midnight_in_any_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecg.signal.csv.text.PART", 4000)
    seconds = [(86_398 + place / 250) % 86_400 for place in range(COUNT)]
    clocks = [f"{int(s) // 3600}:{int(s) // 60 % 60:02d}:{s % 60:06.3f}" for s in seconds]

    assert read(clocks, "time,ECG (mV)").rate == 250


def test_a_gap_in_a_later_part_has_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecg.signal.csv.text.PART", 3000)
    told = [f"{(place + (place > 998)) / 250:.3f}" for place in range(COUNT)]

    with pytest.raises(
        UnreadableSignal, match=r"^Row 1001, column 1 \(time\): the time goes from 3.992"
    ):
        read(told)


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
@pytest.mark.parametrize("step", [5e-324, 1e-323, 1e-310, 1e-309, 1e-300, 1e-30, 1e-12, 1e-6, 1e5])
def test_steps_of_no_recording_are_refused(step: float, unit: str) -> None:
    with pytest.raises(
        UnreadableSignal, match=r"^The times in column 1 \(time\) tell .* Hz, and 50 to"
    ):
        read(times(step), f"time ({unit}),ECG (mV)")


@pytest.mark.parametrize(
    "told",
    [
        times(-0.004),
        times(0.0),
        times(-5e-324),
        [f"{place}e400" for place in range(COUNT)],
        [f"-{place}e400" for place in range(COUNT)],
        [f"{place}e-400" for place in range(COUNT)],
        ["9" * 5000] * COUNT,
        ["nan"] * COUNT,
        ["inf"] * COUNT,
        ["1e308", "-1e308"] * (COUNT // 2),
        ["0:00:00.000"] * COUNT,
        [f"{place}:00:00" for place in range(999)],
        [f"{place}:99:99.999999999999999" for place in range(999)],
        times(1e-9, first=1e8),
    ],
)
def test_times_that_are_none_are_refused(told: list[str]) -> None:
    with pytest.raises(SignalError, match=r"\.$"):
        read(told, "time,ECG (mV)")


def test_digits_of_other_alphabets_are_no_times() -> None:
    signal = read(["\uff11\uff12"] * COUNT, "time,ECG (mV)")

    assert "Column 1 (time) holds text and is left out." in signal.notes


@pytest.mark.parametrize("step", [5e-324, 1e-300, 1e-7])
def test_sample_numbers_that_hardly_rise_are_refused(step: float) -> None:
    with pytest.raises(
        UnreadableSignal, match=r"^Row 3, column 1 \(sample\): the number goes from 0 to"
    ):
        read(times(step), "sample,ECG (mV)")


@pytest.mark.parametrize(
    "rate", [float("nan"), float("inf"), -360.0, 0.0, 5e-324, 1e308, RATES[0] - 0.001]
)
def test_rates_of_no_recording_are_refused(rate: float) -> None:
    with pytest.raises(
        UnreadableSignal, match=r"^The sampling rate asked for is .* Hz; it must be"
    ):
        read_signal({"a.csv": table()}, ReadOptions(rate=rate))


@pytest.mark.parametrize("unit", ["V", "mV", "uV", "adc"])
@pytest.mark.parametrize("values", ["{}e8", "-{}e8", "{}e-320"])
def test_values_of_no_ecg_are_refused(values: str, unit: str) -> None:
    lines = [f"ECG ({unit})", *(values.format(place % 7) for place in range(COUNT))]
    with pytest.raises(UnreadableSignal, match=r"within 1000 mV|is flat"):
        read_signal({"a.csv": "\n".join(lines).encode()})


def test_more_samples_than_the_limit_are_refused() -> None:
    data = {"a.csv": table()}
    read_all = read_signal(data, ReadOptions(rate=100), ReadLimits(values=800))
    assert read_all.values.shape == (2, 400)
    with pytest.raises(SignalTooLarge, match="over 799 samples, all leads together"):
        read_signal(data, limits=ReadLimits(values=799))


def test_reading_stops_where_nobody_waits_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecg.signal.csv.text.PART", 1000)
    asked = []

    def check() -> None:
        asked.append(1)
        if len(asked) == 5:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        read_signal({"a.csv": table()}, limits=ReadLimits(check=check))


def test_a_row_without_an_end_is_refused_at_once() -> None:
    with pytest.raises(SignalTooLarge, match=r"^Row 2 has over 100,000 characters"):
        read_signal({"a.csv": b"ECG\n" + b"0.1, " * 300_000})


@pytest.mark.parametrize("blank", [b"\n", b"\r\n", b"\r", b" \t\n"])
def test_any_number_of_blank_lines_may_follow(blank: bytes) -> None:
    data = ("ECG (mV)\n" + "\n".join(row.split(",")[0] for row in rows(800))).encode()

    signal = read_signal({"a.csv": data + blank * 1_000_000})

    np.testing.assert_array_equal(signal.values, read_signal({"a.csv": data}).values)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-be"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_parts_that_cut_letters_and_line_ends_give_the_same(
    encoding: str, newline: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = newline.join(
        ["time (s),ECG (µV)", *(f"{i / 250:.3f},{1000 * v:.1f}" for i, v in enumerate(VALUES))]
    )
    data = text.encode(encoding)
    data = b"\xfe\xff" + data if encoding == "utf-16-be" else data
    whole = read_signal({"a.csv": data})
    monkeypatch.setattr("ecg.signal.csv.text.PART", 1501)

    read_again = read_signal({"a.csv": data})

    np.testing.assert_array_equal(read_again.values, whole.values)
    assert (read_again.rate, read_again.values.shape) == (250, (1, COUNT))
