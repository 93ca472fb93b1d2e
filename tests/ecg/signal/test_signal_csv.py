"""A table of numbers becomes a recording in millivolts, whichever program wrote it."""

import time
from contextlib import suppress

import numpy as np
import pytest

from ecg.errors import SignalError, UnknownLead, UnreadableSignal
from ecg.signal.read_options import ReadOptions
from ecg.signal.read_signal import read_signal
from ecg.signal.signal import Signal
from tests.support.signals.signal_tables import RATE, rows, table, wave

FIRST, SECOND = wave(), wave(shift=0.2)
AT_100 = ReadOptions(rate=RATE)


def read(data: bytes | str, asked: ReadOptions = AT_100) -> Signal:
    return read_signal({"ecg": data.encode() if isinstance(data, str) else data}, asked)


def lines_of(*columns: object, separator: str = ",", header: str = "") -> str:
    """A table of these columns, each a sequence."""
    body = (separator.join(str(cell) for cell in row) for row in zip(*columns, strict=True))
    return "\n".join([header, *body] if header else body) + "\n"


def test_it_works() -> None:
    signal = read(table(), ReadOptions(rate=RATE, unit="mV"))

    assert signal.leads == ("MLII", "V5")
    assert signal.values.dtype == np.float32
    np.testing.assert_allclose(signal.values, [FIRST, SECOND], atol=1e-6)
    assert (signal.rate, signal.rate_source, signal.notes) == (RATE, "asked", ())


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-mark", "utf-16-be-mark"]
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_encoding_and_line_ending_is_read(encoding: str, newline: str) -> None:
    text = table().decode().replace("\n", newline)
    if encoding.endswith("-mark"):
        data = ("\ufeff" + text).encode(encoding.removesuffix("-mark"))
    else:
        data = text.encode(encoding)

    np.testing.assert_allclose(read(data).values, [FIRST, SECOND], atol=1e-6)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_separator_is_read(separator: str) -> None:
    signal = read(table().decode().replace(",", separator))

    assert signal.leads == ("MLII", "V5")
    np.testing.assert_allclose(signal.values, [FIRST, SECOND], atol=1e-6)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_decimal_comma_is_read(separator: str) -> None:
    text = table().decode().replace(",", separator).replace(".", ",")

    np.testing.assert_allclose(read(text).values, [FIRST, SECOND], atol=1e-6)


def test_one_column_with_a_decimal_comma_is_read() -> None:
    signal = read(lines_of([f"{v:.3f}".replace(".", ",") for v in FIRST], header="ECG"))

    np.testing.assert_allclose(signal.values, [FIRST], atol=1e-6)


def test_the_line_that_excel_reads_its_separator_from_is_passed_over() -> None:
    text = "sep=;\n" + table().decode().replace(",", ";")

    assert read(text).leads == ("MLII", "V5")


def test_without_a_header_columns_are_named_by_their_number() -> None:
    assert read(table(None)).leads == ("column 1", "column 2")


def test_one_column_without_a_header_is_called_ecg() -> None:
    assert read(lines_of(FIRST)).leads == ("ECG",)


def test_the_public_mit_bih_export_is_read() -> None:
    digital = np.round(wave(8) * 200 + 1024).astype(int)
    text = lines_of(range(800), digital, digital[::-1], header="'sample #','MLII','V5'")

    signal = read(text, ReadOptions())

    assert signal.leads == ("MLII", "V5")
    assert (signal.rate, signal.rate_source) == (360, "assumed")
    np.testing.assert_allclose(signal.values[0], (digital - 1024) / 200, atol=1e-6)
    assert signal.notes[0].startswith("The file tells no sampling rate: 360 Hz are assumed")
    assert any("(value - 1024) / 200" in note for note in signal.notes)


def test_double_quotes_and_an_unnamed_index_are_read() -> None:
    quoted = [f'"{value}"' for value in FIRST]

    assert read(lines_of(range(400), quoted, header='"","MLII"')).leads == ("MLII",)


def test_columns_numbered_by_pandas_are_read() -> None:
    assert read(lines_of(range(400), FIRST, SECOND, header=",0,1")).leads == ("0", "1")


def test_the_export_of_rdsamp_with_times_and_units_is_read() -> None:
    clock = [f"'{i // 6000}:{i / 100 % 60:06.3f}'" for i in range(400)]
    text = lines_of(clock, FIRST, header="'Elapsed time','MLII'\n'hh:mm:ss.mmm','mV'")

    signal = read(text, ReadOptions())

    assert (signal.leads, signal.rate, signal.rate_source) == (("MLII",), 100, "file")
    assert signal.notes == ()
    np.testing.assert_allclose(signal.values, [FIRST], atol=1e-6)


def test_the_export_of_rdsamp_with_samples_and_units_is_read() -> None:
    signal = read(lines_of(range(400), FIRST, header="'sample #','MLII'\n'sample #','mV'"))

    assert (signal.leads, signal.notes) == (("MLII",), ())


@pytest.mark.parametrize(
    ("name", "factor"),
    [("time", 1), ("Time (s)", 1), ("time [ms]", 1000), ("time_ms", 1000), ("t", 1)],
)
def test_a_time_column_tells_the_rate(name: str, factor: float) -> None:
    times = [f"{i / 360 * factor:.6f}" for i in range(1440)]
    signal = read(lines_of(times, wave(4, 360), header=f"{name},ECG"), ReadOptions())

    assert (signal.rate, signal.rate_source, signal.leads) == (360, "file", ("ECG",))


def test_a_time_column_rounded_to_milliseconds_tells_the_exact_rate() -> None:
    times = [f"{i / 360:.3f}" for i in range(1440)]

    assert read(lines_of(times, wave(4, 360), header="time,ECG"), ReadOptions()).rate == 360


