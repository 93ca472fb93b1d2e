"""The first fault in a table, by row and column: looked for only once reading has failed."""

from collections.abc import Sequence

from ecg.errors import UnreadableSignal
from ecg.signal.csv.layout import MAX_FIELD, Layout, is_number, read_clock

LARGEST = 1e9  # larger numbers are no measurement, in any unit
FORMULAS = ("=", "+", "@")
MISSING = {"nan", "na", "n/a", "null", "none", "-", "?"}
INFINITE = {"inf", "infinity"}


def raise_fault(
    lines: Sequence[str], first_row: int, layout: Layout, wanted: Sequence[int]
) -> None:
    """Raises UnreadableSignal for the first fault in these lines, of which the first is `first_row`.

    `wanted`: the columns that are read; what stands in others is no fault.
    """
    for row, line in enumerate(lines, start=first_row):
        _check_row(row, line, layout, wanted)


def _check_row(row: int, line: str, layout: Layout, wanted: Sequence[int]) -> None:
    if not line.strip():
        raise UnreadableSignal(f"Row {row} is empty: every row must hold one sample of each lead.")
    cells = layout.cells(line)
    if len(cells) != layout.width:
        raise UnreadableSignal(
            f"Row {row} has {_count(len(cells), 'cell')}, the table "
            f"{_count(layout.width, 'column')}: all rows must be equally long."
        )
    for column in wanted:
        reason = _fault(cells[column], clock=layout.roles[column] == "clock")
        if reason:
            raise UnreadableSignal(f"Row {row}, {layout.words(column)}, {reason}.")


def _fault(cell: str, *, clock: bool) -> str:  # noqa: PLR0911 - one return for each kind of cell
    if not cell:
        return "is empty: a gap can't be read, give every sample a number"
    if len(cell) > MAX_FIELD:
        return f"holds {len(cell):,} characters: a number has at most {MAX_FIELD}"
    if clock:
        return "" if _is_clock(cell) else "holds text, not a time as h:mm:ss.sss"
    if is_number(cell):
        return "" if abs(float(cell)) <= LARGEST else f"holds “{cell}”, too large for an ECG"
    if cell.lower() in MISSING:
        return f"holds “{cell}”: a gap can't be read, give every sample a number"
    if cell.lower().lstrip("+-") in INFINITE:
        return f"holds “{cell}”: samples must be finite numbers"
    if cell.startswith(FORMULAS):
        return "holds a formula: save the numbers that it gives"
    return "holds text, not a number"  # which text is not told: it may be a name


def _is_clock(cell: str) -> bool:
    try:
        read_clock(cell)
    except ValueError:
        return False
    return True


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
