"""How a model sees beats: `[segment]`, numbers that it reads, or `[drawing]`, pictures of them."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ecg.beats.beats import Window
from ecg.beats.drawing import BeatDrawing
from ecg.beats.rhythm_context import CONTEXTS
from ecg.signal.signal import RATES
from model_registry.segments import SegmentReading, SegmentScale
from model_registry.toml_table import PAIR, OneOf, TomlTable, fault, key

BEFORE = "give samples before R, fewer than 'length'"
MARGIN = "give pixels, less than half the height"
CONTEXT = f"list each once, out of {', '.join(CONTEXTS)}"

Side = Annotated[int, Field(ge=16, le=1024)]
Context = Annotated[str, OneOf(tuple(CONTEXTS))]


class WindowKeys(TomlTable):
    """What is cut around the R peak of a beat."""

    rate: float = key("Hz; recordings at another are resampled.", ge=RATES[0], le=RATES[1])
    length: int = key("Samples that are cut.", "give samples, 16 to 8192", ge=16, le=8192)
    before: int = key("Samples before R, fewer than `length`.", BEFORE, ge=0)
    band: list[float] | None = key(
        "[low, high] in Hz of a band-pass that shifts nothing; without it, unfiltered.",
        default=None,
    )

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if self.before >= self.length:
            raise fault(BEFORE, "before")
        half, band = self.rate / 2, self.band
        if band is not None and (len(band) != 2 or not 0 < band[0] < band[1] < half):
            raise fault(f"give [low, high] in Hz, between 0 and {half:g}", "band")
        return self

    def window(self) -> Window:
        """What the keys say."""
        band = (self.band[0], self.band[1]) if self.band else None
        return Window(self.rate, self.before, self.length, band)


class DrawingTable(WindowKeys):
    """How a beat of a signal is drawn for a network that reads pictures of beats."""

    size: list[Side] = key(
        "[height, width] of the picture in pixels, 16 to 1024 each.",
        "give [height, width] in pixels, 16 to 1024 each",
        **PAIR,
    )
    line: int = key("Its width, px.", "give its width in pixels, 1 to 16", 1, ge=1, le=16)
    margin: int = key("Pixels that stay free above and below the trace.", MARGIN, 4, ge=0)

    @model_validator(mode="after")
    def _leave_room(self) -> Self:
        if self.margin >= self.size[0] // 2:
            raise fault(MARGIN, "margin")
        return self

    def drawing(self) -> BeatDrawing:
        """What the table says."""
        return BeatDrawing(self.window(), (self.size[0], self.size[1]), self.line, self.margin)


class SegmentKeys(TomlTable):
    """How a beat of a signal becomes what a one-dimensional network reads."""

    form: str
    scale: SegmentScale = key(
        'Of each segment: "millivolts" takes its median off, "recording" also divides by what is '
        'usual in the recording, "standard" is mean 0 and deviation 1, "minmax" 0 to 1.'
    )
    usual: bool = key("Whether the recording's median segment is one more channel.", "", False)
    context: list[Context] = key(
        "Numbers on the rhythm, each a constant channel behind the trace.", CONTEXT, ()
    )

    @model_validator(mode="after")
    def _name_each_once(self) -> Self:
        if len(set(self.context)) != len(self.context):
            raise fault(CONTEXT, "context")
        return self


class RowTable(SegmentKeys):
    """A beat in the popular form of 187 samples at 125 Hz, from an R peak on."""

    tag = "row"
    form: Literal["row"] = key("What is cut out of the signal.")

    def reading(self) -> SegmentReading:
        """What the table says."""
        return SegmentReading("row", None, self.scale, tuple(self.context), self.usual)


class WindowTable(WindowKeys, SegmentKeys):
    """A beat as a window around its R peak."""

    tag = "window"
    form: Literal["window"] = key("What is cut out of the signal.")

    def reading(self) -> SegmentReading:
        """What the table says."""
        return SegmentReading("window", self.window(), self.scale, tuple(self.context), self.usual)


SegmentTable = Annotated[WindowTable | RowTable, Field(discriminator="form")]
