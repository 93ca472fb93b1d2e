"""The numbers of a table, read fast in parts; a fault is looked for only in a part that fails."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecg.csv_faults import LARGEST, raise_fault
from ecg.csv_layout import MAX_LINE, Layout, read_clock
from ecg.errors import UnreadableSignal
from ecg.signal import Samples

PART = 1_000_000  # characters read at once

Column = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Columns:
    """leads: float32 (leads, n) as in the file. time: float64 (n,) or None. whole: all leads are integers."""

    leads: Samples
    time: Column | None
    whole: bool


def read_columns(text: str, layout: Layout, leads: Sequence[int], time: int | None) -> Columns:
    """These columns of a table. Raises UnreadableSignal with row and column of the first fault."""
    wanted = [*leads, *([] if time is None else [time])]
    values, times, whole = [], [], True
    for first_row, lines in _parts(text, layout):
        part = _read_part(lines, first_row, layout, wanted)
        own = part[:, : len(leads)]
        whole = whole and bool((own == np.rint(own)).all())
        values.append(own.T.astype(np.float32))
        times.append(part[:, len(leads) :].T)
    track = None if time is None else np.concatenate(times, axis=1)[0]
    return Columns(np.concatenate(values, axis=1), track, whole)


def _parts(text: str, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """The number of a part's first row, from 1, and its lines, as `Layout.cells` would clean them."""
    place = 0
    for _ in range(layout.first):
        place = text.index("\n", place) + 1
    row = layout.first + 1
    while place < len(text):
        end = text.find("\n", min(place + PART, len(text)))
        part = text[place : end if end >= 0 else len(text)].replace('"', "").replace("'", "")
        lines = (part.replace(",", ".") if layout.decimal_comma else part).split("\n")
        yield row, lines
        row += len(lines)
        place = end + 1 if end >= 0 else len(text)


def _read_part(
    lines: list[str], first_row: int, layout: Layout, wanted: Sequence[int]
) -> npt.NDArray[np.float64]:
    """float64 (rows, wanted columns)."""
    longest = max(map(len, lines))
    if longest <= MAX_LINE and min(map(len, lines)) > 0:
        values = _parse(lines, layout, wanted)
        if values is not None and values.shape[0] == len(lines) and _are_usable(values):
            return values
    raise_fault(lines, first_row, layout, wanted)
    raise UnreadableSignal(
        f"Something in rows {first_row} to {first_row + len(lines) - 1} is not a table of numbers."
    )


def _parse(
    lines: list[str], layout: Layout, wanted: Sequence[int]
) -> npt.NDArray[np.float64] | None:
    """The numbers, or None where NumPy finds that a row is not as the others, or a cell no number."""
    if not lines[0].strip():
        return None
    some = list(wanted) != list(range(layout.width))
    between = layout.width - 1
    if some and any(line.count(layout.separator) != between for line in lines):
        return None  # with `usecols` NumPy wouldn't see it
    clocks: dict[int | str, Callable[[str], float]] = {
        column: read_clock for column in wanted if layout.roles[column] == "clock"
    }
    try:
        values = np.loadtxt(
            lines,
            delimiter=layout.separator,
            comments=None,
            ndmin=2,
            usecols=tuple(wanted) if some else None,
            converters=clocks or None,
        )
    except ValueError:
        return None
    return values if values.shape[1] == len(wanted) else None


def _are_usable(values: npt.NDArray[np.float64]) -> bool:
    return bool(np.isfinite(values).all()) and float(np.abs(values).max()) <= LARGEST
