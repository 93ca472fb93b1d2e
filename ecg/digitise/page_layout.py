"""Finding, on a page, what turns pixels into seconds and millivolts: grid, pulses, separators.

The one layout that is read: three rows of four leads, 2.5 s of each, parted by upright lines, and a
fourth row of 10 s; before each row a calibration pulse of 1 mV; 25 mm/s and 10 mm/mV.
"""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from ecg.digitise.ink import DARK, TOO_MUCH, Coverage, Floats, runs_of
from ecg.errors import UnreadableTraces
from ecg.page.frame import longest_runs

COLUMNS, ROWS = 4, 4
COLUMN_SECONDS = 2.5
MM_PER_SECOND, MM_PER_MV = 25.0, 10.0
THICK_MM = 5.0  # between the grid's strong lines
FRAME_MM = (240.0, 400.0)  # a frame that holds 10 s at 25 mm/s is so wide
LEAST_WIDTH = 800  # px of the frame: 3 px per mm
GRID_LIKENESS = 0.12  # of the grid with itself, moved by 5 mm
TOLERANCE = 0.06  # of lengths against the grid
PULSE_WIDTH = (3.0, 9.0)  # mm, with its feet
PULSE_TOLERANCE = 0.15  # of what may be a pulse, its line included
MOST_PIECES = 40  # of ink, as large as a pulse; each of 50 pages of the public set has 4
PULSE_REGION = 0.15  # share of the frame's width, from the left
SEPARATOR_REACH = 0.95  # of the way from the first baseline to the third
ONLY = "only the layout of 3 rows of 4 leads above a rhythm strip, at 25 mm/s and 10 mm/mV, is read"


@dataclass(frozen=True)
class MeasuredLayout:
    """Where the traces are, in px of the trace area.

    `pen` is how thick the pulses are drawn, `begin` the left end of the traces, `feet` the height of
    0 mV in each row, `separators` the first and last column of each upright line, `separated` their
    top and bottom.
    """

    px_per_mm: float
    px_per_second: float
    px_per_mv: float
    pen: float
    begin: float
    feet: tuple[float, ...]
    separators: tuple[tuple[int, int], ...]
    separated: tuple[int, int]

    def boundary(self, column: int) -> float:
        """Where `column` 0 to 4 begins."""
        return self.begin + column * COLUMN_SECONDS * self.px_per_second


@dataclass(frozen=True)
class _Pulse:
    """One calibration pulse, px: its left end, the height of its feet, how tall and how thick it is."""

    left: int
    foot: float
    tall: float
    pen: float


def find_layout(ink: Coverage, grid: Coverage) -> MeasuredLayout:
    """Measures a trace area: `ink` and `grid` as in `ecg.digitise.ink`, (height, width).

    Raises UnreadableTraces where grid, pulses or separators are missing or contradict each other.
    """
    pitch = find_pitch(grid)
    pulses = _find_pulses(ink, pitch)
    feet = tuple(pulse.foot for pulse in pulses)
    px_per_mv, pen = (
        float(np.median(one)) for one in ([p.tall for p in pulses], [p.pen for p in pulses])
    )
    lines, reach = _find_separators(ink, feet)
    middles = [_middle_of(ink[reach[0] : reach[1]], first, last) for first, last in lines]
    spacing = (middles[-1] - middles[0]) / (COLUMNS - 2)
    if any(abs(b - a - spacing) > TOLERANCE * spacing for a, b in pairwise(middles)):
        raise UnreadableTraces(f"The lines between the leads are not evenly spaced: {ONLY}.")
    if abs(spacing / pitch / (COLUMN_SECONDS * MM_PER_SECOND) - 1) > TOLERANCE:
        raise UnreadableTraces(
            f"The leads are {spacing / pitch:.0f} mm wide on the grid, not 62.5 mm: {ONLY}."
        )
    begin = float(np.mean(middles)) - (COLUMNS / 2) * spacing
    if begin < 0 or begin + COLUMNS * spacing > ink.shape[1]:
        raise UnreadableTraces(f"The traces would leave the frame: {ONLY}.")
    return MeasuredLayout(
        pitch, spacing / COLUMN_SECONDS, px_per_mv, pen, begin, feet, lines, reach
    )


def _middle_of(ink: Coverage, first: int, last: int) -> float:
    """The middle of an upright line, to a fraction of a pixel; what crosses it doesn't count."""
    left, right = max(0, first - 2), last + 3
    profile = np.median(ink[:, left:right], axis=0)
    return float((np.arange(left, left + profile.size) + 0.5) @ profile / profile.sum())


def find_pitch(grid: Coverage) -> float:
    """Pixels per millimetre, from how far the grid must move to cover itself again.

    Raises UnreadableTraces where there is no grid of 5 mm, or too few pixels for one.
    """
    width = grid.shape[1]
    low, high = (THICK_MM * width / mm for mm in reversed(FRAME_MM))
    if width < LEAST_WIDTH:
        raise UnreadableTraces(
            f"The trace frame is {width} pixels wide; reading traces needs at least {LEAST_WIDTH}."
        )
    across, down = (_period(grid.mean(axis=axis), low, high) for axis in (0, 1))
    if across is None or down is None or abs(across / down - 1) > TOLERANCE:
        raise UnreadableTraces(
            "No grid of millimetres was found in the frame, so nothing tells seconds and millivolts."
        )
    return across / THICK_MM


