"""Painting an ECG page from signals: header, trace frame with grid, three rows of four, rhythm strip.

The look is that of a common printed report: a pink frame, a dotted millimetre grid, 25 mm/s and
10 mm/mV, 2.5 s of each lead. What stands outside the frame says that nobody's heart is shown, and
nothing on the page tells the finding or the heart rate.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from ecg.page.frame import Box
from ecg.simulate.twelve_leads import Ecg12

Rgb = tuple[int, int, int]
Points = list[tuple[float, float]]

TITLE = "SIMULATED ECG - drawn by Twelvelead, not a patient"
FORM = (
    "Patient : none     Years : -     Sex : -     Room : -     Department : -",
    "Medication : none",
)
REMARK = "For education and research. Not a medical device."
FOOTER = "25 mm/s   10 mm/mV   simulated"
GRID_LEADS = (("I", "aVR", "V1", "V4"), ("II", "aVL", "V2", "V5"), ("III", "aVF", "V3", "V6"))
RHYTHM_LEAD = "II"
FRAME = Box(71, 286, 2174, 1515)  # px
MM_PER_SECOND, MM_PER_MV = 25, 10
COLUMN_SECONDS = 2.5
COLUMNS, ROWS = 4, 4
PULSE_MM = (2.0, 2.5, 2.0)  # calibration: foot, top (1 mV high), foot
PULSE_GAP = 2.0  # mm between the calibration pulse and the trace
NAME_LIFT = 5.0  # mm from the baseline to the top of a lead's name
SEPARATOR = (6.0, 5.0)  # mm above the first and below the third baseline
OVERSAMPLING = 3  # sub-pixels a side: the traces' soft edges


@dataclass(frozen=True)
class PageLayout:
    """How a page looks: sizes in pixels, colours as (red, green, blue) from 0 to 255.

    `frame` is the inside of the trace frame. It must hold 250 mm of trace beside a calibration
    pulse. `fine` colours the dots of the 1 mm grid, `strong` those of the 5 mm grid.
    """

    size: tuple[int, int] = (2213, 1572)
    frame: Box = FRAME
    px_per_mm: int = 8
    border_width: int = 3
    trace_width: int = 3
    text_size: int = 26
    paper: Rgb = (255, 255, 255)
    ink: Rgb = (0, 0, 0)
    border: Rgb = (246, 162, 168)
    fine: Rgb = (238, 208, 208)
    strong: Rgb = (208, 128, 128)

    def __post_init__(self) -> None:
        if self.trace_left < self.frame.left + sum(PULSE_MM) * self.px_per_mm:
            raise ValueError(
                f"a frame {self.frame.width} pixels wide holds no {COLUMNS * COLUMN_SECONDS} s "
                f"of trace at {self.px_per_mm} pixels a millimetre"
            )

    @property
    def column_width(self) -> int:
        """Pixels that one lead's 2.5 s take."""
        return round(COLUMN_SECONDS * MM_PER_SECOND * self.px_per_mm)

    @property
    def trace_left(self) -> int:
        """Where the traces begin, so that they end 2 mm before the frame does."""
        return self.frame.right - 2 * self.px_per_mm - COLUMNS * self.column_width

    def baseline(self, row: int) -> int:
        """The height of 0 mV in `row` 0 to 3, pixels from the top of the page."""
        return self.frame.top + round((row + 0.6) * self.frame.height / ROWS)


def paint_page(
    ecg: Ecg12, *, layout: PageLayout = PageLayout(), note: str = "SIMULATED - not a patient"
) -> Image.Image:
    """Paints `ecg` as an RGB page of `layout.size`; `note` stands at the right above the frame.

    Four columns of 2.5 s show consecutive stretches of the recording, the fourth row 10 s of
    lead II. What leaves the frame is cut off.

    Raises ValueError for a recording shorter than 10 s, or one that lacks a lead.
    """
    if ecg.signals.shape[1] < COLUMNS * COLUMN_SECONDS * ecg.rate:
        raise ValueError(
            f"a page shows {COLUMNS * COLUMN_SECONDS} s; "
            f"the recording has {ecg.signals.shape[1] / ecg.rate:.1f} s"
        )
    page = Image.new("RGB", layout.size, layout.paper)
    _paint_grid(page, layout)
    _paint_words(ImageDraw.Draw(page), layout, note)
    _paint_traces(page, ecg, layout)
    _paint_names(ImageDraw.Draw(page), layout)
    return page


def _paint_grid(page: Image.Image, layout: PageLayout) -> None:
    """The frame's border and, inside it, dotted lines each 1 mm and each 5 mm."""
    box, mm = layout.frame, layout.px_per_mm
    edge = layout.border_width
    ImageDraw.Draw(page).rectangle(
        (box.left - edge, box.top - edge, box.right + edge - 1, box.bottom + edge - 1),
        outline=layout.border,
        width=edge,
    )
    inside = np.full((box.height, box.width, 3), layout.paper, dtype=np.uint8)
    dots = mm // 2
    for spacing, colour in ((mm, layout.fine), (5 * mm, layout.strong)):
        inside[::spacing, ::dots] = colour
        inside[::dots, ::spacing] = colour
    page.paste(Image.fromarray(inside), (box.left, box.top))


