"""Which measures tell a window that can't be read: each by itself, those that are used and others.

kSQI (kurtosis), sSQI (skewness), pSQI (power at 5-15 Hz of that at 5-40 Hz) and basSQI (power above
1 Hz) are those of G. D. Clifford, J. Behar, Q. Li and I. Rezek, "Signal quality indices and data fusion for
determining clinical acceptability of electrocardiograms", Physiol Meas 33 (2012) 1419-1433; NeuroKit's
`zhao2018` joins three of them.
"""

from collections.abc import Iterable
from dataclasses import fields

import numpy as np
import numpy.typing as npt

from ecg.beats.r_peaks import find_r_peaks
from ecg.signal.quality.measures import Measures, measure
from ecg.signal.quality.windows import CELL, Piece, Trace, pieces
from ecg.signal.signal import SampleIndices

Floats = npt.NDArray[np.float64]
Columns = dict[str, Floats]


def read_columns(trace: Trace, rate: float, peaks: SampleIndices | None = None) -> Columns:
    """Each measure of each cell, (cells,), by name."""
    found = find_r_peaks(trace, rate) if peaks is None else peaks
    parts = [_columns(piece) for piece in pieces(trace, rate, found)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def cell_times(count: int) -> Floats:
    """(count,) s, the middle of each cell."""
    return np.asarray((np.arange(count) + 0.5) * CELL)


def together(parts: Iterable[Columns]) -> Columns:
    """One after the other."""
    whole = list(parts)
    return {name: np.concatenate([part[name] for part in whole]) for name in whole[0]}


def area_under_curve(bad: Floats, good: Floats) -> float:
    """How often a bad window has the higher value than a good one; the other way round where that is more."""
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([bad, good]))[: bad.size].sum()
    area = float((ranks - bad.size * (bad.size + 1) / 2) / (bad.size * good.size))
    return max(area, 1 - area)


def _columns(piece: Piece) -> Columns:
    used = measure(piece)
    return {one.name: getattr(used, one.name) for one in fields(Measures)} | _others(piece)


def _others(piece: Piece) -> Columns:
    cells = np.arange(piece.starts.size)
    values = piece.windows(piece.slow, cells)
    values -= values.mean(axis=1, keepdims=True)
    values /= np.maximum(values.std(axis=1, keepdims=True), 1e-9)
    raw = piece.windows(piece.trace, cells)
    raw -= raw.mean(axis=1, keepdims=True)
    power = np.square(np.abs(np.fft.rfft(raw * np.hanning(piece.length), axis=1))) + 1e-12
    pitches = np.fft.rfftfreq(piece.length, 1 / piece.rate)

    def between(low: float, high: float) -> Floats:
        return np.asarray(power[:, (pitches >= low) & (pitches < high)].sum(axis=1))

    return {
        "kSQI": np.mean(values**4, axis=1),
        "sSQI": np.abs(np.mean(values**3, axis=1)),
        "pSQI": between(5, 15) / between(5, 40),
        "basSQI": 1 - between(0, 1) / between(0, 40),
    }