def _period(profile: Floats, low: float, high: float) -> float | None:
    """The lag, from `low` to `high` px, at which a profile is most like itself; None where it never is."""
    plain = profile[5:-5] - np.median(profile)
    plain = np.clip(plain, *np.percentile(plain, (1, 99)))
    plain = plain - plain.mean()
    power = float(plain @ plain)
    lags = np.arange(int(low), int(high) + 2)
    if power <= 0 or lags[-1] + 1 >= plain.size:
        return None
    likeness = np.array([float(plain[:-lag] @ plain[lag:]) for lag in lags]) / power
    best = int(likeness.argmax())
    if likeness[best] < GRID_LIKENESS or best in (0, lags.size - 1):
        return None
    before, at, after = likeness[best - 1 : best + 2]
    return float(lags[best] + 0.5 * (before - after) / (before - 2 * at + after))


def _find_pulses(ink: Coverage, pitch: float) -> list[_Pulse]:
    """Each row's pulse, from the top."""
    region = np.ascontiguousarray(ink[:, : round(PULSE_REGION * ink.shape[1])])
    _, _, stats, _ = cv2.connectedComponentsWithStats((region > DARK).astype(np.uint8))
    found: list[_Pulse] = []
    for x, y, width, height in _of_pulse_size(np.asarray(stats, np.int32), pitch):
        around = slice(max(0, y - 1), y + height + 1), slice(max(0, x - 1), x + width + 1)
        pulse = _measure_pulse(region[around], x, around[0].start)
        if pulse is not None:
            found.append(pulse)
    pulses = sorted(found, key=lambda one: one.foot)
    if len(pulses) != ROWS or np.ptp([pulse.left for pulse in pulses]) > 2 * pitch:
        raise UnreadableTraces(f"{len(pulses)} calibration pulses were found, not {ROWS}: {ONLY}.")
    if any(abs(pulse.tall / (MM_PER_MV * pitch) - 1) > TOLERANCE for pulse in pulses):
        raise UnreadableTraces(f"The calibration pulses are not 10 mm high on the grid: {ONLY}.")
    return pulses


def _of_pulse_size(stats: npt.NDArray[np.int32], pitch: float) -> list[list[int]]:
    """Left, top, width and height of the pieces of ink that may be pulses; `stats` as OpenCV's."""
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    likely = (PULSE_WIDTH[0] * pitch <= wide) & (wide <= PULSE_WIDTH[1] * pitch)
    likely &= np.abs(high / (MM_PER_MV * pitch) - 1) <= PULSE_TOLERANCE
    likely[0] = False  # the paper
    if np.count_nonzero(likely) > MOST_PIECES:
        raise UnreadableTraces(TOO_MUCH)
    pieces: list[list[int]] = stats[likely, :4].tolist()
    return pieces


def _measure_pulse(piece: Coverage, left: int, top: int) -> _Pulse | None:
    """A pulse: two strokes, the line between their tops, and the feet beside; None where this is none."""
    height = piece.shape[0]
    strokes = np.flatnonzero((piece > DARK).mean(axis=0) > 0.8)
    if strokes.size < 2 or strokes[-1] - strokes[0] < 0.1 * height:
        return None
    first, last = int(strokes[0]), int(strokes[-1])
    margin = 1 + round(0.04 * height)
    half = height // 2
    roof = _level(piece[:half, first + margin : last + 1 - margin])
    foot = _level(np.concatenate([piece[half:, :first], piece[half:, last + 1 :]], axis=1))
    if roof is None or foot is None:
        return None
    low = half + foot[0]
    return _Pulse(left, top + low, low - roof[0], roof[1])


def _level(part: Coverage) -> tuple[float, float] | None:
    """Height and thickness of a level line, px: medians over the columns; None where there is none."""
    runs = [column for column in runs_of(part) if column.top.size]
    if not runs:
        return None
    centres, thick = (
        [column.centre[0] for column in runs],
        [(column.bottom - column.top)[0] for column in runs],
    )
    return float(np.median(centres)), float(np.median(thick))


def _find_separators(
    ink: Coverage, feet: tuple[float, ...]
) -> tuple[tuple[tuple[int, int], ...], tuple[int, int]]:
    """First and last column of each upright line, and the rows from where to where they go."""
    starts, lengths = longest_runs(ink > DARK)
    first_foot, last_foot = feet[0], feet[ROWS - 2]
    columns = np.flatnonzero(lengths >= SEPARATOR_REACH * (last_foot - first_foot))
    groups = np.split(columns, np.flatnonzero(np.diff(columns) > 2) + 1)
    if len(groups) != COLUMNS - 1 or not columns.size:
        count = len(groups) if columns.size else 0
        raise UnreadableTraces(
            f"{count} upright lines between the leads were found, not {COLUMNS - 1}: {ONLY}."
        )
    lines = tuple((int(group[0]), int(group[-1])) for group in groups)
    tops, ends = starts[columns], starts[columns] + lengths[columns]
    return lines, (int(tops.min()), int(ends.max()))
