"""Curves that no heart makes in an ECG: one-dimensional, about from -1 to 1."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from ecg.simulate.layouts.chance import any_of, between

Curve = npt.NDArray[np.float64]
Rng = np.random.Generator
Make = Callable[[Rng, int], Curve]


def coloured_noise(rng: Rng, n: int, slope: float = 1.0) -> Curve:
    """Noise whose power falls with frequency to the power `slope`, of standard deviation 1."""
    freqs = np.fft.rfftfreq(n)
    freqs[0] = freqs[1]
    spectrum = (rng.normal(size=freqs.size) + 1j * rng.normal(size=freqs.size)) / freqs ** (
        slope / 2
    )
    spectrum[0] = 0
    values = np.fft.irfft(spectrum, n)
    return np.asarray(values / (values.std() + 1e-12))


def eeg(rng: Rng, n: int) -> Curve:
    """Background, bursts of alpha waves, now and then a blink."""
    t = np.linspace(0, between(rng, 4, 20), n)
    burst = np.clip(coloured_noise(rng, n, 2.5), 0, 2)
    alpha = burst * np.sin(2 * np.pi * between(rng, 8, 12) * t + between(rng, 0, 6))
    values = 0.3 * coloured_noise(rng, n, between(rng, 0.8, 1.4)) + between(rng, 0.1, 0.7) * alpha
    if rng.random() < 0.3:
        at = between(rng, 0, t[-1])
        values += 1.5 * np.exp(-(((t - at) / 0.12) ** 2))
    return 0.5 * values


def emg(rng: Rng, n: int) -> Curve:
    """Bursts of fast noise."""
    on = np.clip(coloured_noise(rng, n, 2.0) - between(rng, -0.3, 0.6), 0, 2)
    return 0.4 * (on + 0.05) * rng.normal(size=n)


def breath(rng: Rng, n: int) -> Curve:
    """Slow waves of uneven depth and pace."""
    pace = between(rng, 3, 14) * (1 + 0.15 * coloured_noise(rng, n, 2.5))
    phase = 2 * np.pi * np.cumsum(pace) / n
    wave = np.sin(phase) + between(rng, 0, 0.4) * np.sin(2 * phase + 1)
    return np.asarray(0.6 * wave * (1 + 0.2 * coloured_noise(rng, n, 2.5)))


def pulse_wave(rng: Rng, n: int) -> Curve:
    """A pulse at the finger: quick up, slow down, with a second bump."""
    phase = np.cumsum(np.full(n, between(rng, 4, 14) / n) * (1 + 0.05 * coloured_noise(rng, n))) % 1
    first = np.exp(-(((phase - 0.2) / 0.1) ** 2))
    second = between(rng, 0.2, 0.6) * np.exp(-(((phase - 0.48) / 0.14) ** 2))
    return np.asarray(first + second - 0.5)


def quake(rng: Rng, n: int) -> Curve:
    """Quiet, then an arrival and its long coda, once or more."""
    values = 0.02 * rng.normal(size=n)
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(n * 3 // 4))
        tail = np.exp(-np.arange(n - at) / (n * between(rng, 0.03, 0.15)))
        values[at:] += between(rng, 0.2, 1.0) * tail * coloured_noise(rng, n, 0.5)[at:]
    return values


def sound(rng: Rng, n: int) -> Curve:
    """Syllables: noise under quick envelopes."""
    envelope = np.abs(np.sin(np.linspace(0, between(rng, 6, 40), n) + coloured_noise(rng, n, 2)))
    return np.asarray(0.8 * envelope**2 * rng.uniform(-1, 1, n))


def walk(rng: Rng, n: int) -> Curve:
    """A share's price."""
    steps = rng.standard_t(4, size=n) + between(rng, -0.05, 0.05)
    values = np.cumsum(steps)
    values -= values.mean()
    return np.asarray(values / (np.abs(values).max() + 1e-9))


def sine(rng: Rng, n: int) -> Curve:
    """A few pure tones."""
    t = np.linspace(0, 2 * np.pi * between(rng, 1, 16), n)
    return np.asarray(0.7 * np.sin(t) + between(rng, 0, 0.4) * np.sin(between(rng, 1.5, 6) * t))


def square(rng: Rng, n: int) -> Curve:
    """An oscilloscope's square, saw or triangle."""
    phase = np.linspace(0, between(rng, 2, 15), n) % 1
    shape = any_of(rng, ["square", "saw", "triangle"])
    if shape == "square":
        return np.where(phase < between(rng, 0.2, 0.8), 0.7, -0.7)
    return 1.4 * phase - 0.7 if shape == "saw" else 1.4 * np.abs(2 * phase - 1) - 0.7


def decay(rng: Rng, n: int) -> Curve:
    """A damped swing or a step's response."""
    t = np.linspace(0, 1, n)
    swing = np.cos(2 * np.pi * between(rng, 1, 20) * t) * np.exp(-between(rng, 1, 9) * t)
    return swing if rng.random() < 0.5 else 0.7 - swing


def bumps(rng: Rng, n: int) -> Curve:
    """Peaks of a chromatogram or a spectrum, at no rhythm."""
    t = np.linspace(0, 1, n)
    values = 0.01 * rng.normal(size=n) - 0.5
    for _ in range(int(rng.integers(3, 14))):
        width = between(rng, 0.002, 0.03)
        values += between(rng, 0.1, 1.0) ** 2 * np.exp(-(((t - rng.random()) / width) ** 2))
    return values


def steps(rng: Rng, n: int) -> Curve:
    """Levels that are held for a while."""
    levels = rng.uniform(-0.8, 0.8, int(rng.integers(4, 40)))
    return np.repeat(levels, -(-n // levels.size))[:n]


CURVES: Mapping[str, Make] = {
    "eeg": eeg,
    "emg": emg,
    "breath": breath,
    "pulse_wave": pulse_wave,
    "quake": quake,
    "sound": sound,
    "walk": walk,
    "sine": sine,
    "square": square,
    "decay": decay,
    "bumps": bumps,
    "steps": steps,
}
