"""R peaks: where the main deflection of each heartbeat is, in one lead.

Two moving averages over the squared trace, after M. Elgendi, "Fast QRS detection with an optimized
knowledge-based method: evaluation on 11 standard ECG databases", PLoS ONE 8 (2013) e73557: a beat
is where the average over the length of a QRS complex exceeds the one over the length of a beat.
Three things differ. The offset for noise follows the half minute around instead of the whole
recording, what is far above the beats around is cut to their size first, so that a spike can't hide
them, and the place found is moved to the largest deflection beside it.

`python -m twelvelead.evaluation.r_peak_figures` measures it, and wfdb's own detectors, on the MIT-BIH
Arrhythmia Database: docs/r_peaks.md.
"""

import numpy as np
import numpy.typing as npt

from ecg.interrupt import Check, unhurried
from ecg.signal.signal import SampleIndices

Trace = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

SHORTEST = 2.0  # s: in less there is nothing to compare a beat with
QRS_BAND = (8.0, 20.0)  # Hz
QRS_WIDTH = 0.097  # s: the shorter average
BEAT_WIDTH = 0.611  # s: the longer one
OFFSET = 0.08  # of the mean power: what noise may add
AROUND = 30.0  # s over which that mean is taken
QUIET = 0.01  # mV in the band: less is no heart
TALLEST = 4.0  # times the power of the beats around: what is above is cut
REFRACTORY = 0.25  # s: no two beats are nearer
PEAK_BAND = (5.0, 30.0)  # Hz: wider, for the place of the deflection
REACH = 0.1  # s: how far that may be from where the narrower band is strongest
PIECE = 650_000  # samples that are read at once: filtering takes some ten float64 copies of them
SHORTEST_PIECE = 60  # s, at high rates
OVERLAP = 40  # s at both ends of a piece: further away nothing matters


def find_r_peaks(trace: Trace, rate: float, check: Check = unhurried) -> SampleIndices:
    """The samples of the R peaks of one lead, or of a QRS complex's largest deflection: rising.

    trace: float32 (n,), mV, finite, either way up. rate: Hz, 50 or more. Returns int64 (m,); none
    for less than two seconds, or where nothing but a flat line is. A beat that an end of the
    recording cuts through is left out. What comes up to 40 s later tells about what came before.
    `check` is asked between stretches of a minute to some hours.

    The trace is filtered forwards and backwards, so nothing is shifted: by a Butterworth band-pass
    of second order, 8 to 20 Hz (Elgendi 2013; near to the 5 to 15 Hz of J. Pan and W. J. Tompkins,
    "A real-time QRS detection algorithm", IEEE Trans Biomed Eng 32 (1985) 230-236), to find the
    beats, and by one of first order, 5 to 30 Hz, to place them. No further filter is used.
    """
    if trace.size < SHORTEST * rate:
        return np.empty(0, dtype=np.int64)
    second = round(rate)
    found, piece = [], max(PIECE // second, SHORTEST_PIECE) * second
    for start in range(0, trace.size, piece):
        check()
        first = max(0, start - OVERLAP * second)
        end = start + piece
        indices = first + _peaks_of_piece(trace[first : end + OVERLAP * second], rate)
        found.append(indices[(indices >= start) & (indices < end)])
    return np.concatenate(found)


def _peaks_of_piece(trace: Trace, rate: float) -> SampleIndices:
    band = _band_pass(trace, rate, QRS_BAND, 2)
    stretches = _loud_stretches(_without_spikes(np.square(band), rate), rate)
    indices = _strongest(np.abs(band), stretches, REFRACTORY * rate)
    return _at_the_peak(np.abs(_band_pass(trace, rate, PEAK_BAND, 1)), indices, round(REACH * rate))


def _band_pass(trace: Trace, rate: float, band: tuple[float, float], order: int) -> Floats:
    """Butterworth, forwards and backwards."""
    from scipy.signal import butter, sosfiltfilt

    high = min(band[1], 0.45 * rate)
    sections = butter(order, (band[0], high), "bandpass", fs=rate, output="sos")
    filtered: Floats = sosfiltfilt(sections, trace.astype(np.float64))
    return filtered


def _without_spikes(power: Floats, rate: float) -> Floats:
    """Cut to a multiple of what the tallest of a usual second reaches, in the half minute around."""
    from scipy.ndimage import median_filter

    second = round(rate)
    padded = np.pad(power, (0, -power.size % second))
    tallest = padded.reshape(-1, second).max(axis=1)
    usual = median_filter(tallest, size=min(round(AROUND) + 1, tallest.size), mode="nearest")
    cut: Floats = np.minimum(power, np.repeat(TALLEST * usual, second)[: power.size])
    return cut


def _loud_stretches(power: Floats, rate: float) -> npt.NDArray[np.int64]:
    """Where a QRS complex may be: (m, 2) first sample and the one after the last."""
    from scipy.ndimage import uniform_filter1d

    width = QRS_WIDTH * rate
    short = uniform_filter1d(power, max(1, round(width)))
    long = uniform_filter1d(power, round(BEAT_WIDTH * rate))
    noise = OFFSET * uniform_filter1d(power, round(AROUND * rate))
    loud = short > long + np.maximum(noise, QUIET**2)
    edges = np.flatnonzero(np.diff(loud, prepend=False, append=False)).reshape(-1, 2)
    return edges[np.diff(edges)[:, 0] >= width]


def _strongest(size: Floats, stretches: npt.NDArray[np.int64], apart: float) -> SampleIndices:
    """The largest sample of each stretch; of two that are too near, the larger."""
    found: list[int] = []
    for start, end in stretches:
        place = int(start + size[start:end].argmax())
        if not found or place - found[-1] >= apart:
            found.append(place)
        elif size[place] > size[found[-1]]:
            found[-1] = place
    return np.array(found, dtype=np.int64)


def _at_the_peak(size: Floats, indices: SampleIndices, reach: int) -> SampleIndices:
    """Each place moved to the largest sample within reach."""
    near = np.clip(indices[:, None] + np.arange(-reach, reach + 1), 0, size.size - 1)
    return np.unique(np.take_along_axis(near, size[near].argmax(axis=1)[:, None], axis=1))
