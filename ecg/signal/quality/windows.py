"""A lead in windows: six seconds around each cell of two, at about 120 Hz, some half an hour at once."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ecg.signal.signal import SampleIndices

Trace = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

CELL = 2.0  # s that are judged together
WINDOW = 6.0  # s that each judgement looks at
SLOW = (
    120.0  # Hz, at least, where the recording has as much: more tells nothing about these measures
)
PIECE_CELLS = 900  # cells that are looked at together
BESIDE = 15  # cells on both sides of a piece that are looked at too: filters settle, beats have neighbours
SLOW_BAND = (0.7, 40.0)  # Hz: without wander and mains
QRS_BAND = (8.0, 20.0)  # Hz, as `ecg.beats.r_peaks` finds beats in


@dataclass(frozen=True)
class Piece:
    """Cells of a lead with as much beside them as their windows and filters need.

    trace: float64 (k,), slowed to `rate` Hz. peaks: int64, rising, samples of `trace`. starts: int64
    (cells,), the first sample of each cell's window, `length` samples long.
    """

    trace: Floats
    rate: float
    peaks: SampleIndices
    starts: npt.NDArray[np.int64]
    length: int

    @cached_property
    def slow(self) -> Floats:
        """The trace without wander and mains."""
        return band_pass(self.trace, self.rate, SLOW_BAND)

    @cached_property
    def qrs(self) -> Floats:
        """The trace in the band of the QRS complex."""
        return band_pass(self.trace, self.rate, QRS_BAND)

    def windows(self, values: Floats, some: npt.NDArray[np.int64]) -> Floats:
        """(some, length): what of `values`, one a sample, the windows of these cells hold."""
        return np.asarray(values[self.starts[some][:, np.newaxis] + np.arange(self.length)])

    def sums(self, values: npt.NDArray[np.generic]) -> Floats:
        """(cells,): the sum of `values`, one a sample, over each window."""
        total = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
        return np.asarray(total[self.starts + self.length] - total[self.starts])

    def ranges(self, indices: SampleIndices) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """(cells,) each: the first of rising `indices` in each window, and the one after the last."""
        ends = self.starts + self.length
        return np.searchsorted(indices, self.starts), np.searchsorted(indices, ends)


def count_cells(samples: int, rate: float) -> int:
    """How many cells a lead has; the last may be a part of one."""
    return max(1, math.ceil(samples / rate / CELL))


def pieces(trace: Trace, rate: float, peaks: SampleIndices) -> Iterator[Piece]:
    """A lead's cells in order, piece by piece.

    trace: float32 (n,), mV. rate: Hz. peaks: int64 (m,), samples of its beats, rising.
    """
    step = max(1, int(rate // SLOW))
    cells = count_cells(trace.size, rate)
    for first in range(0, cells, PIECE_CELLS):
        last = min(cells, first + PIECE_CELLS)
        begin = _sample(first - BESIDE, rate, trace.size) // step * step
        end = _sample(last + BESIDE, rate, trace.size)
        slowed = _slowed(trace[begin:end], step)
        inside = peaks[(peaks >= begin) & (peaks < begin + step * slowed.size)]
        length = min(slowed.size, round(WINDOW * rate / step))
        centred = (np.arange(first, last) + 0.5) * CELL * rate
        starts = np.round((centred - begin) / step - length / 2).astype(np.int64)
        yield Piece(
            trace=slowed,
            rate=rate / step,
            peaks=(inside - begin) // step,
            starts=np.clip(starts, 0, slowed.size - length),
            length=length,
        )


def band_pass(trace: Floats, rate: float, band: tuple[float, float]) -> Floats:
    """Butterworth of second order, forwards and backwards."""
    from scipy.signal import butter, sosfiltfilt

    sections = butter(2, (band[0], min(band[1], 0.45 * rate)), "bandpass", fs=rate, output="sos")
    reach = min(trace.size - 1, round(rate))
    return np.asarray(sosfiltfilt(sections, trace, padlen=reach))


def _sample(cell: int, rate: float, samples: int) -> int:
    return min(max(0, round(cell * CELL * rate)), samples)


def _slowed(trace: Trace, step: int) -> Floats:
    """The mean of each `step` samples; a rest shorter than that is left out."""
    whole = trace[: trace.size // step * step]
    return np.asarray(whole.reshape(-1, step).mean(axis=1, dtype=np.float64))
