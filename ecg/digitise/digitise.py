"""From a page to signals: the traces of a clean 12-lead page as millivolts over time.

Works on exports with a trace frame, a millimetre grid, calibration pulses and lines between the
leads, in the one layout that `ecg.digitise.page_layout` knows. Photos and other layouts are refused.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ecg.digitise.ink import (
    ONLY_CLEAN,
    Coverage,
    Floats,
    Runs,
    read_grid,
    read_ink,
    runs_of,
    without_specks,
)
from ecg.digitise.page_layout import (
    COLUMN_SECONDS,
    COLUMNS,
    LEAST_WIDTH,
    ONLY,
    ROWS,
    MeasuredLayout,
    find_layout,
)
from ecg.digitise.path import FINE, TracePath, follow, heights
from ecg.digitise.traces import Millivolts, Trace, Traces
from ecg.errors import UnreadableTraces
from ecg.interrupt import Check, unhurried
from ecg.page.page import Page, Pixels

RATE = 500  # Hz
GRID_LEADS = (("I", "aVR", "V1", "V4"), ("II", "aVL", "V2", "V5"), ("III", "aVF", "V3", "V6"))
LETTER_MM = 4.5  # pieces of ink smaller than this are letters
MARGIN = 1  # px beside an upright line that it may cover in part
MOST_MISSING = 0.05  # share of a lead's columns that may be without ink
MOST_JUMPS_MM = 5.0  # that the found trace of 2.5 s may leap over paper, in all
LIKENESS = 8.0  # dB that the strip below must agree with a lead to be of it
ENLARGED_BELOW = 1600  # px of the frame's width
EDGE = 1.5  # px: a run that ends so near the frame is cut off
# A frame with more is read at half its size, at which 1 mm of paper has 6 px or more, as on pages
# that are read well; nothing is gained from more, and each step below costs by the pixel.
MOST_PIXELS = 8_000_000


@dataclass(frozen=True)
class _Stretch:
    """Where one lead is shown: its row, first column of pixels and the one after the last."""

    row: int
    first: int
    last: int


def read_traces(page: Page, check: Check = unhurried) -> Traces:
    """The twelve leads of a clean page in mV at 500 Hz, each for the time that the page shows it.

    Deterministic. 0 mV is the foot of the row's calibration pulse. `check` is called between steps.
    Raises UnreadableTraces, with a sentence for people, where the page has no trace frame, no grid,
    another layout, too few pixels, far more ink than traces have, or a lead whose trace can't be
    followed; UnreadablePicture for damaged bytes; what `check` raises.
    """
    ink, layout = _measure(_trace_area(page), check)
    check()
    letter = LETTER_MM * layout.px_per_mm
    ink = without_specks(_without_lines(ink, layout), letter, letter)
    check()
    columns = runs_of(ink)
    return _follow_all(columns, layout, ink.shape[0], check)


def _trace_area(page: Page) -> Pixels:
    """The inside of the frame in RGB, large enough for thin lines and small enough to be read fast."""
    if page.frame is None:
        raise UnreadableTraces(f"No trace frame was found. {ONLY_CLEAN}")
    width, height = page.frame.width, page.frame.height
    if height > width:
        raise UnreadableTraces(f"The trace frame is higher than wide: {ONLY}.")
    if width * height > MOST_PIXELS:
        width, height = width // 2, height // 2
    rgb = page.trace((width, height), "rgb")
    if LEAST_WIDTH <= rgb.shape[1] < ENLARGED_BELOW:  # a thin line would fall apart
        rgb = np.asarray(cv2.resize(rgb, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
    return rgb


def _measure(rgb: Pixels, check: Check) -> tuple[Coverage, MeasuredLayout]:
    check()
    ink = read_ink(rgb)
    if ink is None:
        raise UnreadableTraces(f"There is no black trace in the frame. {ONLY_CLEAN}")
    check()
    grid = read_grid(rgb, ink)
    check()
    return ink, find_layout(ink, grid)


def _follow_all(columns: list[Runs], layout: MeasuredLayout, height: int, check: Check) -> Traces:
    traces, cut = [], []
    for column, names in enumerate(zip(*GRID_LEADS, strict=True)):
        for row, lead in enumerate(names):
            check()
            path, stretch = _follow(columns, layout, _stretch(layout, row, column), lead)
            if _is_cut_off(path, height):
                cut.append(lead)
            start = column * COLUMN_SECONDS
            values = _sampled(path, stretch, layout, (start, COLUMN_SECONDS))
            traces.append(Trace(lead, start, values))
    below = _Stretch(ROWS - 1, round(layout.begin), round(layout.boundary(COLUMNS)))
    check()
    path, _ = _follow(columns, layout, below, "the rhythm strip")
    strip = _sampled(path, below, layout, (0.0, COLUMNS * COLUMN_SECONDS))
    return _with_strip(traces, strip, cut)


def _with_strip(traces: list[Trace], strip: Millivolts, cut: list[str]) -> Traces:
    """All traces, with the rhythm strip in place of the short trace of the lead that it shows."""
    notes = [f"Lead {lead} leaves the frame: its peaks are cut off." for lead in cut]
    rhythm = find_rhythm(traces, strip)
    if rhythm is None:
        notes.append("The strip at the bottom agrees with none of the leads and is left out.")
    whole = [Trace(t.lead, 0.0, strip) if t.lead == rhythm else t for t in traces]
    return Traces(RATE, COLUMNS * COLUMN_SECONDS, tuple(whole), rhythm, tuple(notes))


def find_rhythm(traces: list[Trace], strip: Millivolts) -> str | None:
    """The lead that `strip`, float32 (n,) in mV, shows: the one whose short trace it agrees with best.

    None where it agrees with none to 8 dB. The strip's own name is not read.
    """
    found, best = None, LIKENESS
    for trace in traces:
        first = round(trace.start * RATE)
        own = trace.millivolts - trace.millivolts.mean()
        other = strip[first : first + own.size]
        error = float(np.square(own - (other - other.mean())).sum())
        power = float(np.square(own).sum())
        agreement = 10 * np.log10(power / error) if error > 0 and power > 0 else -np.inf
        if agreement > best:
            found, best = trace.lead, agreement
    return found


def _without_lines(ink: Coverage, layout: MeasuredLayout) -> Coverage:
    """The ink without the upright lines between the leads."""
    kept = ink.copy()
    top, bottom = layout.separated
    for first, last in layout.separators:
        kept[max(0, top - MARGIN) : bottom + MARGIN, first - MARGIN : last + 1 + MARGIN] = 0
    return kept


def _stretch(layout: MeasuredLayout, row: int, column: int) -> _Stretch:
    """Where the lead of a row and column is, without the lines beside it."""
    first, last = round(layout.boundary(column)), round(layout.boundary(column + 1))
    if column > 0:
        first = layout.separators[column - 1][1] + 1 + MARGIN
    if column < COLUMNS - 1:
        last = layout.separators[column][0] - MARGIN
    return _Stretch(row, first, last)


def _follow(
    columns: list[Runs], layout: MeasuredLayout, stretch: _Stretch, name: str
) -> tuple[TracePath, _Stretch]:
    path = follow(columns[stretch.first : stretch.last], layout.feet[stretch.row], layout.px_per_mm)
    if (
        path.missing > MOST_MISSING
        or _leaps(path, layout) > MOST_JUMPS_MM
        or _strays(path, stretch, layout)
    ):
        raise UnreadableTraces(
            f"The trace of {name} has gaps and can't be followed; it needs a sharper picture."
        )
    return path, stretch


def _leaps(path: TracePath, layout: MeasuredLayout) -> float:
    """mm of blank paper that the path leaps over in 2.5 s."""
    columns = layout.boundary(1) - layout.begin
    return path.jumps / layout.px_per_mm * columns / path.top.size


def _strays(path: TracePath, stretch: _Stretch, layout: MeasuredLayout) -> bool:
    """Whether most of the path lies nearer to another row."""
    away = float(np.nanmedian(np.abs(path.centre - layout.feet[stretch.row])))
    return away > (layout.feet[-1] - layout.feet[0]) / (ROWS - 1) / 2


def _is_cut_off(path: TracePath, height: int) -> bool:
    return bool(np.nanmin(path.top) < EDGE or np.nanmax(path.bottom) > height - EDGE)


def _sampled(
    path: TracePath, stretch: _Stretch, layout: MeasuredLayout, span: tuple[float, float]
) -> Millivolts:
    """mV at RATE for `span`: start and length in s."""
    high = heights(path, layout.pen)
    places = stretch.first + (np.arange(high.size) + 0.5) / FINE
    values: Floats = (layout.feet[stretch.row] - high) / layout.px_per_mv
    wanted = span[0] + np.arange(round(span[1] * RATE)) / RATE
    times = (places - layout.begin) / layout.px_per_second
    return np.interp(wanted, times, values).astype(np.float32)
