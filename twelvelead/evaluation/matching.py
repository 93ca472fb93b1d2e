"""Beats that were marked and beats that were found, matched as in ANSI/AAMI EC57."""

import numpy as np

from ecg.signal.signal import SampleIndices
from twelvelead.datasets.pages import Indices

REACH = 0.15  # s between a marked beat and a found one, at most: EC57's window


def match(marked: SampleIndices, found: SampleIndices, reach: float) -> tuple[Indices, Indices]:
    """Pairs of a marked and a found beat at most `reach` samples apart: (k,) indices into each.

    Both come rising. The nearest pairs are made first, and no beat stands in two; of equally near ones
    the earlier.
    """
    first = np.searchsorted(found, marked - reach, "left")
    last = np.searchsorted(found, marked + reach, "right")
    near = [
        (abs(int(found[other] - peak)), beat, other)
        for beat, peak in enumerate(marked)
        for other in range(first[beat], last[beat])
    ]
    pairs: dict[int, int] = {}
    used: set[int] = set()
    for _, beat, other in sorted(near):
        if beat not in pairs and other not in used:
            pairs[beat] = other
            used.add(other)
    beats = np.array(sorted(pairs), dtype=np.intp)
    return beats, np.array([pairs[beat] for beat in beats], dtype=np.intp)
