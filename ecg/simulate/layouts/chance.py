"""What is drawn by lot on any sheet: colours, words, hands."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from ecg.simulate.layouts.sheet import Hand
from ecg.simulate.layouts.words import EXTRAS
from ecg.simulate.paint import Rgb

Rng = np.random.Generator
Item = TypeVar("Item")

TITLES = ("", "", "12-lead ECG", "Resting ECG", "ELECTROCARDIOGRAM", "ECG Report", "EKG 12 Abl.")
HEADER = (
    "ID: 000000",
    "Name: N. N.",
    "Age: 54 years",
    "Sex: male",
    "Date: 2021-04-17 10:22",
    "Vent. rate 72 BPM",
    "PR interval 156 ms",
    "QRS duration 92 ms",
    "QT/QTc 388/412 ms",
    "P-R-T axes 54 23 41",
    "Sinus rhythm",
    "Normal ECG",
    "Unconfirmed",
    "Technician: X",
    "Room: 12",
    "BP: 120/80 mmHg",
    "RR 833 ms",
    "Sokolow 1.9 mV",
)
FOOTER = (
    "25 mm/s 10 mm/mV 0.05-40 Hz",
    "Filter 50 Hz  35 Hz",
    "F 60~ 0.15-100 Hz",
    "Page 1 of 1",
    "12SL v241",
    "Speed: 25 mm/sec  Limb: 10 mm/mV  Chest: 10 mm/mV",
)
FONTS = ("plain", "plain", "0", "1", "2", "3", "4")


def any_of(rng: Rng, items: Sequence[Item]) -> Item:
    """One of them."""
    return items[int(rng.integers(len(items)))]


def between(rng: Rng, low: float, high: float) -> float:
    """A number from `low` to `high`."""
    return float(rng.uniform(low, high))


def colour_near(rng: Rng, colour: Rgb, spread: int) -> Rgb:
    """A colour that differs by at most `spread` in each channel."""
    red, green, blue = (int(np.clip(c + rng.integers(-spread, spread + 1), 0, 255)) for c in colour)
    return red, green, blue


def some_of(rng: Rng, items: Sequence[str], most: int) -> tuple[str, ...]:
    """None to `most` of them, in their order."""
    count = int(rng.integers(0, min(most, len(items)) + 1))
    chosen = sorted(rng.choice(len(items), count, replace=False))
    return tuple(items[i] for i in chosen)


def printed(rng: Rng) -> Hand:
    """Dark ink on light paper, with words and extras by lot."""
    ink = any_of(rng, [(0, 0, 0), (0, 0, 0), (30, 30, 40), (20, 20, 90)])
    return Hand(
        inks=(colour_near(rng, ink, 15),),
        width=int(rng.integers(1, 4)),
        words=colour_near(rng, (25, 25, 25), 25),
        font=any_of(rng, FONTS),
        size=between(rng, 2.6, 4.6),
        names=any_of(rng, ["above", "above", "inline", "left", "below"]),
        title=any_of(rng, TITLES),
        header=some_of(rng, HEADER, 16),
        footer=some_of(rng, FOOTER, 2),
        extras=some_of(rng, tuple(EXTRAS), 2),
        shown=bool(rng.random() < 0.93),
    )
