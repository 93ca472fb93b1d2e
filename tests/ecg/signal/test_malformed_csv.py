"""What is wrong with a table is said in one sentence, with row and column where there is one."""

import pytest

from ecg.errors import SignalError
from ecg.signal.read_options import ReadOptions
from ecg.signal.read_signal import read_signal
from tests.support.signals.malformed_tables import MALFORMED, MV
from tests.support.signals.signal_tables import RATE, table


def refusal(data: bytes, asked: ReadOptions = ReadOptions(rate=RATE)) -> str:  # noqa: B008 - frozen
    with pytest.raises(SignalError) as raised:
        read_signal({"ecg.csv": data}, asked)
    return str(raised.value)


@pytest.mark.parametrize("kind", MALFORMED)
def test_it_is_said_what_is_wrong(kind: str) -> None:
    data, sentence = MALFORMED[kind]

    assert refusal(data) == sentence


def test_a_good_table_is_not_refused() -> None:
    assert read_signal({"ecg.csv": table(MV)}, ReadOptions(rate=RATE)).notes == ()


@pytest.mark.parametrize("rate", [0, -360, 5, 1e6, float("nan"), float("inf")])
def test_an_impossible_rate_is_refused(rate: float) -> None:
    assert refusal(table(), ReadOptions(rate=rate)) == (
        f"The sampling rate asked for is {rate:g} Hz; it must be from 50 to 10000 Hz."
    )


def test_over_a_day_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecg.signal.checks.MAX_HOURS", 0.001)

    assert (
        refusal(table()) == "The recording lasts 0.0 hours at 100 Hz; at most 0.001 hours are read."
    )


def test_over_fifty_megabytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecg.signal.read_signal.MAX_BYTES", 1_000_000)

    assert refusal(b"0" * 1_000_001) == "The recording is over 1 MB."
