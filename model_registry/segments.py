"""From beats of a signal to what a one-dimensional network reads; the same in training and serving."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ecg.beat_context import read_context
from ecg.beats import EVERY, ROW_LENGTH, ROW_RATE, Beats, Window
from ecg.signal import Samples

Tensor = npt.NDArray[np.float32]
Form = Literal["window", "row"]
SegmentScale = Literal["millivolts", "standard", "minmax"]


@dataclass(frozen=True)
class SegmentReading:
    """How one model wants a beat: a stretch of trace, and numbers on the rhythm as constant channels.

    form: "window" cuts `window` around R; "row" is the 187-sample form and needs no window. scale, of
    each segment: "millivolts" (its median taken off), "standard" (mean 0, deviation 1), "minmax"
    (0..1). context: names in `ecg.beat_context.CONTEXTS`.
    """

    form: Form
    window: Window | None
    scale: SegmentScale
    context: tuple[str, ...] = ()

    @property
    def length(self) -> int:
        return self.window.length if self.window else ROW_LENGTH

    @property
    def rate(self) -> float:
        """Hz."""
        return self.window.rate if self.window else ROW_RATE

    @property
    def shape(self) -> tuple[int, int, int]:
        """(1, length, channels): a picture one pixel high, so that all that runs pictures runs it."""
        return (1, self.length, 1 + len(self.context))

    def __call__(self, beats: Beats, some: slice = EVERY) -> Tensor:
        """float32 (m, 1, length, channels) of the m beats in `some`, the others being their context."""
        segments = beats.windows(self.window, some) if self.window else beats.rows(some)
        return self.prepare(segments, [read_context(beats, name)[some] for name in self.context])

    def prepare(self, segments: Samples, context: list[npt.NDArray[np.float64]]) -> Tensor:
        """float32 (m, 1, length, channels) of segments (m, length) and (m,) a name of the context."""
        channels = [_scaled(segments, self.scale)]
        channels += [np.repeat(one[:, np.newaxis], self.length, axis=1) for one in context]
        return np.stack(channels, axis=-1)[:, np.newaxis].astype(np.float32)


def _scaled(segments: Samples, scale: SegmentScale) -> Samples:
    if scale == "millivolts":
        return segments - np.median(segments, axis=1, keepdims=True)
    if scale == "standard":
        centred = segments - segments.mean(axis=1, keepdims=True)
        return np.asarray(centred / np.maximum(centred.std(axis=1, keepdims=True), 1e-6))
    low, high = segments.min(axis=1, keepdims=True), segments.max(axis=1, keepdims=True)
    return np.asarray((segments - low) / np.maximum(high - low, 1e-6))
