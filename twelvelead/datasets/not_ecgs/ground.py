"""What non-ECGs are drawn on: paper of any size, white, tinted, ruled or framed, often in ECG's pink."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from ecg.simulate.layouts.chance import any_of, between, colour_near
from ecg.simulate.paint import Rgb

Picture = npt.NDArray[np.uint8]
Rng = np.random.Generator
Box = tuple[int, int, int, int]

SIDES = (420, 1500)  # px
GRIDS: Sequence[tuple[Rgb, Rgb]] = (
    ((250, 220, 222), (240, 160, 165)),
    ((250, 205, 200), (230, 115, 110)),
    ((255, 225, 230), (246, 162, 168)),
    ((238, 208, 208), (208, 128, 128)),
    ((252, 224, 196), (236, 168, 110)),
    ((212, 226, 250), (140, 170, 225)),
    ((226, 226, 226), (180, 180, 180)),
    ((205, 236, 210), (120, 190, 140)),
)
PINKS: Sequence[Rgb] = ((246, 162, 168), (230, 120, 120), (255, 190, 200), (200, 60, 70))
INKS: Sequence[Rgb] = ((0, 0, 0), (25, 25, 30), (30, 40, 140), (170, 30, 40), (20, 90, 50))


def any_size(rng: Rng) -> tuple[int, int]:
    """Height and width, px: wide, square or tall."""
    width = int(rng.integers(*SIDES))
    aspect = any_of(rng, [1.41, 1.41, 1.33, 1.0, 0.71, 1.78, 2.2])
    height = int(np.clip(width / (aspect * between(rng, 0.9, 1.1)), 300, 1500))
    return height, width


def paper(rng: Rng, *, ruled: float = 0.45) -> Picture:
    """Paper of any size; with a chance of `ruled` it has a grid, more often a pink one."""
    height, width = any_size(rng)
    tint = any_of(rng, [(255, 255, 255), (255, 255, 255), (252, 248, 240), (255, 240, 242)])
    picture = np.full((height, width, 3), colour_near(rng, tint, 4), np.uint8)
    if rng.random() < ruled:
        rule(picture, rng, (0, 0, width, height))
    return picture


def rule(picture: Picture, rng: Rng, box: Box) -> None:
    """A millimetre grid inside `box` (left, top, right, bottom), as lines or dots. Changes `picture`."""
    left, top, right, bottom = box
    inside = picture[top:bottom, left:right]
    grid = GRIDS[int(rng.integers(4))] if rng.random() < 0.6 else any_of(rng, GRIDS)
    fine, strong = (colour_near(rng, colour, 8) for colour in grid)
    pitch, dotted = between(rng, 3.5, 10.0), rng.random() < 0.3
    for spacing, colour in ((pitch, fine), (5 * pitch, strong)):
        if spacing == pitch and rng.random() < 0.2:
            continue
        step = max(2, round(pitch / 2)) if dotted else 1
        ys = np.arange(0, inside.shape[0], spacing).astype(int)
        xs = np.arange(0, inside.shape[1], spacing).astype(int)
        inside[ys, ::step] = colour
        inside[::step, xs] = colour


def middle_box(picture: Picture, rng: Rng) -> Box:
    """A box that leaves margins, as a page's frame does."""
    height, width = picture.shape[:2]
    return (
        int(width * between(rng, 0.02, 0.08)),
        int(height * between(rng, 0.05, 0.22)),
        int(width * between(rng, 0.92, 0.985)),
        int(height * between(rng, 0.85, 0.97)),
    )


def frame(picture: Picture, rng: Rng, box: Box) -> None:
    """An outline in pink, black or grey around `box`."""
    colour = any_of(rng, [*PINKS, (0, 0, 0), (120, 120, 120)])
    left, top, right, bottom = box
    cv2.rectangle(picture, (left, top), (right, bottom), colour, int(rng.integers(1, 6)))


def whole(picture: Picture) -> Box:
    """The box of the whole picture."""
    return 0, 0, picture.shape[1] - 1, picture.shape[0] - 1


def put(picture: Picture, text: str, at: tuple[int, int], look: tuple[float, Rgb]) -> None:
    """Words with their foot at (x, y); look: (scale, colour)."""
    scale, colour = look
    thick = 2 if scale > 0.9 else 1
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, thick, cv2.LINE_AA)
