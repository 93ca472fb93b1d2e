"""What one heartbeat looks like in twelve leads: tables of waves, one table per kind of beat.

A wave is a bell over time, as in P. E. McSharry, G. D. Clifford, L. Tarassenko and L. A. Smith,
"A dynamical model for generating synthetic electrocardiogram signals", IEEE Trans Biomed Eng 50
(2003) 289-294; here a bell may rise and fall at different speeds and stay flat on top, which makes
T waves and ST segments. In the limb leads a wave is one vector in the frontal plane, seen along
the sides of W. Einthoven's triangle (1913); in V1 to V6 it has one height per lead. A vector
for all twelve leads with a fixed projection, as in G. E. Dower's matrix (1980), was left aside: it
ties the chest leads to the limb leads, and an infarction is local.

Angles are those of the hexaxial system: 0 points to the left (lead I), 90 to the feet (aVF).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Part = Literal["P", "QRS", "ST", "T"]
Chest = tuple[float, float, float, float, float, float]

REACH = 5.0  # a bell is nothing beyond so many of its widths


@dataclass(frozen=True)
class Wave:
    """One deflection of one beat.

    `at` is its middle in ms after the beat's reference (the main ventricular deflection) at 70
    beats a minute; `rise` and `fall` are the standard deviations of its two flanks and `hold` the
    flat stretch between them, in ms. `frontal` is (mV, degrees); `chest` is mV in V1 to V6.
    """

    part: Part
    at: float
    rise: float
    fall: float
    frontal: tuple[float, float]
    chest: Chest
    hold: float = 0.0

    def shape(self, ms: Floats) -> Floats:
        """Its height from 0 to 1 at times `ms` after the beat's reference, any shape of array."""
        away = ms - self.at
        outside = np.sign(away) * np.maximum(np.abs(away) - self.hold / 2, 0.0)
        widths = np.where(away < 0, self.rise, self.fall)
        return np.exp(-0.5 * np.square(outside / widths))

    @property
    def span(self) -> tuple[float, float]:
        """From when to when it matters, ms after the beat's reference."""
        half = self.hold / 2
        return (self.at - half - REACH * self.rise, self.at + half + REACH * self.fall)


Beat = tuple[Wave, ...]


def _p(at: float, width: float, frontal: tuple[float, float], chest: Chest) -> Wave:
    return Wave("P", at, width, width, frontal, chest)


def _qrs(at: float, width: float, frontal: tuple[float, float], chest: Chest) -> Wave:
    return Wave("QRS", at, width, width, frontal, chest)


def _t(at: float, frontal: tuple[float, float], chest: Chest) -> Wave:
    """A T wave: slow up, faster down."""
    return Wave("T", at, 55.0, 38.0, frontal, chest)


def _st(frontal: tuple[float, float], chest: Chest, end: float = 210.0) -> Wave:
    """A raised or lowered ST segment, flat from soon after the QRS complex to `end` ms."""
    start = 48.0
    return Wave("ST", (start + end) / 2, 10.0, 50.0, frontal, chest, hold=end - start)


P: Beat = (  # right atrium, then left: V1 sees the one come and the other go
    _p(-166, 17, (0.075, 60), (0.050, 0.050, 0.045, 0.040, 0.040, 0.035)),
    _p(-136, 18, (0.070, 45), (-0.030, 0.020, 0.035, 0.040, 0.040, 0.040)),
)
ECTOPIC_P: Beat = (  # from low in the atria: upwards
    _p(-128, 18, (0.110, -75), (0.070, 0.030, -0.030, -0.040, -0.050, -0.050)),
)
QRS: Beat = (  # septum, free walls, base
    _qrs(-24, 9, (0.09, -165), (0.20, 0.32, 0.15, 0.02, -0.08, -0.09)),
    _qrs(0, 11, (0.95, 40), (-0.70, -0.75, 0.62, 1.25, 1.30, 1.05)),
    _qrs(21, 10, (0.20, -80), (-0.25, -0.60, -0.80, -0.50, -0.22, -0.06)),
)
T: Beat = (_t(282, (0.26, 45), (0.02, 0.32, 0.38, 0.36, 0.30, 0.22)),)

