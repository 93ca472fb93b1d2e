"""What an ECG sheet may look like: which leads stand where, on which paper, in which hand."""

from dataclasses import dataclass, field
from typing import Literal

from ecg.simulate.paint import Rgb

Rows = tuple[tuple[str, ...], ...]

THREE_BY_FOUR: Rows = (
    ("I", "aVR", "V1", "V4"),
    ("II", "aVL", "V2", "V5"),
    ("III", "aVF", "V3", "V6"),
)
SIX_BY_TWO: Rows = (
    ("I", "V1"),
    ("II", "V2"),
    ("III", "V3"),
    ("aVR", "V4"),
    ("aVL", "V5"),
    ("aVF", "V6"),
)
TWELVE_BY_ONE: Rows = tuple(
    (name,) for name in ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
)
FOUR_BY_THREE: Rows = (
    ("I", "II", "III"),
    ("aVR", "aVL", "aVF"),
    ("V1", "V2", "V3"),
    ("V4", "V5", "V6"),
)
WHITE: Rgb = (255, 255, 255)
BLACK: Rgb = (0, 0, 0)

GridStyle = Literal["lines", "dots", "coarse", "fine", "crosses", "none"]
Frame = Literal["none", "box", "double", "picture", "rows", "cells"]
NamePlace = Literal["above", "inline", "left", "below"]


@dataclass(frozen=True)
class Paper:
    """What lies under the traces: `fine` colours the lines each mm, `strong` those each 5 mm.

    whole: whether the grid covers the sheet, or only the area of traces. edge colours its frame.
    """

    px_per_mm: float = 6.0
    colour: Rgb = WHITE
    grid: GridStyle = "lines"
    fine: Rgb = (245, 215, 215)
    strong: Rgb = (230, 160, 160)
    whole: bool = False
    frame: Frame = "none"
    edge: Rgb = (120, 120, 120)
    edge_width: int = 2  # px

    def __post_init__(self) -> None:
        if not 1.0 <= self.px_per_mm <= 20.0:
            raise ValueError(f"1 to 20 pixels a millimetre, not {self.px_per_mm}")


@dataclass(frozen=True)
class Hand:
    """How traces and words are drawn: colours, widths in px, sizes in mm.

    inks: the traces' colours, one a row in turn. font: "plain", or the number of one of OpenCV's
    Hershey fonts. title, header, footer: lines of words. extras: names in `extras.EXTRAS`.
    """

    inks: tuple[Rgb, ...] = (BLACK,)
    width: int = 2
    words: Rgb = BLACK
    font: str = "plain"
    size: float = 3.5
    names: NamePlace = "above"
    title: str = ""
    header: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    shown: bool = True  # whether leads are named at all


@dataclass(frozen=True)
class SheetLayout:
    """One kind of sheet.

    rows: the leads of each row, left to right; strips: leads that run along the whole width below.
    seconds: how long each lead of a row is. row_mm: height given to a row. margins: left, top, right,
    bottom of the area of traces, mm. in_turn: whether columns show consecutive stretches, as a
    recorder prints them, or all the first one. pulse: where the calibration stands.
    """

    rows: Rows = THREE_BY_FOUR
    strips: tuple[str, ...] = ("II",)
    seconds: float = 2.5
    speed: float = 25.0  # mm/s
    gain: float = 10.0  # mm/mV
    row_mm: float = 30.0
    margins: tuple[float, float, float, float] = (10.0, 25.0, 8.0, 10.0)
    in_turn: bool = True
    gap: float = 0.0  # mm between columns
    divider: Literal["none", "tick", "line", "pulse"] = "tick"
    pulse: Literal["none", "left", "right"] = "left"
    paper: Paper = field(default_factory=Paper)
    hand: Hand = field(default_factory=Hand)

    def __post_init__(self) -> None:
        if not self.rows and not self.strips:
            raise ValueError("a sheet shows at least one lead")
        if min(self.seconds, self.speed, self.gain, self.row_mm) <= 0:
            raise ValueError("seconds, speed, gain and height of a row must be positive")

    @property
    def columns(self) -> int:
        """Leads side by side."""
        return max((len(row) for row in self.rows), default=1)

    @property
    def lines(self) -> Rows:
        """Each row from the top, strips last."""
        return (*self.rows, *((name,) for name in self.strips))

    @property
    def column_mm(self) -> float:
        """Width of one column of traces."""
        return self.seconds * self.speed

    @property
    def traces_mm(self) -> float:
        """Width of all columns with what lies between them."""
        return self.columns * self.column_mm + (self.columns - 1) * self.gap

    @property
    def pulse_mm(self) -> float:
        """Width kept free for the calibration pulse."""
        return 0.0 if self.pulse == "none" else 9.0

    @property
    def area(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the area of traces, mm."""
        left, top = self.margins[:2]
        width = self.traces_mm + self.pulse_mm
        return left, top, left + width, top + len(self.lines) * self.row_mm

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture, px."""
        _, _, right, bottom = self.area
        scale = self.paper.px_per_mm
        return round((bottom + self.margins[3]) * scale), round((right + self.margins[2]) * scale)
