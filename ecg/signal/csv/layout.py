"""How a table is laid out: separator, decimal sign, header, and what each column is."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ecg.errors import NotASignal, SignalTooLarge, UnreadableSignal
from ecg.signal.lead_names import known_name

Role = Literal["sample", "time", "clock", "text", "lead"]

MAX_COLUMNS = 64
MAX_FIELD = 64  # characters of one cell
MAX_LINE = MAX_COLUMNS * (MAX_FIELD + 3)
LOOKED_AT = 50  # rows at the start that tell the layout
NAMED_UNIT = re.compile(r"^(.*?)[\s_]*[\[(]\s*([^\])]*?)\s*[\])]$")
CLOCK = re.compile(r"^\[?(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2}(?:\.\d+)?)\]?$", re.ASCII)
NOT_NUMBERS = {"nan", "inf", "-inf"}
NUMBER = re.compile(r"^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$", re.ASCII)
TIME_NAMES = re.compile(
    r"^(elapsed[ _]?)?(t|time|zeit|m?secs?|seconds|ms|timestamp)([ _]?m?s)?$", re.IGNORECASE
)
SAMPLE_NAMES = re.compile(
    r"^(sample|samples|index|idx|no|nr|unnamed: 0)?[ _]?(#|no|number|index)?$", re.IGNORECASE
)
UNITS = re.compile(
    r"^(|m?v|[uµμ]v|adc|adu|raw|[mµμu]?s|m?secs?|seconds|#|sample.*|(h+:)?m+:s+(\.\w+)?)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Layout:
    """A table's form.

    names, units, roles: one for each column; a unit is "" where none is told. first: rows before
    the first of numbers.
    """

    separator: str
    decimal_comma: bool
    names: tuple[str, ...]
    units: tuple[str, ...]
    roles: tuple[Role, ...]
    first: int

    @property
    def width(self) -> int:
        return len(self.names)

    def find(self, *roles: Role) -> list[int]:
        """The columns of these roles."""
        return [place for place, role in enumerate(self.roles) if role in roles]

    def words(self, column: int) -> str:
        """How people find a column: its number from 1, and its name where that is a usual one."""
        name = known_name(self.names[column])
        return f"column {column + 1} ({name})" if name else f"column {column + 1}"

    def cells(self, line: str) -> list[str]:
        """The cells of a row of numbers, with a decimal point, without quotes and spaces."""
        plain = line.replace('"', "").replace("'", "")
        cells = [cell.strip() for cell in plain.split(self.separator)]
        return [cell.replace(",", ".") for cell in cells] if self.decimal_comma else cells


def find_layout(lines: Sequence[str]) -> Layout:
    """The layout told by the first rows of a table.

    Raises SignalTooLarge (too many columns, too long a cell), NotASignal (no column of numbers),
    UnreadableSignal (no rows below the header, two columns of one name).
    """
    _check_lengths(lines)
    skipped = _skipped(lines)
    separator, decimal_comma = _separator(lines[skipped:])
    header, units, first = _header(lines, skipped, separator)
    if first >= len(lines):
        raise UnreadableSignal(f"There is no row of numbers: row {len(lines)} is the last one.")
    draft = Layout(separator, decimal_comma, (), (), (), first)
    rows = [draft.cells(line) for line in lines[first:]]
    width = len(header) if header else Counter(map(len, rows)).most_common(1)[0][0]
    if width > MAX_COLUMNS:
        raise SignalTooLarge(
            f"The table has {width} columns; a signal has at most {MAX_COLUMNS} (beats in rows of 187 "
            "samples have 187 columns, or 188 with a label)."
        )
    names, told = _names(header or [""] * width, units)
    roles = tuple(_role(place, names, rows, bool(header)) for place in range(width))
    if not {"lead"} & set(roles):
        raise NotASignal(
            "No column of numbers was found: the table must have a row for each sample and a column "
            "for each lead, separated by commas, semicolons or tabs."
        )
    return Layout(separator, decimal_comma, tuple(names), tuple(told), roles, first)


def is_number(cell: str) -> bool:
    """Whether a cell, with a decimal point, is a finite number."""
    return NUMBER.match(cell) is not None


def read_clock(cell: str) -> float:
    """Seconds of h:mm:ss.sss or m:ss.sss, quotes and brackets aside. Raises ValueError."""
    match = CLOCK.match(cell.strip().strip("'\""))
    if match is None:
        raise ValueError(cell)
    hours, minutes, seconds = match.groups()
    return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)


def _check_lengths(lines: Sequence[str]) -> None:
    for row, line in enumerate(lines, start=1):
        if len(line) > MAX_LINE * 10:  # rows of beats are longer than those of signals
            raise SignalTooLarge(
                f"Row {row} has {len(line):,} characters: that is no table of leads."
            )


def _skipped(lines: Sequence[str]) -> int:
    """How many lines stand before the table: comments, and Excel's `sep=`."""
    for place, line in enumerate(lines):
        if not line.startswith("#") and not line.lower().startswith(("sep=", '"sep=')):
            return place
    return len(lines)


