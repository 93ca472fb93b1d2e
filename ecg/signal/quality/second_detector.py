"""A second detector of beats, only to be held against the first: where a lead is steep for a while.

After W. Zong, G. B. Moody and D. Jiang, "A robust open-source algorithm to detect onset and duration of
QRS complexes", Computers in Cardiology 30 (2003) 737-740, whose length transform sums how far the
trace goes. It and `ecg.beats.r_peaks` go wrong at different places in noise, which is what is wanted.
"""

import numpy as np

from ecg.signal.quality.windows import Floats, band_pass
from ecg.signal.signal import SampleIndices

BAND = (5.0, 18.0)  # Hz
WIDTH = 0.13  # s over which steps are summed
APART = 0.3  # s in which a place is the steepest
TALLEST_IN = 1.5  # s that hold a beat
AROUND = 6.0  # s over which the tallest are averaged
SHARE = 0.45  # of that average which a beat exceeds
LEAST = 1e-9  # mV


def find_steep_places(trace: Floats, rate: float) -> SampleIndices:
    """int64 (m,), samples, rising, 0.15 s apart or more. trace: float64 (n,), mV. rate: Hz."""
    from scipy.ndimage import maximum_filter1d, uniform_filter1d

    steps = np.abs(np.gradient(band_pass(trace, rate, BAND)))
    length = uniform_filter1d(steps, max(1, round(WIDTH * rate)))
    tallest = maximum_filter1d(length, max(1, round(TALLEST_IN * rate)))
    least = np.maximum(SHARE * uniform_filter1d(tallest, max(1, round(AROUND * rate))), LEAST)
    steepest = length == maximum_filter1d(length, max(1, round(APART * rate)))
    places = np.flatnonzero(steepest & (length > least))
    first = (
        np.diff(places, prepend=-places.size - 2 * rate) > APART / 2 * rate
    )  # of a level run, one
    return np.asarray(places[first], dtype=np.int64)
