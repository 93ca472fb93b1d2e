"""From what was measured to rows: medians, ratios with their spread, targets met or missed."""

import operator
from dataclasses import dataclass
from statistics import median
from typing import Literal

from benchmarks.results.values import Measurements

Sign = Literal["<=", ">="]
HOLDS = {"<=": operator.le, ">=": operator.ge}
SIGNS = {"<=": "at most", ">=": "at least"}
UNITS = {"ms": "{:.1f} ms", "s": "{:.2f} s", "/s": "{:.1f}/s", "MB": "{:.0f} MB", "%": "{:.0%}"}
HEAD = "| what | measured | against | its figure | ratio (least to most) | target | met |"
LINE = "|---|---|---|---|---|---|---|"


@dataclass(frozen=True)
class Target:
    """What a ratio, or without another side a value, should keep to. unit: of a value."""

    sign: Sign
    bound: float


@dataclass(frozen=True)
class Side:
    """One side of a comparison: a system and a figure, at what it depends on."""

    system: str
    figure: str
    at: int = 0


@dataclass(frozen=True)
class PlannedRow:
    """One row to be: a figure of ours beside another one. other: None for a value of its own.

    part: under which name a reason is kept why it was not measured, beside those of the systems.
    """

    what: str
    unit: str
    ours: Side
    part: str
    other: Side | None = None
    against: str = ""
    target: Target | None = None


@dataclass(frozen=True)
class Ratio:
    """Ours divided by theirs, round by round: median, least and most."""

    middle: float
    least: float
    most: float


@dataclass(frozen=True)
class MeasuredRow:
    """One row of the table. met: None where there is no target, or nothing was measured.

    missing: why not, empty where all was measured.
    """

    comparison: PlannedRow
    ours: float | None
    theirs: float | None
    ratio: Ratio | None
    met: bool | None
    missing: str = ""


def make_row(comparison: PlannedRow, measurements: Measurements) -> MeasuredRow:
    """Medians, the ratio and whether the target is met."""
    ours = _middle(measurements, comparison.ours)
    theirs = _middle(measurements, comparison.other) if comparison.other else None
    ratio = ratio_of(comparison, measurements)
    counted = ratio.middle if ratio else None
    measured = ours if comparison.other is None else counted
    if measured is None:
        return MeasuredRow(
            comparison, ours, theirs, None, None, why_missing(comparison, measurements)
        )
    target = comparison.target
    met = HOLDS[target.sign](measured, target.bound) if target else None
    return MeasuredRow(comparison, ours, theirs, ratio, met)


def ratio_of(comparison: PlannedRow, measurements: Measurements) -> Ratio | None:
    """Over the rounds in which both sides were measured; None where there is none."""
    if comparison.other is None:
        return None
    one, other = (
        measurements.of(s.system, s.figure, s.at) for s in (comparison.ours, comparison.other)
    )
    found = [one[number] / other[number] for number in sorted(one) if other.get(number)]
    return Ratio(median(found), min(found), max(found)) if found else None


def why_missing(comparison: PlannedRow, measurements: Measurements) -> str:
    """The reason that was noted for either side or for the part, or that the run left it out."""
    sides = [side.system for side in (comparison.ours, comparison.other) if side]
    for name in (comparison.part, *sides):
        if name in measurements.missing:
            return measurements.missing[name]
    return "left out of this run"


def shown(value: float | None, unit: str) -> str:
    """A value with its unit, or a dash."""
    return "-" if value is None else UNITS[unit].format(value)


def target_words(row: MeasuredRow) -> str:
    """The target as words: `at most 1.25x`, `at most 50.0 ms`, or a dash."""
    target = row.comparison.target
    if target is None:
        return "-"
    alone = row.comparison.other is None
    bound = shown(target.bound, row.comparison.unit) if alone else f"{target.bound:g}x"
    return f"{SIGNS[target.sign]} {bound}"


def outcome(row: MeasuredRow) -> str:
    """yes, **missed**, a dash where there is no target, or why nothing was measured."""
    if row.missing:
        return f"not measured: {row.missing}"
    return {True: "yes", False: "**missed**", None: "-"}[row.met]


def table(rows: list[MeasuredRow]) -> str:
    """All rows as a Markdown table."""
    return "\n".join([HEAD, LINE, *(_line(row) for row in rows)])


def _line(row: MeasuredRow) -> str:
    ratio = row.ratio
    spread = f"{ratio.middle:.2f}x ({ratio.least:.2f} to {ratio.most:.2f})" if ratio else "-"
    unit = row.comparison.unit
    cells = [
        row.comparison.what,
        shown(row.ours, unit),
        row.comparison.against or "-",
        shown(row.theirs, unit) if row.comparison.other else "-",
        spread,
        target_words(row),
        outcome(row),
    ]
    return "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"


def _middle(measurements: Measurements, side: Side) -> float | None:
    return measurements.middle(side.system, side.figure, side.at)
