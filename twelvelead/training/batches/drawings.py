"""Beats as a training run sees them: drawn anew each time, a little otherwise each time.

Pictures of others have lines, margins, sizes and stretches of time of their own, so training varies
them; what is tested and served is drawn by `ecg.beats.drawing.draw_beat` as the entry says.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from ecg.beats.beats import Window
from ecg.beats.drawing import BeatDrawing, Pixels, draw_beat
from ecg.signal.signal import Values
from model_registry.preprocessing import Preprocessing

CONTEXT = Window(rate=360, before=180, length=361)  # what a varied stretch is cut from

ALTERED = 0.6  # share of beats whose stretch of time is another one
SHIFT = 8.0  # samples at most that R stands off
NOISE, SLOPE = 0.015, 0.08  # at most, of the beat's own height
LINES, MARGINS = (1, 2, 3), (1, 10)  # px
FAINTEST = 0.4  # least darkness of a line
SMALL = (64, 64)  # px: a size that others draw
SHARE_SMALL, SHARE_JPEG = 0.2, 0.2
JPEG_QUALITY = (40, 95)


@dataclass(frozen=True)
class Variation:
    """How far drawings vary. zoom: (least, most) of the usual stretch of time on either side of R."""

    drawing: BeatDrawing
    preprocessing: Preprocessing
    zoom: tuple[float, float] = (0.85, 1.3)

    def draw(self, context: Values, rng: np.random.Generator) -> Pixels:
        """uint8 (height, width) in the network's input size, of (361,) mV with R in the middle."""
        plan = self.drawing
        trace = _noisy(self._stretch(context, rng), rng)
        varied = replace(plan, line=int(rng.choice(LINES)), margin=int(rng.integers(*MARGINS)))
        pixels = _faded(draw_beat(trace, varied), rng)
        if rng.random() < SHARE_SMALL:
            pixels = np.asarray(cv2.resize(pixels, SMALL, interpolation=cv2.INTER_AREA), np.uint8)
        if rng.random() < SHARE_JPEG:
            pixels = _jpeg(pixels, int(rng.integers(*JPEG_QUALITY)))
        return self.preprocessing.shrink(pixels)

    def _stretch(self, context: Values, rng: np.random.Generator) -> Values:
        window, middle = self.drawing.window, CONTEXT.before
        before, after = float(window.before), float(window.length - window.before - 1)
        if rng.random() < ALTERED:
            least, most = np.log(self.zoom)
            zooms = np.exp(rng.uniform(least, most, 2))
            if rng.random() < 0.5:
                zooms[1] = zooms[0]
            shift = rng.uniform(-SHIFT, SHIFT)
            before, after = before * zooms[0] + shift, after * zooms[1] - shift
        places = np.linspace(middle - before, middle + after, window.length)
        return np.interp(places, np.arange(len(context)), context).astype(np.float32)


def _noisy(trace: Values, rng: np.random.Generator) -> Values:
    height = float(np.ptp(trace))
    noise = rng.normal(0, rng.uniform(0, NOISE) * height, len(trace))
    slope = np.linspace(-0.5, 0.5, len(trace)) * rng.uniform(-SLOPE, SLOPE) * height
    return (trace + noise + slope).astype(np.float32)


def _faded(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    darkness = rng.uniform(FAINTEST, 1)
    table = np.round(255 - darkness * (255 - np.arange(256))).astype(np.uint8)
    return table[pixels]


def _jpeg(pixels: Pixels, quality: int) -> npt.NDArray[np.uint8]:
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
