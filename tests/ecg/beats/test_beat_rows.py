"""Rows of 187 samples are known and read, or refused with row and column."""

import numpy as np
import pytest

from ecg.beats.rows import read_rows
from ecg.errors import EmptySignal, NotASignal, SignalError, SignalTooLarge, UnreadableSignal
from ecg.signal.read_signal import read_signal


def beats(labels: list[float] | None = None, count: int = 3, width: int = 187) -> list[list[float]]:
    """Rows that fall from 1 to 0 and end in zeros."""
    rows = [[max(0.0, 1 - place / (90 + row)) for place in range(width)] for row in range(count)]
    return [[*row, label] for row, label in zip(rows, labels or [], strict=False)] or rows


def written(rows: list[list[float]], header: str = "") -> bytes:
    lines = [",".join(f"{value:.18e}" for value in row) for row in rows]
    return ("\n".join([header, *lines] if header else lines) + "\n").encode()


def test_it_works() -> None:
    read = read_rows(written(beats([0, 4, 2])))

    assert read.values.dtype == np.float32
    np.testing.assert_allclose(read.values, beats(), atol=1e-6)
    assert read.labels == (0, 4, 2)


def test_rows_without_labels_have_none() -> None:
    assert read_rows(written(beats())).labels is None


def test_a_header_line_is_passed_over() -> None:
    header = ",".join(f"s{place}" for place in range(187)) + ",label"

    assert read_rows(written(beats([0, 1, 0]), header)).labels == (0, 1, 0)


def test_a_decimal_comma_is_read() -> None:
    data = written(beats([1])).replace(b",", b";").replace(b".", b",")

    np.testing.assert_allclose(read_rows(data).values, beats(count=1), atol=1e-6)


def test_many_rows_are_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecg.signal.csv.text.PART", 3000)

    assert read_rows(written(beats([0, 1, 2, 3, 4], count=5))).labels == (0, 1, 2, 3, 4)


def test_rows_given_as_a_signal_are_told_apart() -> None:
    found = read_signal({"mitbih_test.csv": written(beats())})
    assert found.rows is not None
    np.testing.assert_allclose(found.rows, read_rows(written(beats())).values)
    assert (found.rate, found.leads) == (125.0, ("rows",))
    assert "times and intervals mean nothing" in found.notes[0]


def test_rows_of_another_width_are_no_signal() -> None:
    with pytest.raises(SignalTooLarge, match="beats in rows of 187 samples have 187 columns"):
        read_signal({"mitbih_test.csv": written(beats(width=150))})


def changed(row: int, column: int, value: float) -> bytes:
    rows = beats([0, 1, 2])
    rows[row][column] = value
    return written(rows)


REFUSED: list[tuple[bytes, type[SignalError], str]] = [
    (b"", EmptySignal, "The file is empty: it must hold a table of numbers."),
    (
        written(beats(width=186)),
        NotASignal,
        "The rows have 186 columns: rows of beats have 187, or 188 with a label.",
    ),
    (
        changed(1, 4, 1.5),
        UnreadableSignal,
        "Row 2, column 5, holds 1.5: samples of such rows lie between 0 and 1.",
    ),
    (
        changed(2, 0, -0.5),
        UnreadableSignal,
        "Row 3, column 1, holds -0.5: samples of such rows lie between 0 and 1.",
    ),
    (
        changed(0, 187, 5),
        UnreadableSignal,
        "Row 1, column 188, holds the label 5: labels are whole numbers from 0 to 4.",
    ),
    (
        changed(0, 187, 0.5),
        UnreadableSignal,
        "Row 1, column 188, holds the label 0.5: labels are whole numbers from 0 to 4.",
    ),
    (changed(1, 9, float("nan")), UnreadableSignal, "Row 2, column 10, holds “nan”, not a number."),
    (
        written(beats()).replace(b"\n", b",0\n", 2).replace(b",0\n", b"\n", 1),
        UnreadableSignal,
        "Row 2 has 188 columns, the first one 187.",
    ),
    (
        written([[0.0] * 187]),
        UnreadableSignal,
        "Row 1 is flat: all of its 187 samples are equal.",
    ),
    (
        b"a" + b",a" * 186,
        UnreadableSignal,
        "There is a header and no row of a beat below it.",
    ),
    (
        written(beats()).replace(b"\n", b"\n\n", 1),
        UnreadableSignal,
        "Row 2 has 1 columns, the first one 187.",
    ),
]


@pytest.mark.parametrize(("data", "kind", "sentence"), REFUSED)
def test_wrong_rows_are_refused(data: bytes, kind: type[SignalError], sentence: str) -> None:
    with pytest.raises(kind) as raised:
        read_rows(data)
    assert str(raised.value) == sentence


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(SignalTooLarge, match="over 1 MB"):
        read_rows(b"0" * 1_000_001, most=1_000_000)


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecg.beats.rows.MAX_ROWS", 2)

    with pytest.raises(SignalTooLarge, match="There are over 2 rows"):
        read_rows(written(beats()))
