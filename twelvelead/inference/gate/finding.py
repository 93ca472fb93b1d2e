"""What is found out about a picture before any model is asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ecg.page.page import Page
from ecg.reason import Reason


@dataclass(frozen=True)
class Finding:
    """refusals: why no model may give it a class. doubts: why no answer is more than uncertain.

    measures: what was measured, by name, for whoever wants to know why. features: float32 (k,), the
    picture's place in the gate's feature space, by which models tell how familiar it is; empty where
    nothing examined it.
    """

    refusals: tuple[Reason, ...] = ()
    doubts: tuple[Reason, ...] = ()
    measures: Mapping[str, float] = field(default_factory=dict)
    features: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))


Examine = Callable[[Page], Finding]
NOTHING = Finding()


def unexamined(page: Page) -> Finding:
    """Finds nothing: for training and tests, whose pictures are known."""
    del page
    return NOTHING
