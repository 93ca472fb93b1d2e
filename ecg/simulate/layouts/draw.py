"""Drawing leads on a sheet: `draw_layout`."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ecg.simulate.layouts.grid import blank_paper
from ecg.simulate.layouts.sheet import SheetLayout
from ecg.simulate.layouts.words import Pen, add_extras, write_words
from ecg.simulate.twelve_leads import Ecg12

Picture = npt.NDArray[np.uint8]
Line = npt.NDArray[np.float64]
SHIFT = 4  # bits of sub-pixel precision in OpenCV's lines


@dataclass(frozen=True, eq=False)
class Leads:
    """Simultaneous leads by name, each (samples,) in mV, at `rate` Hz."""

    values: Mapping[str, npt.NDArray[np.floating]]
    rate: float

    @classmethod
    def of(cls, ecg: Ecg12) -> "Leads":
        """Those of a simulated recording."""
        return cls(dict(zip(ecg.leads, ecg.signals, strict=True)), float(ecg.rate))

    def stretch(self, name: str, start: float, seconds: float) -> npt.NDArray[np.floating]:
        """`seconds` of a lead from `start`; from the beginning where so much isn't there; nan as 0.

        Raises ValueError for a lead that isn't there.
        """
        if name not in self.values:
            raise ValueError(f"no lead {name!r}: there are {', '.join(self.values)}")
        signal = np.nan_to_num(self.values[name])
        wanted = max(2, round(seconds * self.rate))
        first = round(start * self.rate)
        if first + wanted > signal.size:
            first = max(0, signal.size - wanted)
        part: npt.NDArray[np.floating] = signal[first : first + wanted]
        return part


def draw_layout(leads: Leads, layout: SheetLayout, rng: np.random.Generator) -> Picture:
    """The sheet as uint8 (h, w, 3), RGB. What a lead lacks in length stays blank paper.

    Raises ValueError for a lead that isn't there.
    """
    picture = blank_paper(layout)
    write_words(picture, layout)
    for number, names in enumerate(layout.lines):
        _draw_row(picture, leads, layout, number)
        if layout.hand.shown:
            _name_row(picture, layout, (number, names))
    add_extras(picture, layout, rng)
    return picture


def _baseline(layout: SheetLayout, row: int) -> float:
    """Height of 0 mV in `row`, mm from the top."""
    return layout.area[1] + (row + 0.58) * layout.row_mm


def _left(layout: SheetLayout) -> float:
    """Where traces begin, mm."""
    return layout.area[0] + (layout.pulse_mm if layout.pulse == "left" else 0.0)


def _draw_row(picture: Picture, leads: Leads, layout: SheetLayout, row: int) -> None:
    names = layout.lines[row]
    alone = len(names) == 1
    seconds = layout.traces_mm / layout.speed if alone else layout.seconds
    foot = _baseline(layout, row)
    lines = []
    for column, name in enumerate(names):
        start = column * layout.seconds if layout.in_turn else 0.0
        values = leads.stretch(name, start, seconds)
        x = _left(layout) + column * (layout.column_mm + layout.gap)
        xs = x + np.arange(values.size) * (layout.speed / leads.rate)
        lines.append(np.stack([xs, foot - values * layout.gain], axis=1))
        if column and layout.divider != "none":
            lines.append(_divider(layout, x - layout.gap / 2, foot))
    if layout.pulse != "none":
        lines.append(_pulse(layout, foot))
    _draw_lines(picture, lines, layout, row)


def _draw_lines(picture: Picture, lines: list[Line], layout: SheetLayout, row: int) -> None:
    """Lines in mm, in the row's ink, cut off at the sheet's edges."""
    ink = layout.hand.inks[row % len(layout.hand.inks)]
    scale = layout.paper.px_per_mm * 2**SHIFT
    for line in lines:
        points = np.clip(np.round(line * scale), -(2**20), 2**20).astype(np.int32)
        cv2.polylines(picture, [points], False, ink, layout.hand.width, cv2.LINE_AA, SHIFT)


def _divider(layout: SheetLayout, x: float, foot: float) -> Line:
    if layout.divider == "pulse":
        return np.array(
            [(x - 1, foot), (x - 1, foot - layout.gain), (x + 1, foot - layout.gain), (x + 1, foot)]
        )
    reach = 4.0 if layout.divider == "tick" else layout.row_mm / 2
    return np.array([(x, foot - reach), (x, foot + reach)])


def _pulse(layout: SheetLayout, foot: float) -> Line:
    """1 mV for 0.2 s at the left or right of a row, mm."""
    x = layout.area[0] if layout.pulse == "left" else layout.area[2] - layout.pulse_mm
    top, wide = foot - layout.gain, min(5.0, 0.2 * layout.speed)
    start = x + 1.5
    return np.array(
        [
            (x, foot),
            (start, foot),
            (start, top),
            (start + wide, top),
            (start + wide, foot),
            (start + wide + 1, foot),
        ]
    )


def _name_row(picture: Picture, layout: SheetLayout, row: tuple[int, tuple[str, ...]]) -> None:
    number, names = row
    pen, hand, scale = Pen(picture, layout), layout.hand, layout.paper.px_per_mm
    foot = _baseline(layout, number)
    lift = {"above": 0.36 * layout.row_mm, "below": -3.0}.get(hand.names, hand.size / 2)
    for column, name in enumerate(names):
        x = _left(layout) + column * (layout.column_mm + layout.gap) + 0.6
        if hand.names == "left" and column == 0:
            x = max(0.5, layout.area[0] - 2.2 * hand.size)
        pen.write(name, (round(x * scale), round((foot - lift) * scale)))
