"""Many rows of curves that are no ECG: montages, recorders' strips, and curves in an ECG's own layout."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from ecg.simulate.layouts.chance import any_of, between, colour_near
from ecg.simulate.layouts.draw import Leads, draw_layout
from ecg.simulate.layouts.families import random_layout
from ecg.simulate.layouts.sheet import TWELVE_BY_ONE
from twelvelead.datasets.not_ecgs import curves
from twelvelead.datasets.not_ecgs.ground import (
    INKS,
    Box,
    Picture,
    Rng,
    frame,
    middle_box,
    paper,
    put,
    rule,
    whole,
)

EEG_NAMES = (
    "Fp1-F7", "F7-T3", "T3-T5", "T5-O1", "Fp2-F8", "F8-T4", "T4-T6", "T6-O2", "Fp1-F3", "F3-C3",
    "C3-P3", "P3-O1", "Fp2-F4", "F4-C4", "C4-P4", "P4-O2", "Fz-Cz", "Cz-Pz",
)  # fmt: skip
CHANNELS = (
    "Ch 1",
    "Ch 2",
    "Ch 3",
    "Ch 4",
    "Ch 5",
    "Ch 6",
    "Ch 7",
    "Ch 8",
    "Flow",
    "SpO2",
    "Thor",
    "Abdo",
)


def draw_rows(picture: Picture, rng: Rng, box: Box, rows: Sequence[curves.Make]) -> None:
    """One curve a row inside `box`, in one ink or several. Changes `picture`."""
    left, top, right, bottom = box
    step = (bottom - top) / len(rows)
    ink = any_of(rng, INKS)
    many, width = rng.random() < 0.15, int(rng.integers(1, 4))
    samples = max(200, (right - left) * int(rng.integers(1, 3)))
    size = between(rng, 0.3, 0.8) * step
    for number, make in enumerate(rows):
        values = make(rng, samples)
        xs = np.linspace(left + 4, right - 4, samples)
        ys = np.clip(top + (number + 0.5) * step - size * values, top, bottom)
        points = np.round(np.stack([xs, ys], axis=1) * 16).astype(np.int32)
        colour = any_of(rng, INKS) if many else ink
        cv2.polylines(picture, [points], False, colour, width, cv2.LINE_AA, 4)


def name_rows(picture: Picture, rng: Rng, box: Box, names: Sequence[str]) -> None:
    """A name at the left of each row."""
    left, top, _, bottom = box
    step, scale = (bottom - top) / len(names), between(rng, 0.35, 0.6)
    for number, name in enumerate(names):
        y = round(top + (number + between(rng, 0.3, 0.5)) * step)
        put(picture, name, (left + 3, y), (scale, (30, 30, 30)))


def montage(rng: Rng, rows: Sequence[curves.Make], names: Sequence[str], boxed: float) -> Picture:
    """Rows of curves on any paper; boxed: the chance of a frame around them, with a grid inside or not."""
    picture = paper(rng, ruled=0.3)
    box = whole(picture) if rng.random() < 0.25 else middle_box(picture, rng)
    if rng.random() < boxed:
        if rng.random() < 0.5:
            rule(picture, rng, box)
        frame(picture, rng, box)
    draw_rows(picture, rng, box, rows)
    if rng.random() < 0.7:
        name_rows(picture, rng, box, names[: len(rows)])
    if rng.random() < 0.5 and box[1] > 25:
        put(picture, "Patient: N.N.   30 mm/s   7 uV/mm   LF 0.5 Hz", (20, 20), (0.5, (20, 20, 20)))
    return picture


def eeg_montage(rng: Rng) -> Picture:
    """Eight to eighteen channels of EEG, unframed."""
    many = int(rng.integers(8, 19))
    return montage(rng, [curves.eeg] * many, EEG_NAMES, 0.0)


def eeg_boxed(rng: Rng) -> Picture:
    """EEG in a box, often pink."""
    many = int(rng.integers(4, 19))
    return montage(rng, [curves.eeg] * many, EEG_NAMES, 1.0)


def emg_rows(rng: Rng) -> Picture:
    """Muscles."""
    return montage(rng, [curves.emg] * int(rng.integers(1, 9)), CHANNELS, 0.5)


def respiration(rng: Rng) -> Picture:
    """Breath."""
    return montage(rng, [curves.breath] * int(rng.integers(1, 7)), CHANNELS[8:], 0.5)


def pulse_waves(rng: Rng) -> Picture:
    """Plethysmograms."""
    return montage(rng, [curves.pulse_wave] * int(rng.integers(1, 5)), CHANNELS, 0.5)


def seismogram(rng: Rng) -> Picture:
    """Earthquakes."""
    return montage(rng, [curves.quake] * int(rng.integers(1, 13)), CHANNELS, 0.5)


def audio(rng: Rng) -> Picture:
    """Sound."""
    return montage(rng, [curves.sound] * int(rng.integers(1, 5)), ("L", "R", "1", "2"), 0.5)


def random_rows(rng: Rng) -> Picture:
    """Share prices and tones in rows."""
    kinds = [curves.walk, curves.sine, curves.decay, curves.square]
    return montage(
        rng, [any_of(rng, kinds) for _ in range(int(rng.integers(3, 13)))], CHANNELS, 0.6
    )


def polysomnogram(rng: Rng) -> Picture:
    """A night: EEG, muscles, breath and levels in one picture."""
    kinds = [curves.eeg] * 4 + [curves.emg] * 2 + [curves.breath] * 3 + [curves.steps]
    return montage(rng, kinds, (*EEG_NAMES[:4], *CHANNELS), 0.5)


def oscilloscope(rng: Rng) -> Picture:
    """One to four traces on a dark or light screen with ten by eight divisions."""
    height, width = int(rng.integers(350, 900)), int(rng.integers(500, 1300))
    dark = rng.random() < 0.6
    picture = np.full((height, width, 3), (5, 12, 10) if dark else (250, 250, 250), np.uint8)
    for x in np.linspace(20, width - 20, 11).astype(int).tolist():
        cv2.line(picture, (x, 20), (x, height - 20), (90, 90, 90), 1)
    for y in np.linspace(20, height - 20, 9).astype(int).tolist():
        cv2.line(picture, (20, y), (width - 20, y), (90, 90, 90), 1)
    kinds = [curves.square, curves.sine, curves.decay]
    for _ in range(int(rng.integers(1, 5))):
        draw = any_of(rng, kinds)(rng, width)
        middle, size = between(rng, 0.3, 0.7) * height, between(rng, 0.08, 0.3) * height
        points = np.stack([np.arange(width), middle - size * draw], axis=1).astype(np.int32)
        ink = any_of(rng, [(255, 240, 60), (60, 255, 120), (80, 200, 255), (255, 80, 160)])
        cv2.polylines(picture, [points], False, ink, 2, cv2.LINE_AA)
    return picture


def cardiotocogram(rng: Rng) -> Picture:
    """An unborn child's heart rate above, the womb's contractions below: no ECG, on ECG-like paper."""
    picture = paper(rng, ruled=0.0)
    height, width = picture.shape[:2]
    for low, high in ((0.05, 0.6), (0.68, 0.95)):
        box = (10, int(low * height), width - 10, int(high * height))
        rule(picture, rng, box)
        frame(picture, rng, box)
    rate = 0.35 + 0.04 * curves.coloured_noise(rng, width, 1.6) + 0.01 * rng.normal(size=width)
    waves = 0.9 - 0.12 * np.clip(curves.breath(rng, width), 0, 1) - 0.005 * rng.random(width)
    for values in (rate, waves):
        points = np.stack([np.arange(width), values * height], axis=1).astype(np.int32)
        cv2.polylines(picture, [points], False, any_of(rng, INKS), int(rng.integers(1, 3)))
    return picture


def _false_sheet(rng: Rng, kinds: Sequence[curves.Make], family: str) -> Picture:
    """Curves that are no ECG in the layout of an ECG sheet, under other names."""
    names = [line[0] for line in TWELVE_BY_ONE]
    values = {name: 0.8 * any_of(rng, kinds)(rng, 3000) for name in names}
    layout = random_layout(rng, family)
    hand = replace(layout.hand, shown=False, header=(), title="", extras=())
    return draw_layout(Leads(values, 250.0), replace(layout, hand=hand), rng)


def false_sheet(rng: Rng) -> Picture:
    """Share prices, tones and breath in three rows of four on ECG paper."""
    kinds = [curves.walk, curves.sine, curves.breath, curves.bumps]
    families = ["red_3x4_strip", "framed_pink_3x4_strip", "orange_6x2", "rhythm_strip"]
    return _false_sheet(rng, kinds, any_of(rng, families))


def eeg_sheet(rng: Rng) -> Picture:
    """EEG, muscles and squares in an ECG's layout."""
    kind = any_of(rng, [curves.eeg, curves.emg, curves.square, curves.steps])
    return _false_sheet(rng, [kind], any_of(rng, ["outlined_3x4_strip", "cells_6x2", "blue_3x4"]))


def lone_curve(rng: Rng) -> Picture:
    """One curve on paper, boxed or not."""
    kind = any_of(rng, list(curves.CURVES.values()))
    return montage(rng, [kind], ("x",), 0.6)


def nervous_lines(rng: Rng) -> Picture:
    """Level lines of a lie detector: several inks, dark or light ground."""
    picture = paper(rng, ruled=0.6)
    if rng.random() < 0.3:
        picture[:] = colour_near(rng, (15, 18, 25), 8)
    kinds = [curves.breath, curves.walk, curves.pulse_wave, curves.steps, curves.decay]
    draw_rows(
        picture, rng, whole(picture), [any_of(rng, kinds) for _ in range(int(rng.integers(3, 7)))]
    )
    return picture
