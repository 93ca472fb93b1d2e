"""Simulated recordings of two leads, one to five minutes long, whose beats are known.

The hearts are those of `ecg.simulate.twelve_leads`; here they move and are measured less well than on a page.
For examples, tests and demonstrations: nothing about patients may be concluded from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from ecg.signal.signal import Annotations, Signal
from ecg.simulate.twelve_leads import simulate

SECONDS = (60.0, 300.0)
SYMBOLS: Mapping[str, str] = (
    MappingProxyType(  # kinds of beats in ecg.simulate.waves -> WFDB's symbols
        {
            "normal": "N",
            "without_p": "N",
            "pac": "A",
            "right_pvc": "V",
            "left_pvc": "V",
            "lbbb": "L",
            "rbbb": "R",
        }
    )
)
TITLES: Mapping[str, str] = MappingProxyType(
    {
        "sinus_rhythm": "Sinus rhythm",
        "pvc": "Ventricular ectopic beats",
        "pac": "Atrial ectopic beats",
        "atrial_fibrillation": "Atrial fibrillation",
        "lbbb": "Left bundle branch block",
        "rbbb": "Right bundle branch block",
    }
)
NAMES = {"MLII": "II"}  # an ambulatory recorder's modified lead II shows what lead II shows
WANDER = 0.12  # mV of baseline wander, beside the page's
NOISE = 0.015  # mV of noise up to half the rate


@dataclass(frozen=True)
class RecordPlan:
    """What is simulated: a finding of TITLES, from which seed, how long (s), rate (Hz), leads."""

    finding: str
    seed: int
    seconds: float = 60.0
    rate: int = 360
    leads: tuple[str, ...] = ("MLII", "V1")

    @property
    def title(self) -> str:
        return TITLES[self.finding]


def simulate_record(plan: RecordPlan) -> Signal:
    """The recording of a plan, with every beat in `reference`. The same plan gives the same signal.

    Raises ValueError for an unknown finding or lead, a length outside SECONDS, a rate below 100 Hz.
    """
    if plan.finding not in TITLES:
        raise ValueError(f"unknown finding {plan.finding!r}: known are {', '.join(TITLES)}")
    if not SECONDS[0] <= plan.seconds <= SECONDS[1] or plan.rate < 100:
        raise ValueError(f"60 to 300 s at 100 Hz or more, not {plan.seconds} s at {plan.rate} Hz")
    drawn = simulate(plan.finding, seed=plan.seed, seconds=plan.seconds, rate=plan.rate)
    wanted = [NAMES.get(name, name) for name in plan.leads]
    unknown = sorted(set(wanted) - set(drawn.leads))
    if unknown:
        raise ValueError(f"unknown lead {unknown[0]!r}: known are MLII, {', '.join(drawn.leads)}")
    clean = drawn.signals[[drawn.leads.index(name) for name in wanted]]
    indices = np.round(drawn.r_peaks * plan.rate).astype(np.int64)
    inside = indices < clean.shape[1]
    symbols = tuple(SYMBOLS[kind] for kind, kept in zip(drawn.kinds, inside, strict=True) if kept)
    return Signal(
        values=clean + _disturbance(clean.shape, plan),
        rate=float(plan.rate),
        leads=plan.leads,
        notes=("Simulated: not a patient's recording.",),
        reference=Annotations(indices[inside], symbols),
    )


def _disturbance(shape: tuple[int, ...], plan: RecordPlan) -> npt.NDArray[np.float32]:
    """Breath, slow drift and noise: (leads, samples), mV."""
    rng = np.random.default_rng([plan.seed, 1])
    times = np.arange(shape[1]) / plan.rate
    pitches = np.array([0.05, 0.15, 0.3])[:, None] * rng.uniform(0.8, 1.2, size=(shape[0], 3, 1))
    phases = rng.uniform(0.0, 2 * np.pi, size=(shape[0], 3, 1))
    wander = WANDER / 3 * np.sin(2 * np.pi * pitches * times + phases).sum(axis=1)
    together: npt.NDArray[np.float64] = wander + rng.normal(0.0, NOISE, size=shape)
    return together.astype(np.float32)
