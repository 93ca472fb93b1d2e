"""What the rhythm around a beat says of it: one number a beat, by name.

Each model's entry lists the names that it reads. All come from the same recording as the beat.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from ecg.beats import Beats

Floats = npt.NDArray[np.float64]


def rr_before(beats: Beats) -> Floats:
    """(m,) seconds since the beat before."""
    return beats.rr_before


def rr_after(beats: Beats) -> Floats:
    """(m,) seconds to the next beat."""
    return beats.rr_after


def rr_before_share(beats: Beats) -> Floats:
    """(m,) `rr_before` divided by the recording's median interval (de Chazal 2004 takes the mean)."""
    return np.asarray(beats.rr_before / beats.usual_rr)


def rr_after_share(beats: Beats) -> Floats:
    """(m,) `rr_after` divided by the recording's median interval."""
    return np.asarray(beats.rr_after / beats.usual_rr)


CONTEXTS: Mapping[str, Callable[[Beats], Floats]] = MappingProxyType(
    {
        "rr_before": rr_before,
        "rr_after": rr_after,
        "rr_before_share": rr_before_share,
        "rr_after_share": rr_after_share,
    }
)


def read_context(beats: Beats, name: str) -> Floats:
    """(m,) numbers, computed once for these beats."""
    if name not in beats.kept:
        beats.kept[name] = CONTEXTS[name](beats)
    return beats.kept[name]
