"""Reads how a model sees beats: `[segment]`, numbers it reads, or `[drawing]`, pictures of them."""

from typing import get_args

from ecg.beats.beats import Window
from ecg.beats.drawing import BeatDrawing
from ecg.beats.rhythm_context import CONTEXTS
from ecg.signal.signal import RATES
from model_registry.segments import Form, SegmentReading, SegmentScale
from model_registry.table import Table

MAX_LENGTH = 8192  # samples of a window
MIN_LENGTH = 16
SIDES = (16, 1024)  # px of a beat's picture
LINES = (1, 16)  # px


def read_segment(table: Table) -> SegmentReading:
    """What `[segment]` says. Raises EntryError."""
    form: Form = table.one_of("form", get_args(Form))
    context = table.texts("context", ())
    unknown = [name for name in context if name not in CONTEXTS]
    if unknown or len(set(context)) != len(context):
        raise table.wrong("context", f"list each once, out of {', '.join(CONTEXTS)}")
    scale: SegmentScale = table.one_of("scale", get_args(SegmentScale))
    window = _window(table) if form == "window" else None
    return SegmentReading(form, window, scale, context, table.boolean("usual", False))


def read_drawing(table: Table) -> BeatDrawing:
    """What `[drawing]` says. Raises EntryError."""
    size = table.integers("size")
    if len(size) != 2 or not all(SIDES[0] <= side <= SIDES[1] for side in size):
        raise table.wrong("size", f"give [height, width] in pixels, {SIDES[0]} to {SIDES[1]} each")
    line, margin = table.integer("line", 1), table.integer("margin", 4)
    if not LINES[0] <= line <= LINES[1]:
        raise table.wrong("line", f"give its width in pixels, {LINES[0]} to {LINES[1]}")
    if not 0 <= margin < size[0] // 2:
        raise table.wrong("margin", "give pixels, less than half the height")
    return BeatDrawing(_window(table), (size[0], size[1]), line, margin)


def _window(table: Table) -> Window:
    rate = table.number("rate", RATES)
    before, length = table.integer("before"), table.integer("length")
    if not MIN_LENGTH <= length <= MAX_LENGTH:
        raise table.wrong("length", f"give samples, {MIN_LENGTH} to {MAX_LENGTH}")
    if not 0 <= before < length:
        raise table.wrong("before", "give samples before R, fewer than 'length'")
    return Window(rate, before, length, _band(table, rate))


def _band(table: Table, rate: float) -> tuple[float, float] | None:
    if not table.has("band"):
        return None
    band = table.numbers("band")
    if len(band) != 2 or not 0 < band[0] < band[1] < rate / 2:
        raise table.wrong("band", f"give [low, high] in Hz, between 0 and {rate / 2:g}")
    return float(band[0]), float(band[1])