ANTERIOR_STEMI: Beat = (
    *P,
    _qrs(-24, 9, (0.08, -165), (0.08, 0.06, -0.06, -0.10, -0.08, -0.06)),
    _qrs(0, 10, (0.75, 25), (-0.75, -0.65, 0.40, 0.75, 0.85, 0.80)),
    _qrs(21, 10, (0.12, -130), (-0.15, -0.25, -0.20, -0.15, -0.10, -0.04)),
    _st((0.14, -50), (0.12, 0.28, 0.34, 0.27, 0.10, 0.04)),
    _t(272, (0.24, -25), (0.20, 0.55, 0.65, 0.55, 0.32, 0.18)),
)
INFERIOR_STEMI: Beat = (
    *P,
    _qrs(-27, 11, (0.14, -95), (0.20, 0.32, 0.12, 0.02, -0.06, -0.08)),
    _qrs(0, 10, (0.75, 42), (-0.65, -0.60, 0.60, 1.10, 1.10, 0.90)),
    _qrs(21, 10, (0.10, -130), (-0.20, -0.50, -0.60, -0.40, -0.18, -0.05)),
    _st((0.26, 108), (0.00, -0.12, -0.10, -0.03, 0.02, 0.04)),
    _t(272, (0.42, 100), (-0.05, -0.08, 0.05, 0.15, 0.18, 0.20)),
)
LATERAL_STEMI: Beat = (
    *P,
    _qrs(-24, 9, (0.12, 155), (0.22, 0.34, 0.12, 0.02, -0.10, -0.12)),
    _qrs(0, 10, (0.75, 30), (-0.65, -0.65, 0.45, 1.00, 0.95, 0.85)),
    _qrs(21, 10, (0.12, -130), (-0.22, -0.50, -0.60, -0.35, -0.12, -0.04)),
    _st((0.22, -28), (-0.06, -0.07, -0.02, 0.08, 0.22, 0.22)),
    _t(272, (0.34, -20), (-0.04, 0.05, 0.18, 0.30, 0.46, 0.42)),
)

OLD_ANTERIOR_MI: Beat = (  # QS in V1 to V3, Q in V4: no electric force left in the front wall
    *P,
    _qrs(-32, 13, (0.06, -165), (-0.28, -0.48, -0.52, -0.34, -0.07, -0.06)),
    _qrs(-15, 11, (0.00, 0), (-0.25, -0.35, -0.30, 0.00, 0.00, 0.00)),
    _qrs(3, 10, (0.75, 35), (-0.70, -0.80, -0.45, 0.50, 0.70, 0.75)),
    _qrs(23, 10, (0.10, -130), (-0.12, -0.25, -0.20, -0.10, -0.10, -0.04)),
    _t(284, (0.14, 70), (-0.08, -0.24, -0.30, -0.26, -0.12, 0.06)),
)
OLD_INFERIOR_MI: Beat = (  # Q in II, III and aVF
    *P,
    _qrs(-36, 13, (0.38, -82), (0.18, 0.28, 0.06, 0.00, -0.06, -0.08)),
    _qrs(4, 10, (0.65, 42), (-0.65, -0.60, 0.55, 1.10, 1.10, 0.85)),
    _qrs(25, 10, (0.06, -130), (-0.20, -0.45, -0.60, -0.40, -0.18, -0.05)),
    _t(284, (0.24, -62), (0.05, 0.32, 0.36, 0.30, 0.20, 0.10)),
)
OLD_LATERAL_MI: Beat = (  # Q in I, aVL, V5 and V6
    *P,
    _qrs(-36, 13, (0.32, 165), (0.25, 0.36, 0.08, 0.00, -0.26, -0.28)),
    _qrs(4, 10, (0.72, 42), (-0.50, -0.40, 0.50, 0.85, 0.62, 0.55)),
    _qrs(25, 10, (0.06, -100), (-0.20, -0.45, -0.50, -0.30, -0.08, -0.03)),
    _t(284, (0.22, 145), (0.12, 0.32, 0.30, 0.10, -0.15, -0.18)),
)

