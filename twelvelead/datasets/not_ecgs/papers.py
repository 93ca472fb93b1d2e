"""Paper on which nothing stands: blank, ruled, squared; empty ECG paper; empty frames."""

from dataclasses import replace

import cv2
import numpy as np

from ecg.simulate.layouts.chance import any_of, between, colour_near
from ecg.simulate.layouts.draw import Leads, draw_layout
from ecg.simulate.layouts.families import random_layout
from ecg.simulate.layouts.grid import blank_paper
from ecg.simulate.layouts.sheet import TWELVE_BY_ONE
from twelvelead.datasets.not_ecgs.ground import (
    PINKS,
    Picture,
    Rng,
    any_size,
    frame,
    middle_box,
    paper,
    put,
    rule,
    whole,
)


def blank(rng: Rng) -> Picture:
    """Nothing but a tint and a little noise or shade."""
    height, width = any_size(rng)
    colour = colour_near(rng, any_of(rng, [(250, 250, 250), (240, 230, 215), (250, 215, 220)]), 10)
    shade = np.linspace(0, between(rng, 0, 40), width)[None, :, None]
    noise = rng.normal(0, between(rng, 0, 6), (height, width, 1))
    return np.clip(np.array(colour) - shade + noise, 0, 255).astype(np.uint8)


def ruled(rng: Rng) -> Picture:
    """Lined paper with a margin."""
    picture = paper(rng, ruled=0.0)
    colour = colour_near(rng, any_of(rng, [(150, 180, 230), (240, 170, 175), (190, 190, 190)]), 10)
    step = int(rng.integers(14, 60))
    for y in range(step, picture.shape[0], step):
        cv2.line(picture, (0, y), (picture.shape[1], y), colour, 1)
    if rng.random() < 0.6:
        x = picture.shape[1] // 8
        cv2.line(picture, (x, 0), (x, picture.shape[0]), (230, 90, 100), 2)
    return picture


def squared(rng: Rng) -> Picture:
    """Squared paper of one pitch, in any colour."""
    picture = paper(rng, ruled=0.0)
    colour = colour_near(rng, any_of(rng, [(150, 180, 230), (244, 160, 165), (190, 190, 190)]), 10)
    step = int(rng.integers(8, 50))
    picture[::step] = colour
    picture[:, ::step] = colour
    return picture


def empty_grid(rng: Rng) -> Picture:
    """ECG paper that nobody has written on: whole, or framed under a header."""
    picture = paper(rng, ruled=0.0)
    if rng.random() < 0.5:
        rule(picture, rng, whole(picture))
        return picture
    box = middle_box(picture, rng)
    rule(picture, rng, box)
    if rng.random() < 0.7:
        frame(picture, rng, box)
    if rng.random() < 0.6:
        put(picture, "ID:     Name:      25 mm/s 10 mm/mV", (20, 25), (0.6, (20, 20, 20)))
    return picture


def empty_sheet(rng: Rng) -> Picture:
    """A device's sheet with everything printed but the traces: flat lines, or none."""
    families = [
        "red_3x4_strip",
        "framed_pink_3x4_strip",
        "outlined_3x4_strip",
        "green_6x2_strip",
        "cells_6x2",
    ]
    layout = random_layout(rng, any_of(rng, families))
    if rng.random() < 0.5:
        return blank_paper(layout)
    flat = {line[0]: np.zeros(3000) for line in TWELVE_BY_ONE}
    colour = layout.paper.colour if rng.random() < 0.7 else layout.hand.inks[0]
    layout = replace(
        layout, divider="none", pulse="none", hand=replace(layout.hand, inks=(colour,))
    )
    return draw_layout(Leads(flat, 250.0), layout, rng)


def empty_frame(rng: Rng) -> Picture:
    """A frame, mostly pink, with nothing in it."""
    picture = paper(rng, ruled=0.0)
    left, top, right, bottom = middle_box(picture, rng)
    colour = colour_near(rng, any_of(rng, PINKS), 10)
    cv2.rectangle(picture, (left, top), (right, bottom), colour, int(rng.integers(1, 8)))
    if rng.random() < 0.3:
        put(picture, "No data", (left, max(14, top - 8)), (0.6, (20, 20, 20)))
    return picture


def nested_frames(rng: Rng) -> Picture:
    """Boxes in boxes, or side by side, empty."""
    picture = paper(rng, ruled=0.2)
    height, width = picture.shape[:2]
    for _ in range(int(rng.integers(2, 9))):
        x, y = int(rng.integers(width // 2)), int(rng.integers(height // 2))
        right, low = int(rng.integers(x + 50, width)), int(rng.integers(y + 50, height))
        frame(picture, rng, (x, y, right, low))
    return picture


def log_paper(rng: Rng) -> Picture:
    """Half-logarithmic paper in red, orange, green or blue."""
    picture = paper(rng, ruled=0.0)
    colour = any_of(rng, [(236, 130, 120), (240, 160, 90), (120, 180, 130), (120, 150, 220)])
    decades = int(rng.integers(1, 5))
    for decade in range(decades):
        for digit in range(1, 10):
            y = int((decade + np.log10(digit)) / decades * picture.shape[0])
            cv2.line(picture, (0, y), (picture.shape[1], y), colour, 2 if digit == 1 else 1)
    picture[:, :: int(rng.integers(10, 50))] = colour
    return picture
