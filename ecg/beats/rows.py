"""Beats as rows of 187 samples: the popular form of MIT-BIH and PTB beats (Kachuee et al. 2018).

125 Hz, from the R peak on, 1.2 times the next RR interval long, each row between 0 and 1, zeros after
its end; a 188th column, where there is one, is the label: 0 to 4 for N S V F Q, or 0 and 1 for normal
and abnormal. https://arxiv.org/abs/1805.00794
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from ecg.errors import NotASignal, SignalTooLarge, UnreadableSignal
from ecg.signal.checks import check_values
from ecg.signal.csv.faults import MISSING
from ecg.signal.csv.layout import is_number
from ecg.signal.csv.text import count_rows, read_parts
from ecg.signal.read_options import USUAL_LIMITS, ReadLimits
from ecg.signal.signal import MAX_BYTES

ROW_SAMPLES = 187
ROW_RATE = 125.0  # Hz
ROW_LABELS = 5
MAX_ROWS = 200_000
TOLERANCE = 1e-6


@dataclass(frozen=True)
class BeatRows:
    """values: float32 (n, 187), from 0 to 1. labels: a number from 0 to 4 for each, or None."""

    values: npt.NDArray[np.float32]
    labels: tuple[int, ...] | None


def read_rows(data: bytes, most: int = MAX_BYTES, limits: ReadLimits = USUAL_LIMITS) -> BeatRows:
    """The beats in a table of 187 columns, or 188 with a label, with or without a header line.

    Raises SignalError's children: EmptySignal, SignalTooLarge (over `most` bytes, 200,000 rows or
    `limits.values` samples), NotASignal, UnreadableSignal (another width, values outside 0 to 1,
    labels outside 0 to 4), naming row and column.
    """
    parts = read_parts(data, limits.check, most)
    first = next(parts)
    form = _find_form(first.split("\n"))
    count = count_rows(data)  # blank rows after the last one and the header count here
    values = np.empty((min(count, MAX_ROWS + 1), ROW_SAMPLES), np.float32)
    labels: list[int] = []
    filled = 0
    for row, lines in _pieces(chain([first], parts), form):
        limits.check()
        end = filled + len(lines)
        if end > MAX_ROWS:
            raise SignalTooLarge(f"There are over {MAX_ROWS:,} rows, which are the most.")
        check_values(end * ROW_SAMPLES, limits.values)
        part = _read_part(lines, row, form)
        values[filled:end] = part[:, :ROW_SAMPLES]
        labels += part[:, ROW_SAMPLES:].ravel().astype(int).tolist()
        filled = end
    return BeatRows(values[:filled], tuple(labels) if form.width > ROW_SAMPLES else None)


@dataclass(frozen=True)
class _Form:
    """header: lines before the first row, 0 or 1. width: columns."""

    separator: str
    decimal_comma: bool
    header: int
    width: int


def _find_form(lines: Sequence[str]) -> _Form:
    """What the first lines tell."""
    separator = next((mark for mark in "\t;" if mark in lines[-1]), ",")
    decimal_comma = separator != "," and "," in lines[-1]
    header = 0 if is_number(_cells(lines[0], separator, decimal_comma)[0]) else 1
    if len(lines) == header:
        raise UnreadableSignal("There is a header and no row of a beat below it.")
    width = lines[header].count(separator) + 1
    if width not in (ROW_SAMPLES, ROW_SAMPLES + 1):
        raise NotASignal(
            f"The rows have {width} columns: rows of beats have {ROW_SAMPLES}, or "
            f"{ROW_SAMPLES + 1} with a label."
        )
    return _Form(separator, decimal_comma, header, width)


def _pieces(parts: Iterable[str], form: _Form) -> Iterator[tuple[int, list[str]]]:
    """The number of the first row, from 1, and the rows, some at a time, with a decimal point."""
    row = 1
    for part in parts:
        lines = (part.replace(",", ".") if form.decimal_comma else part).split("\n")
        skipped = max(0, form.header + 1 - row)
        if lines[skipped:]:
            yield row + skipped, lines[skipped:]
        row += len(lines)


def _cells(line: str, separator: str, decimal_comma: bool) -> list[str]:
    cells = [cell.strip().strip('"') for cell in line.split(separator)]
    return [cell.replace(",", ".") for cell in cells] if decimal_comma else cells


def _read_part(lines: list[str], first_row: int, form: _Form) -> npt.NDArray[np.float64]:
    """float64 (rows, width), checked."""
    try:
        values = (
            np.loadtxt(lines, delimiter=form.separator, comments=None, ndmin=2)
            if lines[0].strip()
            else None
        )
    except ValueError:
        values = None
    shape = (len(lines), form.width)
    if values is None or values.shape != shape or not np.isfinite(values).all():
        _raise_fault(lines, first_row, form)
        raise UnreadableSignal(f"Something in rows {first_row} and after is no number.")
    _check_values(values, first_row)
    return values


def _raise_fault(lines: list[str], first_row: int, form: _Form) -> None:
    for row, line in enumerate(lines, start=first_row):
        cells = _cells(line, form.separator, decimal_comma=False)
        if len(cells) != form.width:
            raise UnreadableSignal(
                f"Row {row} has {len(cells)} columns, the first one {form.width}."
            )
        for column, cell in enumerate(cells, start=1):
            if not is_number(cell):
                shown = f"“{cell}”" if cell.lower() in MISSING else "text"
                raise UnreadableSignal(f"Row {row}, column {column}, holds {shown}, not a number.")


def _check_values(values: npt.NDArray[np.float64], first_row: int) -> None:
    samples, labels = values[:, :ROW_SAMPLES], values[:, ROW_SAMPLES:]
    outside = (samples < -TOLERANCE) | (samples > 1 + TOLERANCE)
    if outside.any():
        row, column = np.unravel_index(int(outside.argmax()), outside.shape)
        raise UnreadableSignal(
            f"Row {first_row + row}, column {column + 1}, holds {samples[row, column]:.6g}: samples of such "
            "rows lie between 0 and 1."
        )
    wrong = ~np.isin(labels, range(ROW_LABELS)).all(axis=1)
    if wrong.any():
        place = int(wrong.argmax())
        raise UnreadableSignal(
            f"Row {first_row + place}, column {ROW_SAMPLES + 1}, holds the label "
            f"{labels[place, 0]:.6g}: labels "
            f"are whole numbers from 0 to {ROW_LABELS - 1}."
        )
    flat = np.ptp(samples, axis=1) == 0
    if flat.any():
        raise UnreadableSignal(
            f"Row {first_row + int(flat.argmax())} is flat: all of its {ROW_SAMPLES} samples are equal."
        )
