"""Beats as lines: paths for pages, whose style sheet colours them, and a PNG for programs."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecg.beats.beats import Beats
from ecg.signal.signal import SampleIndices

Curve = npt.NDArray[np.floating]

BEFORE, AFTER = 0.35, 0.55  # s of a beat that are drawn
WIDTH, HEIGHT = 240.0, 150.0  # of a page's drawing, in its own units
MOST = 1000  # beats of a class that are averaged: more change nothing that is seen
FINEST = 500.0  # values a second that are drawn: a drawing is 240 wide
PAPER, INK, MINOR, MAJOR = (255, 255, 255), (40, 30, 28), (222, 216, 250), (190, 176, 240)  # BGR
PIXELS = 400  # a second in the PNG, and for 2.5 mV
EDGE = 0.1  # mV above and below the trace


@dataclass(frozen=True)
class Scale:
    """From seconds around R and millivolts to places in a drawing."""

    low: float
    high: float

    @classmethod
    def around(cls, *curves: Curve) -> "Scale":
        """One in which all curves fit, with a little room."""
        low = min(float(one.min()) for one in curves)
        high = max(float(one.max()) for one in curves)
        return cls(low - EDGE, high + EDGE)

    def y(self, values: Curve) -> Curve:
        return HEIGHT * (self.high - values) / (self.high - self.low)

    def path(self, values: Curve) -> str:
        """An SVG path through values that stand at equal steps from the left to the right."""
        return "M" + " L".join(self._points(values))

    def band(self, low: Curve, high: Curve) -> str:
        """An SVG path around what lies between two curves."""
        return "M" + " L".join([*self._points(high), *self._points(low)[::-1]]) + " Z"

    def _points(self, values: Curve) -> list[str]:
        x = np.linspace(0, WIDTH, len(values))
        return [f"{a:.1f} {b:.1f}" for a, b in zip(x, self.y(values), strict=True)]

    def lines(self) -> list[float]:
        """Where each half millivolt is."""
        first, last = int(np.ceil(2 * self.low)), int(np.floor(2 * self.high))
        return [round(float(self.y(np.array([n / 2]))[0]), 1) for n in range(first, last + 1)]


SECONDS = [
    round(WIDTH * (BEFORE + n / 5) / (BEFORE + AFTER), 1) for n in range(-1, 3)
]  # each 0.2 s


@dataclass(frozen=True)
class Drawn:
    """A drawing of WIDTH x HEIGHT: the line, the band around it, where grid lines are, mV from to."""

    line: str
    band: str
    rows: list[float]
    columns: list[float]


def cut(beats: Beats, indices: SampleIndices) -> Curve:
    """float32 (m, values): what is drawn of beats at `indices`, 0.35 s before R to 0.55 s after.

    A value of each few where the rate is high, R itself among them; beyond the ends the last one.
    """
    step = max(1, math.ceil(beats.rate / FINEST))
    before, after = round(BEFORE * beats.rate) // step, round(AFTER * beats.rate) // step
    inside = indices[:, np.newaxis] + step * np.arange(-before, after)
    return np.asarray(beats.trace[np.clip(inside, 0, len(beats.trace) - 1)])


def draw_line(beats: Beats, beat: int) -> Drawn:
    """One beat."""
    (trace,) = cut(beats, beats.indices[beat : beat + 1])
    scale = Scale.around(trace)
    return Drawn(scale.path(trace), "", scale.lines(), SECONDS)


def draw_template(beats: Beats, numbers: npt.NDArray[np.intp]) -> Drawn:
    """The mean of some beats, by their numbers, and the band in which 80 % of them lie, offsets taken off."""
    step = max(1, -(-len(numbers) // MOST))
    windows = cut(beats, beats.indices[numbers[::step]]).astype(np.float64)
    windows -= np.median(windows, axis=1, keepdims=True)
    mean = windows.mean(axis=0)
    low, high = np.percentile(windows, [10, 90], axis=0)
    scale = Scale.around(low, high, mean)
    return Drawn(scale.path(mean), scale.band(low, high), scale.lines(), SECONDS)


def draw_png(beats: Beats, beat: int) -> bytes:
    """One beat on paper of 0.04 s and 0.1 mV, as PNG."""
    import cv2

    (trace,) = cut(beats, beats.indices[beat : beat + 1])
    scale = Scale.around(trace)
    per_mv = PIXELS / 2.5
    width, height = round(PIXELS * (BEFORE + AFTER)), round(per_mv * (scale.high - scale.low))
    height = max(40, min(height, 4 * PIXELS))
    paper = np.full((height, width, 3), PAPER, np.uint8)
    for each, colour in ((1, MINOR), (5, MAJOR)):
        for x in np.arange(0, width, each * 0.04 * PIXELS):
            cv2.line(paper, (round(x), 0), (round(x), height), colour, 1)
        for y in np.arange(0, height, each * 0.1 * per_mv):
            cv2.line(paper, (0, round(y)), (width, round(y)), colour, 1)
    x = np.linspace(0, width - 1, len(trace))
    y = height * (scale.high - trace) / (scale.high - scale.low)
    points = np.round(np.stack([x, y], axis=1) * 16).astype(np.int32)
    cv2.polylines(paper, [points], False, INK, 2, cv2.LINE_AA, 4)
    done, packed = cv2.imencode(".png", paper)
    if not done:
        raise ValueError("The picture of the beat could not be packed.")
    return packed.tobytes()
