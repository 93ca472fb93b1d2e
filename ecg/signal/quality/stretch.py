"""A stretch of a lead whose beats get no label, and the reasons that there are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecg.reason import Reason

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

NOISE = Reason(
    "noise",
    "The trace is too noisy here to tell beats from noise: record again with fresh electrodes, at rest.",
)
ELECTRODE_OFF = Reason(
    "electrode_off",
    "The line is flat or jumps here: an electrode may be off, or nothing was recorded.",
)
SATURATED = Reason(
    "saturated",
    "The trace is cut off at the recorder's limit here: record again with a wider range.",
)
FLUTTER = Reason(
    "flutter",
    "This looks like ventricular flutter or fibrillation, where there are no single beats to name.",
)
PACED = Reason(
    "paced",
    "A pacemaker seems to drive the heart here: the models were not trained on paced beats.",
)
NOT_AN_ECG = Reason(
    "not_an_ecg",
    "No heartbeats as of an ECG were found in this signal: give an ECG lead, or name the column that is one.",
)


@dataclass(frozen=True)
class UnreadStretch:
    """From `start_s` to before `end_s`, in seconds from the beginning of the recording."""

    start_s: float
    end_s: float
    reason: Reason


def stretch_at(times: Floats, stretches: Sequence[UnreadStretch]) -> Indices:
    """int64 (n,): which of `stretches`, rising and apart, each of n times (s) lies in; -1 for none."""
    starts = np.array([one.start_s for one in stretches])
    ends = np.array([*(one.end_s for one in stretches), -np.inf])  # the last is that of -1
    found = np.searchsorted(starts, times, "right") - 1
    return np.where(times < ends[found], found, -1).astype(np.int64)
