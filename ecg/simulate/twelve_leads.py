"""Simulated 12-lead electrocardiograms: two normal rhythms and thirteen findings.

Drawn for examples, tests and demonstrations. They show the textbook's signs, not any person's
heart, and nothing may be concluded from them about how well a classifier does on patients.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from ecg.simulate.rhythm import Moment, beat_moments
from ecg.simulate.waves import BEATS, Beat, Chest, Floats, Part, Wave, leads_of

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")

FINDINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "normal": ("sinus_rhythm", "sinus_arrhythmia"),
        "abnormal_heartbeat": (
            "pvc",
            "pac",
            "atrial_fibrillation",
            "lbbb",
            "rbbb",
            "sinus_tachycardia",
            "sinus_bradycardia",
        ),
        "myocardial_infarction": ("anterior_stemi", "inferior_stemi", "lateral_stemi"),
        "history_of_mi": ("old_anterior_mi", "old_inferior_mi", "old_lateral_mi"),
    }
)

USUAL_RR = 60 / 70  # s: the rate for which the tables of waves are written
STEP = 2.0**-10  # mV: leads I and II are whole multiples, so that sums of leads are exact
FRONTAL_SPREAD = 25.0  # degrees that a heart's axis may turn
LOCAL_SPREAD = 6.0  # the same where a finding's signs belong to certain leads
TURNING = {"P": 0.3, "QRS": 1.0, "ST": 0.0, "T": 0.5}  # how much of that turn a wave makes
WANDER = 0.035  # mV of baseline wander
MUSCLE = 0.006  # mV of muscle noise
FIBRILLATION = (  # size in mV, direction in degrees, heights in V1 to V6
    ((0.050, 85.0), (0.085, 0.045, 0.025, 0.015, 0.012, 0.010)),
    ((0.030, 20.0), (0.030, 0.030, 0.020, 0.015, 0.015, 0.012)),
)


@dataclass(frozen=True, eq=False)
class Ecg12:
    """Twelve simultaneous leads.

    `signals` is float32 (12, samples) in mV, in the order of `leads`; `rate` is in Hz; `r_peaks`
    holds the time in seconds of each beat's main ventricular deflection within the recording, and
    `kinds` the name of each such beat in `ecg.simulate.waves.BEATS`.
    """

    signals: npt.NDArray[np.float32]
    rate: int
    finding: str
    r_peaks: Floats
    leads: tuple[str, ...] = LEADS
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Person:
    """What differs from one simulated person to the next."""

    turn: float  # degrees of the electrical axis
    shift: float  # of the chest electrodes, in electrode distances
    gains: Mapping[Part, float]


def simulate(finding: str, *, seed: int, seconds: float = 10.0, rate: int = 500) -> Ecg12:
    """Draws a 12-lead ECG with `finding`, one of the names in FINDINGS.

    The same arguments give the same signals. Beats are sums of bells (McSharry et al. 2003, see
    `ecg.simulate.waves`); the limb leads obey Einthoven's and Goldberger's relations to the last bit. Axis,
    amplitudes, heart rate and its variation, baseline wander and muscle noise vary with the seed.

    Raises ValueError for an unknown finding, or a length or rate that isn't positive.
    """
    known = [name for names in FINDINGS.values() for name in names]
    if finding not in known:
        raise ValueError(f"unknown finding {finding!r}: the known ones are {', '.join(known)}")
    if seconds <= 0 or rate <= 0:
        raise ValueError(f"seconds and rate must be positive, not {seconds} and {rate}")
    rng = np.random.default_rng(seed)
    person = _draw_person(finding, rng)
    moments = beat_moments(finding, seconds=seconds, rng=rng)
    times = np.arange(round(seconds * rate)) / rate
    eight = _beats_of(moments, person, times)
    if finding == "atrial_fibrillation":
        eight += _fibrillatory_waves(times, rng)
    eight += _wander(times, rng) + _muscle_noise(times, rate, rng)
    inside = [moment for moment in moments if 0 <= moment.time < seconds]
    peaks = np.array([moment.time for moment in inside])
    kinds = tuple(moment.kind for moment in inside)
    return Ecg12(_twelve_from_eight(eight), rate, finding, peaks, kinds=kinds)


def _draw_person(finding: str, rng: np.random.Generator) -> _Person:
    local = finding.endswith(("mi", "bbb"))
    spread = LOCAL_SPREAD if local else FRONTAL_SPREAD
    stage = float(rng.uniform(0.0, 1.0))  # of an infarction: from tall T waves to high ST segments
    acute = finding.endswith("stemi")
    size = float(rng.uniform(0.85, 1.2))
    return _Person(
        turn=float(rng.uniform(-spread, spread)),
        shift=float(rng.uniform(-0.25, 0.25)) * (0.4 if local else 1.0),
        gains={
            "P": float(rng.uniform(0.8, 1.2)),
            "QRS": size,
            "ST": (0.95 + 0.4 * stage) if acute else size,
            "T": (1.5 - 0.5 * stage) if acute else size * float(rng.uniform(0.85, 1.2)),
        },
    )


def _beats_of(moments: list[Moment], person: _Person, times: Floats) -> Floats:
    """The leads I, II, V1 to V6 without noise: (8, samples), mV."""
    tables = {kind: _as_seen(BEATS[kind], person) for kind in {m.kind for m in moments}}
    signals = np.zeros((8, times.size))
    for moment in moments:
        stretch = np.sqrt(moment.rr / USUAL_RR)
        for wave, heights in tables[moment.kind]:
            timed = _stretched(wave, stretch)
            first, last = np.searchsorted(times, moment.time + np.array(timed.span) / 1000)
            ms = (times[first:last] - moment.time) * 1000
            signals[:, first:last] += np.outer(heights, timed.shape(ms))
    return signals


def _as_seen(beat: Beat, person: _Person) -> list[tuple[Wave, Floats]]:
    """Each wave with its heights in the eight leads, for this person."""
    return [(wave, person.gains[wave.part] * _turned(wave, person)) for wave in beat]


def _turned(wave: Wave, person: _Person) -> Floats:
    size, degrees = wave.frontal
    places = np.clip(np.arange(6.0) + person.shift, 0.0, 5.0)
    chest: Chest = tuple(np.interp(places, np.arange(6.0), wave.chest))
    return leads_of((size, degrees + TURNING[wave.part] * person.turn), chest)


def _stretched(wave: Wave, stretch: float) -> Wave:
    """Repolarisation takes longer in a slow heart: with the root of RR, as in Bazett (1920)."""
    if wave.part not in ("ST", "T"):
        return wave
    return replace(
        wave,
        at=wave.at * stretch,
        rise=wave.rise if wave.part == "ST" else wave.rise * stretch,
        fall=wave.fall * stretch,
        hold=wave.hold * stretch,
    )


def _fibrillatory_waves(times: Floats, rng: np.random.Generator) -> Floats:
    """Atrial activity at 5 to 8 Hz whose pitch and size drift: (8, samples), mV."""
    signals = np.zeros((8, times.size))
    size = rng.uniform(0.8, 1.3)
    for frontal, chest in FIBRILLATION:
        pitch, drift = rng.uniform(5.0, 7.5), rng.uniform(0.3, 0.9)
        phase, slow, fast = rng.uniform(0.0, 2 * np.pi, size=3)
        angle = 2 * np.pi * pitch * times + phase
        angle += 1.5 * np.sin(2 * np.pi * drift * times + slow)
        angle += 0.9 * np.sin(2 * np.pi * 2.9 * drift * times + fast)
        swell = 1 + 0.4 * np.sin(2 * np.pi * 1.7 * drift * times + fast)
        wave = swell * (np.sin(angle) + 0.3 * np.sin(2 * angle + slow))
        signals += size * np.outer(leads_of(frontal, chest), wave)
    return signals


def _wander(times: Floats, rng: np.random.Generator) -> Floats:
    """Slow movement of each lead's baseline with breath and skin: (8, samples), mV."""
    pitches = rng.uniform(0.08, 0.4, size=(8, 3, 1))
    phases = rng.uniform(0.0, 2 * np.pi, size=(8, 3, 1))
    sizes = WANDER * rng.uniform(0.2, 0.7, size=(8, 3, 1))
    waves: Floats = (sizes * np.sin(2 * np.pi * pitches * times + phases)).sum(axis=1)
    return waves


def _muscle_noise(times: Floats, rate: int, rng: np.random.Generator) -> Floats:
    """Noise up to about 40 Hz, as behind a recorder's muscle filter: (8, samples), mV."""
    width = max(1, rate // 80)
    noise = rng.normal(0.0, 1.0, size=(8, times.size + width - 1))
    kernel = np.full(width, width**-0.5)
    smooth = np.stack([np.convolve(lead, kernel, mode="valid") for lead in noise])
    return MUSCLE * rng.uniform(0.5, 1.3) * smooth


def _twelve_from_eight(eight: Floats) -> npt.NDArray[np.float32]:
    """(8, samples) I, II, V1 to V6 -> (12, samples) in the order of LEADS, float32, mV."""
    steps = np.round(eight / STEP) * STEP
    one, two = steps[0], steps[1]
    limb = [one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2]
    return np.concatenate([np.stack(limb), steps[2:]]).astype(np.float32)