def _paint_words(draw: ImageDraw.ImageDraw, layout: PageLayout, note: str) -> None:
    """Header above the frame and footer below it."""
    box, size = layout.frame, layout.text_size
    font = ImageFont.load_default(size=size)
    title = ImageFont.load_default(size=round(1.4 * size))
    line = round(1.3 * size)
    centre = (box.left + box.right) // 2
    draw.text((centre, line), TITLE, font=title, fill=layout.ink, anchor="ma")
    for number, text in enumerate(FORM):
        draw.text((box.left, (number + 3) * line), text, font=font, fill=layout.ink)
    rule = round(5.3 * line)
    draw.line((box.left, rule, box.right, rule), fill=layout.ink, width=3)
    draw.text((box.left, round(5.7 * line)), REMARK, font=font, fill=layout.ink)
    right = (box.right, round(5.7 * line))
    draw.text(right, note, font=font, fill=layout.ink, anchor="ra")
    draw.text((box.left, box.bottom + size // 2), FOOTER, font=font, fill=layout.ink)


def _paint_traces(page: Image.Image, ecg: Ecg12, layout: PageLayout) -> None:
    """Traces, calibration pulses and separators, drawn enlarged and scaled down for soft edges."""
    box = layout.frame
    enlarged = (box.width * OVERSAMPLING, box.height * OVERSAMPLING)
    mask = Image.new("L", enlarged)
    draw = ImageDraw.Draw(mask)
    for points in _lines(ecg, layout):
        shifted = (np.array(points) - (box.left, box.top)) * OVERSAMPLING
        flat = [(float(x), float(y)) for x, y in shifted]
        draw.line(flat, fill=255, width=layout.trace_width * OVERSAMPLING, joint="curve")
    page.paste(layout.ink, (box.left, box.top), mask.reduce(OVERSAMPLING))


def _lines(ecg: Ecg12, layout: PageLayout) -> list[Points]:
    """Every black line inside the frame as points in pixels of the page."""
    lines = []
    for row, names in enumerate(GRID_LEADS):
        signals = [_stretch(ecg, name, column) for column, name in enumerate(names)]
        lines.append(_points(np.concatenate(signals), row, ecg.rate, layout))
    strip = _lead(ecg, RHYTHM_LEAD)[: round(COLUMNS * COLUMN_SECONDS * ecg.rate)]
    lines.append(_points(strip, ROWS - 1, ecg.rate, layout))
    lines += [_pulse(row, layout) for row in range(ROWS)]
    lines += [_separator(column, layout) for column in range(1, COLUMNS)]
    return lines


def _lead(ecg: Ecg12, name: str) -> npt.NDArray[np.float32]:
    if name not in ecg.leads:
        raise ValueError(f"a page needs lead {name}; the recording has {', '.join(ecg.leads)}")
    values: npt.NDArray[np.float32] = ecg.signals[ecg.leads.index(name)]
    return values


def _stretch(ecg: Ecg12, name: str, column: int) -> npt.NDArray[np.float32]:
    """The 2.5 s of lead `name` that stand in `column` 0 to 3."""
    first, last = (round(c * COLUMN_SECONDS * ecg.rate) for c in (column, column + 1))
    return _lead(ecg, name)[first:last]


def _points(values: npt.NDArray[np.float32], row: int, rate: int, layout: PageLayout) -> Points:
    """mV at `rate` Hz -> points of the page, in `row`."""
    x = layout.trace_left + np.arange(values.size) * (MM_PER_SECOND * layout.px_per_mm / rate)
    y = layout.baseline(row) - values * (MM_PER_MV * layout.px_per_mm)
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _pulse(row: int, layout: PageLayout) -> Points:
    """1 mV of calibration left of the traces."""
    mm = layout.px_per_mm
    foot = layout.baseline(row)
    top = foot - MM_PER_MV * mm
    x0 = layout.trace_left - (PULSE_GAP + sum(PULSE_MM)) * mm
    x1, x2, x3 = (x0 + sum(PULSE_MM[: part + 1]) * mm for part in range(3))
    return [(x0, foot), (x1, foot), (x1, top), (x2, top), (x2, foot), (x3, foot)]


def _separator(column: int, layout: PageLayout) -> Points:
    """The upright line before `column`, through the three rows of four leads."""
    x = layout.trace_left + column * layout.column_width
    above, below = (length * layout.px_per_mm for length in SEPARATOR)
    return [(x, layout.baseline(0) - above), (x, layout.baseline(ROWS - 2) + below)]


def _paint_names(draw: ImageDraw.ImageDraw, layout: PageLayout) -> None:
    """Each lead's name at the beginning of its stretch."""
    font = ImageFont.load_default(size=layout.text_size)
    named = [(r, c, name) for r, names in enumerate(GRID_LEADS) for c, name in enumerate(names)]
    for row, column, name in [*named, (ROWS - 1, 0, RHYTHM_LEAD)]:
        x = layout.trace_left + column * layout.column_width + layout.px_per_mm // 2
        y = layout.baseline(row) - NAME_LIFT * layout.px_per_mm
        draw.text((x, y), name, font=font, fill=layout.ink)
