"""A beat as a picture: the trace alone, dark on light, drawn the same way for training and serving."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecg.beats.beats import Window
from ecg.signal.signal import Values

Pixels = npt.NDArray[np.uint8]
SUB = 4  # bits of a pixel that lines are placed to


@dataclass(frozen=True)
class BeatDrawing:
    """How a beat is drawn. size: (height, width) in px. line: its width in px.

    margin: px that stay free above and below; the trace is stretched to what is between them.
    """

    window: Window
    size: tuple[int, int]
    line: int = 1
    margin: int = 4


DRAWING = BeatDrawing(  # how this project draws beats: models read them so, samples are drawn so
    Window(rate=360, before=96, length=192), size=(128, 192), line=2, margin=4
)


def draw_beat(trace: Values, drawing: BeatDrawing) -> Pixels:
    """uint8 (height, width), 255 being paper, of float32 (length,), mV."""
    import cv2

    height, width = drawing.size
    low, high = float(trace.min()), float(trace.max())
    share = (trace - low) / max(high - low, 1e-6)
    x = np.linspace(0, width - 1, len(trace))
    y = height - 1 - drawing.margin - share * (height - 1 - 2 * drawing.margin)
    points = np.round(np.stack([x, y], axis=1) * 2**SUB).astype(np.int32)
    paper = np.full((height, width), 255, np.uint8)
    cv2.polylines(paper, [points], False, 0, drawing.line, cv2.LINE_AA, SUB)
    return paper
