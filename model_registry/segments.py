"""From beats of a signal to what a one-dimensional network reads; the same in training and serving."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ecg.beats.beats import EVERY, ROW_LENGTH, ROW_RATE, Beats, Window
from ecg.beats.rhythm_context import read_context
from ecg.signal.signal import Values

Tensor = npt.NDArray[np.float32]
Form = Literal["window", "row"]
SegmentScale = Literal["millivolts", "recording", "standard", "minmax"]
SPREAD = 1000  # beats that tell what is usual in a recording
LEAST = 1e-3  # mV: what is divided by is at least that


@dataclass(frozen=True)
class SegmentReading:
    """How one model wants a beat: a stretch of trace, and numbers on the rhythm as constant channels.

    form: "window" cuts `window` around R; "row" is the 187-sample form and needs no window. scale, of
    each segment: "millivolts" (its median taken off), "recording" (that, divided by the median range of
    the recording's segments), "standard" (mean 0, deviation 1), "minmax" (0..1). usual: the recording's
    median segment as one more channel. context: names in `ecg.beats.rhythm_context.CONTEXTS`.
    """

    form: Form
    window: Window | None
    scale: SegmentScale
    context: tuple[str, ...] = ()
    usual: bool = False

    @property
    def length(self) -> int:
        return self.window.length if self.window else ROW_LENGTH

    @property
    def rate(self) -> float:
        """Hz."""
        return self.window.rate if self.window else ROW_RATE

    @property
    def traces(self) -> int:
        """How many channels are stretches of trace; those of the context stand behind them."""
        return 1 + self.usual

    @property
    def shape(self) -> tuple[int, int, int]:
        """(1, length, channels): a picture one pixel high, so that all that runs pictures runs it."""
        return (1, self.length, self.traces + len(self.context))

    def __call__(self, beats: Beats, some: slice = EVERY) -> Tensor:
        """float32 (m, 1, length, channels) of the m beats in `some`, the others being their context."""
        return self.prepare(self.stretches(beats, some), self.numbers(beats, some))

    def stretches(self, beats: Beats, some: slice = EVERY) -> Values:
        """float32 (m, length, traces): the channels that are stretches of trace."""
        channels = [self._scaled(beats, some)]
        if self.usual and len(beats):
            usual = np.median(self._scaled(beats, _spread(beats)), axis=0)
            channels.append(np.broadcast_to(usual, channels[0].shape))
        found = np.stack(channels, axis=-1).astype(np.float32)
        return found if len(beats) else np.zeros((0, self.length, self.traces), np.float32)

    def numbers(self, beats: Beats, some: slice = EVERY) -> Values:
        """float32 (m, names): the context of each beat."""
        columns = [read_context(beats, name)[some] for name in self.context]
        return np.stack([np.zeros(len(beats))[some], *columns], axis=1)[:, 1:].astype(np.float32)

    def _scaled(self, beats: Beats, some: slice) -> Values:
        segments = self._segments(beats, some)
        if self.scale != "recording" or not len(segments):
            return scaled(segments, self.scale)
        name = ("range", self.window)
        if name not in beats.kept:
            ranges = np.ptp(self._segments(beats, _spread(beats)), axis=1)
            beats.kept[name] = np.maximum(np.median(ranges), LEAST)
        return np.asarray(scaled(segments, self.scale) / beats.kept[name])

    def _segments(self, beats: Beats, some: slice) -> Values:
        return beats.windows(self.window, some) if self.window else beats.rows(some)

    def prepare(self, stretches: Values, numbers: Values) -> Tensor:
        """float32 (m, 1, length, channels) of `stretches` and `numbers`."""
        constant = np.repeat(numbers[:, np.newaxis], self.length, axis=1)
        return np.concatenate([stretches, constant], axis=-1)[:, np.newaxis].astype(np.float32)


def _spread(beats: Beats) -> slice:
    """At most some hundreds of beats, spread evenly: enough to tell what is usual in a recording."""
    return slice(None, None, max(1, -(-len(beats) // SPREAD)))


def scaled(segments: Values, scale: SegmentScale) -> Values:
    """float32 (m, length) of segments, mV, each scaled by itself; "recording" as "millivolts"."""
    if scale in ("millivolts", "recording"):
        return segments - np.median(segments, axis=1, keepdims=True)
    if scale == "standard":
        centred = segments - segments.mean(axis=1, keepdims=True)
        return np.asarray(centred / np.maximum(centred.std(axis=1, keepdims=True), 1e-6))
    low, high = segments.min(axis=1, keepdims=True), segments.max(axis=1, keepdims=True)
    return np.asarray((segments - low) / np.maximum(high - low, 1e-6))
