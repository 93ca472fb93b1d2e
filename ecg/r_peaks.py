"""R peaks: where the heart's main deflection is, in one lead.

Two moving averages over the squared, band-passed trace, as in M. Elgendi, "Fast QRS detection with
an optimized knowledge-based method: evaluation on 11 standard ECG databases", PLoS ONE 8 (2013)
e73557.
"""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, sosfiltfilt

from ecg.signal import Places

Trace = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

SHORTEST = 2.0  # s: in less there is nothing to compare a beat with
QRS_BAND = (8.0, 20.0)  # Hz
PEAK_BAND = (5.0, 30.0)  # Hz: wider, for the place of the deflection
QRS_WIDTH = 0.097  # s: the shorter average
BEAT_WIDTH = 0.611  # s: the longer one
OFFSET = 0.08  # of the mean: what noise may add
REFRACTORY = 0.25  # s: no two beats are nearer
REACH = 0.1  # s: how far the peak may be from where the band was strongest


def find_r_peaks(trace: Trace, rate: float) -> Places:
    """Sample places of the R peaks of one lead, int64 (m,), rising.

    trace: float32 (n,), mV. rate: Hz.
    """
    if trace.size < SHORTEST * rate:
        return np.empty(0, dtype=np.int64)
    clean = np.asarray(trace, dtype=np.float64)
    band = _band_pass(clean, rate, QRS_BAND, 2)
    if not np.abs(band).max() > 1e-6:
        return np.empty(0, dtype=np.int64)
    power = np.square(band)
    short = uniform_filter1d(power, max(1, round(QRS_WIDTH * rate)))
    long = uniform_filter1d(power, max(1, round(BEAT_WIDTH * rate)))
    on = short > long + OFFSET * power.mean()
    edges = np.flatnonzero(np.diff(np.concatenate([[False], on, [False]]).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    wide = ends - starts >= QRS_WIDTH * rate
    size = np.abs(band)
    found: list[int] = []
    for start, end in zip(starts[wide], ends[wide], strict=True):
        place = int(start + np.argmax(size[start:end]))
        if found and place - found[-1] < REFRACTORY * rate:
            if size[place] > size[found[-1]]:
                found[-1] = place
        else:
            found.append(place)
    return _at_the_peak(clean, rate, np.array(found, dtype=np.int64))


def _at_the_peak(trace: Floats, rate: float, places: Places) -> Places:
    """Each place moved to the largest deflection near it."""
    reach = round(REACH * rate)
    size = np.abs(_band_pass(trace, rate, PEAK_BAND, 1))
    around = np.clip(places[:, None] + np.arange(-reach, reach + 1), 0, trace.size - 1)
    return np.unique(np.take_along_axis(around, size[around].argmax(axis=1)[:, None], 1))


def _band_pass(trace: Floats, rate: float, band: tuple[float, float], order: int) -> Floats:
    """Butterworth, forwards and backwards, so that nothing is shifted."""
    high = min(band[1], 0.45 * rate)
    sections = butter(order, (band[0], high), "bandpass", fs=rate, output="sos")
    filtered: Floats = sosfiltfilt(sections, trace)
    return filtered
