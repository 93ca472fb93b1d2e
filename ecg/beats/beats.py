"""Beats of one lead: where they are, how far apart, and the stretch of signal around each.

Windows of 360 samples around R at 360 Hz hold one second, as beat classifiers on the MIT-BIH
Arrhythmia Database read them; `rows` gives the 187-sample form of M. Kachuee, S. Fazeli and
M. Sarrafzadeh, "ECG heartbeat classification: a deep transferable representation", ICHI 2018.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg.signal.signal import SampleIndices, Signal, Values

Floats = npt.NDArray[np.float64]

USUAL_RR = 0.8  # s: where a recording has a single beat
ROW_LENGTH, ROW_RATE, ROW_SHARE = 187, 125.0, 1.2  # samples, Hz, of the RR interval that follows
BAND_ORDER = 2  # of the Butterworth filter, run forwards and backwards
EVERY = slice(None)
PIECE = 2_000_000  # samples, before or behind, that are filtered at once
SETTLED = 30.0  # s beside a piece that are filtered too: further away nothing matters
EDGE = 1.0  # s: a stretch beyond the ends is mirrored, so that filters settle


@dataclass(frozen=True)
class Window:
    """What is cut out around each R peak: `length` samples at `rate` Hz, of which `before` precede it.

    band: (low, high) Hz of a zero-phase Butterworth band-pass; None leaves the trace as it is.
    """

    rate: float
    before: int
    length: int
    band: tuple[float, float] | None = None


@dataclass(frozen=True)
class Beats:
    """The beats of one lead. trace: float32 (n,), mV. rate: Hz. indices: int64 (m,), of R, rising."""

    trace: Values
    rate: float
    indices: SampleIndices

    @classmethod
    def of(cls, signal: Signal, lead: int, indices: SampleIndices) -> "Beats":
        """Beats at `indices` in one lead, by its row, of a signal."""
        return cls(signal.values[lead], signal.rate, np.asarray(indices, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def times(self) -> Floats:
        """(m,) seconds from the beginning of the recording to each R peak."""
        return np.asarray(self.indices / self.rate)

    @cached_property
    def rr(self) -> Floats:
        """(m - 1,) seconds from each beat to the next one."""
        return np.asarray(np.diff(self.indices) / self.rate)

    @property
    def rr_before(self) -> Floats:
        """(m,) seconds since the beat before; the first beat is given the median interval."""
        return np.concatenate([[self.usual_rr], self.rr])[: len(self)]

    @property
    def rr_after(self) -> Floats:
        """(m,) seconds to the next beat; the last beat is given the median interval."""
        return np.concatenate([self.rr, [self.usual_rr]])[: len(self)]

    @property
    def usual_rr(self) -> float:
        """The median interval, s."""
        return float(np.median(self.rr)) if len(self.rr) else USUAL_RR

    @cached_property
    def kept(self) -> dict[Any, npt.NDArray[Any]]:
        """What was computed from these beats, by name, for whoever needs it again."""
        return {}

    def windows(self, window: Window, some: slice = EVERY) -> Values:
        """float32 (m, length), mV: what stands around each R peak; beyond the ends the last value.

        some: which beats, all without it; so too in `rows`.
        """
        trace = self.resampled(window.rate, window.band)
        indices = np.round(self.indices[some] * (window.rate / self.rate)).astype(np.int64)
        inside = indices[:, np.newaxis] + np.arange(window.length) - window.before
        return np.asarray(trace[np.clip(inside, 0, len(trace) - 1)])

    def rows(self, some: slice = EVERY) -> Values:
        """float32 (m, 187): 125 Hz from R on, 1.2 times the next interval long, 0..1, then zeros."""
        trace = self.resampled(ROW_RATE)
        begins = np.round(self.indices[some] * (ROW_RATE / self.rate)).astype(np.int64)
        lengths = np.round(ROW_SHARE * ROW_RATE * self.rr_after[some]).astype(np.int64)
        steps = np.arange(ROW_LENGTH)
        inside = begins[:, np.newaxis] + steps
        kept = (steps < lengths[:, np.newaxis]) & (inside < len(trace))
        values = trace[np.clip(inside, 0, len(trace) - 1)]
        low = np.where(kept, values, np.inf).min(axis=1, keepdims=True)
        high = np.where(kept, values, -np.inf).max(axis=1, keepdims=True)
        scaled = (values - low) / np.maximum(high - low, 1e-6)
        return np.where(kept, scaled, 0).astype(np.float32)

    def forget_traces(self) -> None:
        """Lets go of the resampled and filtered traces, each as long as the recording."""
        for name in [one for one in self.kept if isinstance(one, tuple)]:
            del self.kept[name]

    def resampled(self, rate: float, band: tuple[float, float] | None = None) -> Values:
        """The trace, float32, at another rate, by a polyphase filter; then band-passed."""
        name = ("trace", rate, band)
        if name not in self.kept:
            self.kept[name] = _resampled(self, rate, band)
        return self.kept[name]


@dataclass(frozen=True)
class RowBeats(Beats):
    """Beats that came as rows of 187 samples, without the recording around them; no rhythm is known."""

    @classmethod
    def of_rows(cls, rows: Values) -> "RowBeats":
        """Those of float32 (m, 187), one after the other."""
        indices = np.arange(len(rows), dtype=np.int64) * ROW_LENGTH
        return cls(np.asarray(rows, np.float32).reshape(-1), ROW_RATE, indices)

    def rows(self, some: slice = EVERY) -> Values:
        """The rows as they were given."""
        return np.asarray(self.trace.reshape(-1, ROW_LENGTH)[some])


def _resampled(beats: Beats, rate: float, band: tuple[float, float] | None) -> Values:
    """The whole trace, in pieces, so that a recording of a day takes little memory beside its own."""
    trace = np.asarray(beats.trace, dtype=np.float32)
    ratio = Fraction(rate / beats.rate).limit_denominator(1000)
    up, down = ratio.numerator, ratio.denominator
    step = down * max(1, PIECE // max(up, down))
    beside = down * math.ceil(SETTLED * beats.rate / down)
    if len(trace) <= step + beside:
        return _filtered(trace, (up, down), rate, band)
    found = np.empty(-(-len(trace) * up // down), np.float32)
    for start in range(0, len(trace), step):
        first = max(0, start - beside)
        piece = _filtered(trace[first : start + step + beside], (up, down), rate, band)
        begin, end = start * up // down, min(len(found), (start + step) * up // down)
        skipped = first * up // down
        found[begin:end] = piece[begin - skipped : end - skipped]
    return found


def _filtered(
    trace: Values, ratio: tuple[int, int], rate: float, band: tuple[float, float] | None
) -> Values:
    from scipy import signal as filters

    if ratio != (1, 1):
        trace = filters.resample_poly(trace, *ratio, padtype="line")
    if band is not None:
        sections = filters.butter(BAND_ORDER, band, "bandpass", fs=rate, output="sos")
        reach = min(len(trace) - 1, round(EDGE * rate))
        trace = filters.sosfiltfilt(sections, trace, padlen=reach)
    return np.asarray(trace, dtype=np.float32)