def _separator(lines: Sequence[str]) -> tuple[str, bool]:
    """The separator, and whether numbers have a decimal comma."""
    body = lines[-1] if lines else ""
    for separator in ("\t", ";"):
        if separator in body:
            return separator, "," in body.replace('"', "")
    alone = bool(lines) and "," not in lines[0] and not is_number(lines[0].strip())
    if alone and "," in body and not any("." in line or line.count(",") > 1 for line in lines[1:]):
        return ";", True
    return ",", False


def _header(lines: Sequence[str], skipped: int, separator: str) -> tuple[list[str], list[str], int]:
    """Names, units, and how many rows stand before the first of numbers."""
    if skipped >= len(lines):
        return [], [], skipped
    names = _row(lines[skipped], separator)
    if not any(names):
        return [], [], skipped
    counted = not names[0] and names[1:] == [str(place) for place in range(len(names) - 1)]
    if any(map(_is_datum, names)) and not counted:
        return [], [], skipped
    units = _row(lines[skipped + 1], separator) if skipped + 1 < len(lines) else []
    if (
        units
        and len(units) == len(names)
        and all(UNITS.match(unit) for unit in units)
        and any(units)
    ):
        return names, units, skipped + 2
    return names, [""] * len(names), skipped + 1


def _row(line: str, separator: str) -> list[str]:
    cells = next(csv.reader([line], delimiter=separator), [])
    return [cell.strip().strip("'\"").strip() for cell in cells]


def _is_datum(cell: str) -> bool:
    """Whether this stands below a header rather than in it."""
    number = is_number(cell.replace(",", ".")) or cell.lower() in NOT_NUMBERS
    return number or CLOCK.match(cell) is not None


def _names(header: Sequence[str], units: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names without units, and units, of each column."""
    names, told = [], []
    for place, cell in enumerate(header):
        if len(cell) > MAX_FIELD:
            raise SignalTooLarge(
                f"The name of column {place + 1} has {len(cell):,} characters; {MAX_FIELD} are the most."
            )
        match = NAMED_UNIT.match(cell)
        unit = units[place] if place < len(units) else ""
        named = match is not None and bool(match[1]) and UNITS.match(match[2]) is not None
        names.append(_printable(match[1] if match and named else cell))
        told.append(unit or (match[2] if match and named else ""))
    called = [(name or f"column {place}").upper() for place, name in enumerate(names, start=1)]
    again = [name for name, times in Counter(called).items() if times > 1]
    if again:
        places = [place for place, name in enumerate(called) if name == again[0]]
        shown = known_name(names[places[0]] or names[places[1]])
        raise UnreadableSignal(
            f"Columns {places[0] + 1} and {places[1] + 1} have the same name"
            f"{f' ({shown})' if shown else ''}: each lead needs its own."
        )
    return names, told


def _printable(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable()).strip()


def _role(place: int, names: Sequence[str], rows: Sequence[Sequence[str]], headed: bool) -> Role:
    """What a column is, by its name, by its first cells, and, of the first one, by steady rising."""
    cells = [row[place] for row in rows if place < len(row) and row[place]]
    if not cells:
        return "lead" if names[place] else "text"  # a separator at the end of each row
    if CLOCK.match(cells[0]):
        return "clock"
    if not any(is_number(cell) or cell.lower() in NOT_NUMBERS for cell in cells):
        return "text"
    named = _role_by_name(place, names[place]) if headed else None
    if named is None and place == 0 and len(names) > 1 and _is_steady(cells):
        return "time" if float(cells[1]) - float(cells[0]) < 0.5 else "sample"
    return named or "lead"


def _role_by_name(place: int, name: str) -> Role | None:
    if TIME_NAMES.match(name):
        return "time"
    return "sample" if (name or place == 0) and SAMPLE_NAMES.match(name) else None


def _is_steady(cells: Sequence[str]) -> bool:
    """Whether these rise by the same step, to 1 %."""
    if len(cells) < 10 or not all(is_number(cell) for cell in cells):
        return False
    values = [float(cell) for cell in cells]
    steps = [after - before for before, after in pairwise(values)]
    mean = (values[-1] - values[0]) / (len(values) - 1)
    return mean > 0 and all(0.5 * mean < step < 1.5 * mean for step in steps)