def test_a_time_column_without_a_name_is_known_by_its_steady_rise() -> None:
    times = [f"{i / 250:.3f}" for i in range(1000)]
    signal = read(lines_of(times, wave(4, 250)), ReadOptions())

    assert (signal.rate, signal.leads) == (250, ("ECG",))


def test_a_clock_that_passes_midnight_is_read() -> None:
    times = [f"{'23:59' if i < 200 else '0:00'}:{(58 + i / 100) % 60:06.3f}" for i in range(400)]

    assert read(lines_of(times, FIRST, header="time,ECG"), ReadOptions()).rate == 100


def test_of_sample_and_time_column_the_time_tells_the_rate() -> None:
    times = [i / 100 for i in range(400)]
    signal = read(lines_of(range(400), times, FIRST, header="sample,time,ECG"), ReadOptions())

    assert (signal.rate, signal.leads) == (100, ("ECG",))


def test_a_sample_column_tells_no_rate() -> None:
    signal = read(lines_of(range(800), wave(8), header="sample,ECG"), ReadOptions())

    assert (signal.leads, signal.rate_source) == (("ECG",), "assumed")


def test_the_rate_asked_for_wins_with_a_note() -> None:
    times = [i / 100 for i in range(400)]
    signal = read(lines_of(times, FIRST, header="time,ECG (mV)"), ReadOptions(rate=200))

    assert (signal.rate, signal.rate_source) == (200, "asked")
    assert signal.notes == ("Read at 200 Hz as asked for, although the file tells 100 Hz.",)


@pytest.mark.parametrize(
    ("unit", "factor"), [("mV", 1), ("uV", 1000), ("µV", 1000), ("V", 0.001), ("ADC", 200)]
)
def test_the_unit_of_the_header_wins(unit: str, factor: float) -> None:
    values = np.round(FIRST * factor + (1024 if unit == "ADC" else 0), 6)
    signal = read(lines_of(values, header=f"ECG ({unit})"))

    assert signal.leads == ("ECG",)
    np.testing.assert_allclose(signal.values, [FIRST], atol=1e-4)


def test_the_unit_asked_for_wins_over_the_header() -> None:
    signal = read(lines_of(FIRST * 200 + 1024, header="ECG (mV)"), ReadOptions(RATE, unit="adc"))

    np.testing.assert_allclose(signal.values, [FIRST], atol=1e-4)


def test_whole_numbers_far_from_1024_lose_their_median() -> None:
    digital = np.round(FIRST * 200).astype(int) - 5000
    signal = read(lines_of(digital, header="ECG"))

    assert abs(float(np.median(signal.values))) < 1e-6
    assert any("the lead's median" in note for note in signal.notes)


def test_one_lead_can_be_asked_for() -> None:
    signal = read(table(changed={7: "oops,0.5"}), ReadOptions(RATE, lead="v5"))

    assert signal.leads == ("V5",)


def test_an_unknown_lead_is_refused_naming_those_there_are() -> None:
    with pytest.raises(UnknownLead, match="no such column in this table; it has MLII, V5"):
        read(table(), ReadOptions(RATE, lead="aVR"))


def test_a_column_of_text_is_left_out_and_told() -> None:
    signal = read(lines_of(FIRST, ["N"] * 400, header="ECG,beat"))

    assert signal.leads == ("ECG",)
    assert "Column 2 (beat) holds text and is left out." in signal.notes


def test_a_separator_at_the_end_of_each_row_is_no_column() -> None:
    assert read("\n".join(f"{row}," for row in ["MLII,V5", *rows()])).leads == ("MLII", "V5")


def test_a_long_flat_stretch_is_told() -> None:
    values = wave(60)
    values[2000:3500] = 0.05
    signal = read(lines_of(values, header="ECG (mV)"))

    (note,) = signal.notes
    assert note == (
        "Column 1 (ECG) is flat for 15 s in all, the longest stretch 15 s from 20 s on; no beats are "
        "found there."
    )


def test_light_clipping_is_told() -> None:
    values = wave(20).clip(max=0.8)
    signal = read(lines_of(values, header="ECG (mV)"))

    assert "of its samples at the highest value, 0.8 mV: it may be clipped." in signal.notes[0]


def test_coarse_levels_are_not_clipping() -> None:
    coarse = np.round(wave(8) * 10) / 10

    assert read(lines_of(coarse, header="ECG (mV)")).notes == ()


def test_a_fault_after_the_first_part_has_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecg.signal.csv.text.PART", 2000)

    with pytest.raises(UnreadableSignal, match="Row 351, column 2 "):
        read(table(changed={351: "0.1,x"}))


def test_parts_give_the_same_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(table())
    monkeypatch.setattr("ecg.signal.csv.text.PART", 77)

    np.testing.assert_array_equal(read(table()).values, whole.values)


def test_thirty_minutes_are_read_in_seconds() -> None:
    seconds = np.tile(np.round(wave(60, 360) * 200 + 1024).astype(int), 30).tolist()
    data = "sample,ECG\n" + "\n".join(f"{i},{value}" for i, value in enumerate(seconds))
    begun = time.process_time()

    signal = read(data, ReadOptions())

    assert signal.values.shape == (1, 648_000)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("seed", range(40))
def test_random_damage_is_read_or_refused_in_words(seed: int) -> None:
    dice = np.random.default_rng(seed)
    data = bytearray(table())
    for place in dice.integers(0, len(data), size=3):
        data[place] = dice.integers(0, 256)
    with suppress(SignalError):  # anything else would fail here
        assert np.isfinite(read(bytes(data)).values).all()
