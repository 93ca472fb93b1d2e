"""The numbers of a table, read fast, in parts; faults are looked for only in a part that fails."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecg.errors import UnreadableSignal
from ecg.signal.checks import check_values
from ecg.signal.csv.faults import LARGEST, raise_fault
from ecg.signal.csv.layout import MAX_LINE, Layout, read_clock
from ecg.signal.csv.time_column import Track
from ecg.signal.read_options import ReadLimits
from ecg.signal.signal import Values


@dataclass(frozen=True)
class Chosen:
    """Which columns of a table are read: those of leads, and that of time or sample numbers."""

    layout: Layout
    leads: Sequence[int]
    time: int | None

    @property
    def columns(self) -> list[int]:
        """All that are read."""
        return [*self.leads, *([] if self.time is None else [self.time])]


@dataclass(frozen=True)
class Columns:
    """leads: float32 (leads, n) as in the file. track: of the time. whole: all leads are integers."""

    leads: Values
    track: Track | None
    whole: bool


def read_columns(parts: Iterable[str], chosen: Chosen, rows: int, limits: ReadLimits) -> Columns:
    """These columns of a table, from its text in parts of whole rows, of which there are at most `rows`.

    Raises UnreadableSignal with row and column of the first fault, SignalTooLarge.
    """
    count = len(chosen.leads)
    leads = np.empty((count, min(rows, limits.values // count + 1)), np.float32)
    track = None if chosen.time is None else Track(chosen.layout, chosen.time)
    filled, whole = 0, True
    for first_row, lines in _rows(parts, chosen.layout):
        limits.check()
        check_values((filled + len(lines)) * count, limits.values)
        part = _read_part(lines, first_row, chosen.layout, chosen.columns)
        own = part[:, :count]
        whole = whole and bool((own == np.rint(own)).all())
        leads[:, filled : filled + len(own)] = own.T
        if track is not None:
            track.add(part[:, count])
        filled += len(own)
    return Columns(leads[:, :filled], track, whole)


def _rows(parts: Iterable[str], layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """The number of a part's first row, from 1, and its lines, as `Layout.cells` would clean them."""
    row = 1
    for part in parts:
        plain = part.replace('"', "").replace("'", "")
        lines = (plain.replace(",", ".") if layout.decimal_comma else plain).split("\n")
        skipped = max(0, layout.first + 1 - row)
        yield row + skipped, lines[skipped:]
        row += len(lines)


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