LBBB: Beat = (  # slow and notched from right to left, T against it
    *P,
    _qrs(-27, 20, (0.62, 12), (-0.50, -0.70, -0.50, 0.10, 0.65, 0.72)),
    _qrs(2, 14, (0.00, 0), (-0.30, -0.40, -0.30, -0.15, 0.00, 0.00)),
    _qrs(28, 22, (0.66, -8), (-0.80, -1.15, -1.00, -0.40, 0.62, 0.74)),
    _st((0.07, 180), (0.14, 0.22, 0.18, 0.05, -0.07, -0.09)),
    _t(300, (0.20, 178), (0.32, 0.48, 0.42, 0.12, -0.22, -0.26)),
)
RBBB: Beat = (  # the right ventricle comes last, alone
    *P,
    _qrs(-24, 9, (0.09, -165), (0.26, 0.35, 0.15, 0.02, -0.08, -0.09)),
    _qrs(0, 10, (0.90, 45), (-0.55, -0.75, 0.40, 1.10, 1.15, 0.95)),
    _qrs(58, 18, (0.38, 172), (0.78, 0.45, 0.05, -0.25, -0.38, -0.38)),
    _t(300, (0.24, 35), (-0.22, -0.16, 0.15, 0.28, 0.28, 0.22)),
)
RIGHT_PVC: Beat = (  # from the right ventricle's outflow: to the left and down
    _qrs(-34, 24, (0.75, 75), (-0.45, -0.60, -0.30, 0.55, 0.85, 0.85)),
    _qrs(22, 26, (0.95, 85), (-0.70, -1.00, -0.70, 0.40, 0.90, 0.95)),
    _t(300, (0.42, -100), (0.35, 0.50, 0.40, -0.12, -0.38, -0.38)),
)
LEFT_PVC: Beat = (  # from the left ventricle: to the right and up
    _qrs(-30, 24, (0.60, -100), (0.65, 0.95, 0.85, 0.40, -0.20, -0.45)),
    _qrs(24, 26, (0.90, -110), (0.85, 1.10, 0.80, 0.20, -0.55, -0.75)),
    _t(300, (0.40, 70), (-0.35, -0.45, -0.32, -0.05, 0.28, 0.35)),
)

NORMAL: Beat = (*P, *QRS, *T)

BEATS: Mapping[str, Beat] = MappingProxyType(
    {
        "normal": NORMAL,
        "without_p": (*QRS, *T),
        "pac": (*ECTOPIC_P, *QRS, *T),
        "right_pvc": RIGHT_PVC,
        "left_pvc": LEFT_PVC,
        "anterior_stemi": ANTERIOR_STEMI,
        "inferior_stemi": INFERIOR_STEMI,
        "lateral_stemi": LATERAL_STEMI,
        "old_anterior_mi": OLD_ANTERIOR_MI,
        "old_inferior_mi": OLD_INFERIOR_MI,
        "old_lateral_mi": OLD_LATERAL_MI,
        "lbbb": LBBB,
        "rbbb": RBBB,
    }
)


def leads_of(frontal: tuple[float, float], chest: Chest) -> Floats:
    """A wave's height in the eight independent leads I, II, V1 to V6: (8,), mV.

    Lead I looks along 0 degrees and lead II along 60 degrees of the frontal plane.
    """
    size, degrees = frontal
    limb = size * np.cos(np.radians([degrees, degrees - 60.0]))
    return np.concatenate([limb, chest])
