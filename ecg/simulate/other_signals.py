"""Signals that are no readable ECG: noise to lay over one, flutter, and what else people record.

For tests of signal quality and for measuring it; drawn from a seed, nobody's recordings.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Make = Callable[[np.random.Generator, int, float], Floats]


def coloured(rng: np.random.Generator, count: int, power: float) -> Floats:
    """(count,) noise whose power falls with the frequency to `power`: 0 white, 1 pink, 2 brown; of size 1."""
    frequencies = np.fft.rfftfreq(count)
    frequencies[0] = frequencies[1]
    drawn = rng.normal(size=(2, frequencies.size))
    return _of_size_1(np.fft.irfft((drawn[0] + 1j * drawn[1]) / frequencies ** (power / 2), count))


def band_limited(values: Floats, rate: float, band: tuple[float, float]) -> Floats:
    """What of `values` lies between two frequencies, Hz, brought to size 1."""
    spectrum = np.fft.rfft(values)
    frequencies = np.fft.rfftfreq(values.size, 1 / rate)
    spectrum[(frequencies < band[0]) | (frequencies > band[1])] = 0
    return _of_size_1(np.fft.irfft(spectrum, values.size))


def muscle(rng: np.random.Generator, count: int, rate: float) -> Floats:
    """An electromyogram: noise from 15 to 90 Hz that comes and goes."""
    strength = np.exp(0.7 * band_limited(coloured(rng, count, 2), rate, (0.0, 1.0)))
    return _of_size_1(strength * band_limited(rng.normal(size=count), rate, (15.0, 90.0)))


def motion(rng: np.random.Generator, count: int, rate: float) -> Floats:
    """An electrode that is pulled at: slow noise, and jumps that fade within a second."""
    jumps = np.zeros(count)
    jumps[rng.integers(0, count, max(1, int(count / rate / 4)))] = 3.0
    jumps *= rng.normal(size=count)
    fading = np.exp(-np.arange(count) / (0.6 * rate))
    faded = np.fft.irfft(np.fft.rfft(jumps, 2 * count) * np.fft.rfft(fading, 2 * count))[:count]
    return _of_size_1(band_limited(coloured(rng, count, 2), rate, (0.5, 15.0)) + faded)


def wander(rng: np.random.Generator, count: int, rate: float) -> Floats:
    """A slow drift of the baseline, below 0.9 Hz: it hides no beat."""
    return band_limited(coloured(rng, count, 2), rate, (0.05, 0.9))


def white(rng: np.random.Generator, count: int, rate: float) -> Floats:
    """Every frequency alike."""
    del rate
    return rng.normal(size=count)


def pink(rng: np.random.Generator, count: int, rate: float) -> Floats:
    """Noise that is stronger the slower it is."""
    return band_limited(coloured(rng, count, 1), rate, (0.3, 100.0))


def brain(rng: np.random.Generator, count: int, rate: float) -> Floats:
    """An electroencephalogram: pink noise with spindles of alpha waves, 8 to 12 Hz."""
    return _of_size_1(pink(rng, count, rate) + alpha(rng, count, rate))


def alpha(rng: np.random.Generator, count: int, rate: float) -> Floats:
    """An electroencephalogram of a brain at rest: 8 to 12 Hz, which is where QRS complexes are."""
    return band_limited(rng.normal(size=count), rate, (8.0, 12.0))


def breath(rng: np.random.Generator, count: int, rate: float) -> Floats:
    """Respiration: some 15 breaths a minute."""
    return _of_size_1(_pulses(rng, (count, rate), 4.0, lambda phase: np.sin(2 * np.pi * phase)))


def pulse(rng: np.random.Generator, count: int, rate: float) -> Floats:
    """A photoplethysmogram: a wave each heartbeat, and the smaller one that follows it."""

    def wave(phase: Floats) -> Floats:
        first = np.exp(-((phase - 0.25) ** 2) / 0.012)
        return np.asarray(first + 0.35 * np.exp(-((phase - 0.58) ** 2) / 0.012))

    return _of_size_1(_pulses(rng, (count, rate), rng.uniform(0.6, 1.1), wave))


def prices(rng: np.random.Generator, count: int, rate: float) -> Floats:
    """What a share costs: each value is the one before and chance."""
    del rate
    return _of_size_1(np.cumsum(rng.standard_t(4, size=count)))


def flutter(rng: np.random.Generator, count: int, rate: float) -> Floats:
    """Ventricular flutter: one wave after the other, some 270 a minute, no line between them."""
    return _of_size_1(
        _pulses(rng, (count, rate), rng.uniform(0.2, 0.26), lambda phase: np.sin(2 * np.pi * phase))
    )


NOISES: Mapping[str, Make] = MappingProxyType(
    {"white": white, "pink": pink, "muscle": muscle, "motion": motion, "wander": wander}
)
NO_ECGS: Mapping[str, Make] = MappingProxyType(
    {
        "white noise": white,
        "pink noise": pink,
        "EEG": brain,
        "EEG at rest": alpha,
        "EMG": muscle,
        "respiration": breath,
        "PPG": pulse,
        "share prices": prices,
    }
)


def _pulses(
    rng: np.random.Generator,
    size: tuple[int, float],
    period: float,
    wave: Callable[[Floats], Floats],
) -> Floats:
    """A wave of the phase, 0 to 1, that comes about each `period` s. size: samples, and Hz."""
    count, rate = size
    lengths = period * (1 + 0.04 * rng.normal(size=int(count / rate / period * 1.5) + 2))
    ends = np.cumsum(lengths)
    phase = np.interp(np.arange(count) / rate, np.r_[0.0, ends], np.arange(ends.size + 1.0))
    return wave(phase % 1.0) + 0.01 * rng.normal(size=count)


def _of_size_1(values: Floats) -> Floats:
    """With mean 0 and standard deviation 1."""
    return np.asarray((values - values.mean()) / values.std())
