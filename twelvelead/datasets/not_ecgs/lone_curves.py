"""Lone curves that are no heartbeat, as somebody might send one; some families are kept to measure."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from ecg.simulate.layouts.chance import any_of, between
from twelvelead.datasets.not_ecgs import curves
from twelvelead.datasets.not_ecgs.curves import Curve, Make
from twelvelead.datasets.not_ecgs.families import Part
from twelvelead.datasets.not_ecgs.ground import Rng


def _time(n: int) -> Curve:
    return np.linspace(0, 1, n)


def _smooth(values: Curve, reach: int) -> Curve:
    if not reach:
        return values
    kernel = np.full(2 * reach + 1, 1 / (2 * reach + 1))
    return np.convolve(np.pad(values, reach, mode="edge"), kernel, "valid")


def sine(rng: Rng, n: int) -> Curve:
    """One pure tone."""
    return np.sin(2 * np.pi * between(rng, 0.3, 8) * _time(n) + between(rng, 0, 6.3))


def line(rng: Rng, n: int) -> Curve:
    """A straight line, a little rough."""
    return _time(n) * any_of(rng, [-1, 1]) + 0.02 * rng.random() * rng.normal(size=n)


def polynomial(rng: Rng, n: int) -> Curve:
    """Of the second to fifth degree."""
    return np.asarray(np.polyval(rng.normal(size=int(rng.integers(3, 7))), 2 * _time(n) - 1))


def exponential(rng: Rng, n: int) -> Curve:
    """Growth or decay."""
    return np.exp(between(rng, -6, 6) * _time(n))


def ringing(rng: Rng, n: int) -> Curve:
    """sin(x) / x."""
    return np.sinc(between(rng, 4, 20) * (_time(n) - between(rng, 0.3, 0.7)))


def bars(rng: Rng, n: int) -> Curve:
    """Points joined by straight lines, as in a chart of sales."""
    points = int(rng.integers(5, 25))
    return np.interp(_time(n), np.linspace(0, 1, points), rng.random(points))


def smooth_chance(rng: Rng, n: int) -> Curve:
    """A Gaussian process of any smoothness."""
    x, reach = np.linspace(0, 1, 64), 10 ** between(rng, -2.0, -0.4)
    alike = np.exp(-((x[:, None] - x) ** 2) / (2 * reach**2)) + 1e-6 * np.eye(64)
    return np.interp(_time(n), x, np.linalg.cholesky(alike) @ rng.normal(size=64))


def price(rng: Rng, n: int) -> Curve:
    """A share that gains a little on most days."""
    return np.cumsum(rng.normal(0.03, 1, n))


def levels(rng: Rng, n: int) -> Curve:
    """Levels with rounded corners."""
    return _smooth(curves.steps(rng, n), int(rng.integers(0, 2)))


def coloured(rng: Rng, n: int) -> Curve:
    """Noise of any colour from pink to brown."""
    return curves.coloured_noise(rng, n, between(rng, 0.5, 3))


def parabola(rng: Rng, n: int) -> Curve:
    """Of the second or third degree, about a point inside."""
    return (_time(n) - between(rng, 0.2, 0.8)) ** int(rng.integers(2, 4)) * any_of(rng, [-1, 1])


def chirp(rng: Rng, n: int) -> Curve:
    """A tone that rises."""
    t = _time(n)
    return np.sin(2 * np.pi * (between(rng, 1, 3) * t + between(rng, 2, 10) * t**2))


def logistic(rng: Rng, n: int) -> Curve:
    """An S, upright or fallen."""
    t = _time(n) - between(rng, 0.2, 0.8)
    return any_of(rng, [-1, 1]) / (1 + np.exp(-between(rng, 5, 50) * t))


def mountains(rng: Rng, n: int) -> Curve:
    """A skyline."""
    return _smooth(np.abs(curves.coloured_noise(rng, n, 2.2)), 1)


def signature(rng: Rng, n: int) -> Curve:
    """A name written in one go, without loops."""
    points = int(rng.integers(60, 200))
    drift = np.cumsum(rng.normal(0, 1, points))
    drift = _smooth(drift - np.linspace(drift[0], drift[-1], points), 2)
    swing = between(rng, 0.5, 3) * np.sin(np.linspace(0, between(rng, 10, 60), points))
    return np.interp(_time(n), np.linspace(0, 1, points), drift + swing)


LONE: Mapping[Part, Mapping[str, Make]] = MappingProxyType(
    {
        "train": {
            "walk": curves.walk,
            "sine": sine,
            "breath": curves.breath,
            "decay": curves.decay,
            "square": curves.square,
            "eeg": curves.eeg,
            "line": line,
            "polynomial": polynomial,
            "pulse_wave": curves.pulse_wave,
            "bars": bars,
            "exponential": exponential,
            "ringing": ringing,
            "smooth_chance": smooth_chance,
            "emg": curves.emg,
            "sound": curves.sound,
        },
        "test": {
            "price": price,
            "tones": curves.sine,
            "levels": levels,
            "coloured": coloured,
            "parabola": parabola,
            "chirp": chirp,
            "logistic": logistic,
            "quake": curves.quake,
            "bumps": curves.bumps,
            "mountains": mountains,
            "signature": signature,
        },
    }
)
