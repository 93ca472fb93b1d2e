"""Whether a lead stands on its head, for leads in which P, QRS and T point upwards as a rule: II and MLII.

Told from the median beat: how far each of the three waves goes up and down, against the beat's height. An
ectopic focus or an unusual axis turns one of them, swapped electrodes turn all.
"""

import numpy as np
import numpy.typing as npt

from ecg.signal.quality.windows import Trace
from ecg.signal.signal import SampleIndices

BEFORE, AFTER = 0.32, 0.45  # s around R
BASE = (-0.09, -0.05)  # s from R: the line between P and QRS, from which waves are measured
QRS, P_WAVE, T_WAVE = (-0.05, 0.06), (-0.24, -0.09), (0.16, 0.42)  # s from R
LEAST_BEATS, MOST_BEATS = 4, 300
WEIGHTS = (-3.08, 1.7, -1.86, -1.19, -5.02, -2.14)  # of a logistic regression, see the docs
SURELY_DOWN, MAYBE_DOWN = (
    1.0,
    -0.5,
)  # scores of a lead that should point up, of one that nobody named

Floats = npt.NDArray[np.float64]


def downward_score(trace: Trace, rate: float, peaks: SampleIndices) -> float:
    """How surely the beats at `peaks`, samples of a lead at `rate` Hz, point downwards.

    Logarithm of the odds: above 0 rather down than up. Minus infinity for fewer than four beats.
    """
    waves = read_waves(trace, rate, peaks)
    return -np.inf if waves is None else float(np.dot(waves, WEIGHTS))


def read_waves(trace: Trace, rate: float, peaks: SampleIndices) -> Floats | None:
    """(6,): highest plus lowest, and mean, of QRS, P and T, as shares of the beat's height."""
    first, last = round(BEFORE * rate), round(AFTER * rate)
    inside = peaks[(peaks >= first) & (peaks < trace.size - last)]
    if inside.size < LEAST_BEATS:
        return None
    some = inside[np.linspace(0, inside.size - 1, min(inside.size, MOST_BEATS)).astype(np.int64)]
    times = np.arange(-first, last + 1) / rate
    beats = trace[some[:, np.newaxis] + np.arange(-first, last + 1)].astype(np.float64)
    beats -= np.median(beats[:, _within(times, BASE)], axis=1, keepdims=True)
    beat = np.median(beats, axis=0)
    height = max(float(np.ptp(beat[_within(times, (-0.08, 0.1))])), 1e-6)
    found = []
    for span in (QRS, P_WAVE, T_WAVE):
        wave = beat[_within(times, span)] / height
        found += [float(wave.max() + wave.min()), float(wave.mean())]
    return np.array(found)


def _within(times: Floats, span: tuple[float, float]) -> npt.NDArray[np.bool_]:
    return np.asarray((times >= span[0]) & (times < span[1]))
