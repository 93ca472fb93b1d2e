"""When the heart beats, and which kind of beat comes: one record per beat."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType

import numpy as np

LEAD_IN = 2.0  # s before the page begins and after it ends, so that its edges hold whole beats

RATES: Mapping[str, tuple[float, float]] = MappingProxyType(  # beats a minute, from and to
    {
        "sinus_rhythm": (60.0, 92.0),
        "sinus_arrhythmia": (58.0, 76.0),
        "sinus_tachycardia": (108.0, 140.0),
        "sinus_bradycardia": (38.0, 52.0),
        "atrial_fibrillation": (75.0, 130.0),
        "anterior_stemi": (70.0, 100.0),
        "inferior_stemi": (55.0, 85.0),
        "pvc": (64.0, 84.0),
        "pac": (62.0, 82.0),
    }
)
USUAL_RATE = (60.0, 88.0)
BREATHS = (0.20, 0.30)  # Hz
BREATHING = {"sinus_arrhythmia": 0.13}  # how far RR swings with the breath, as a share of RR
USUAL_BREATHING = (0.01, 0.035)
JITTER = 0.010  # the rest of the heart rate's variation, as a share of RR
PVC_COUPLING, PVC_PAUSE = 0.58, 1.42  # of RR: together two, a full compensatory pause
PAC_COUPLING, PAC_PAUSE = 0.66, 1.08  # the sinus node was reset: less than two
FIBRILLATION_SHAPE = 18.0  # of the gamma distribution of RR: CV = 1 / sqrt(18) = 0.24
REFRACTORY = 0.36  # s: no two beats are nearer


@dataclass(frozen=True)
class Moment:
    """One beat: when (s), which kind in `waves.BEATS`, and the rhythm's usual RR interval (s)."""

    time: float
    kind: str
    rr: float


def beat_moments(finding: str, *, seconds: float, rng: np.random.Generator) -> list[Moment]:
    """The beats from LEAD_IN seconds before the page begins to LEAD_IN seconds after its end.

    Sinus rhythm has respiratory sinus arrhythmia and a little jitter; `pvc` and `pac` have every
    third to fifth beat early, the first in the page's first seconds; in `atrial_fibrillation` the
    RR intervals are independent draws from a gamma distribution.
    """
    low, high = RATES.get(finding, USUAL_RATE)
    rr = 60.0 / rng.uniform(low, high)
    start = -LEAD_IN + float(rng.uniform(0.0, rr))
    if finding == "atrial_fibrillation":
        steps = _fibrillating(rr, rng)
    elif finding in ("pvc", "pac"):
        steps = _with_ectopics(finding, _sinus(finding, rr, rng), rng)
    else:
        kind = "normal" if finding.startswith("sinus") else finding
        steps = ((step, kind) for step in _sinus(finding, rr, rng))
    moments: list[Moment] = []
    time = start
    while time < seconds + LEAD_IN:
        step, kind = next(steps)
        moments.append(Moment(time, kind, rr))
        time += step
    return moments


def _sinus(finding: str, rr: float, rng: np.random.Generator) -> Iterator[float]:
    """RR intervals in s that breathe."""
    depth = BREATHING.get(finding) or float(rng.uniform(*USUAL_BREATHING))
    breath = float(rng.uniform(*BREATHS))
    phase = float(rng.uniform(0.0, 2 * np.pi))
    time = 0.0
    while True:
        swing = depth * np.sin(2 * np.pi * breath * time + phase)
        step = rr * float(1 + swing + rng.normal(0.0, JITTER))
        time += step
        yield step


def _fibrillating(rr: float, rng: np.random.Generator) -> Iterator[tuple[float, str]]:
    while True:
        step = float(rng.gamma(FIBRILLATION_SHAPE, rr / FIBRILLATION_SHAPE))
        yield (max(step, REFRACTORY), "without_p")


def _with_ectopics(
    finding: str, sinus: Iterator[float], rng: np.random.Generator
) -> Iterator[tuple[float, str]]:
    """(time to the next beat, kind) with every third to fifth beat an early one."""
    every = int(rng.integers(3, 6))
    if finding == "pvc":
        coupling, pause = PVC_COUPLING, PVC_PAUSE
        kind = str(rng.choice(["right_pvc", "left_pvc"]))
    else:
        coupling, pause, kind = PAC_COUPLING, PAC_PAUSE, "pac"
    coupling_drift = rng.uniform(-0.03, 0.03)
    for number in count():
        step = next(sinus)
        if number % every == every - 1:
            yield (step * (pause - coupling_drift), kind)
        elif number % every == every - 2:
            yield (step * (coupling + coupling_drift), "normal")
        else:
            yield (step, "normal")
