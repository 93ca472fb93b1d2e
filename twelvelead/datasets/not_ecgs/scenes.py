"""Pictures of things: maps, animals of circles, phantoms of tomography, textures, colours, noise."""

import cv2
import numpy as np
import numpy.typing as npt

from ecg.simulate.layouts.chance import any_of, between, colour_near
from twelvelead.datasets.not_ecgs.curves import coloured_noise
from twelvelead.datasets.not_ecgs.ground import (
    INKS,
    Picture,
    Rng,
    any_size,
    frame,
    middle_box,
    paper,
    put,
)

# Shepp and Logan 1974: value, half axes, centre, turn in degrees (values of the modified phantom)
HEAD = (
    (1.0, 0.69, 0.92, 0.0, 0.0, 0.0),
    (-0.8, 0.6624, 0.874, 0.0, -0.0184, 0.0),
    (-0.2, 0.11, 0.31, 0.22, 0.0, -18.0),
    (-0.2, 0.16, 0.41, -0.22, 0.0, 18.0),
    (0.1, 0.21, 0.25, 0.0, 0.35, 0.0),
    (0.1, 0.046, 0.046, 0.0, 0.1, 0.0),
    (0.1, 0.046, 0.023, -0.08, -0.605, 0.0),
    (0.1, 0.023, 0.046, 0.06, -0.605, 0.0),
)


def _any_colour(rng: Rng) -> tuple[int, int, int]:
    red, green, blue = (int(c) for c in rng.integers(0, 256, 3))
    return red, green, blue


def _as_picture(values: npt.NDArray[np.floating]) -> Picture:
    rounded: Picture = np.clip(values, 0, 255).astype(np.uint8)
    return rounded


def head_phantom(rng: Rng) -> Picture:
    """A slice through a head of ellipses, as of CT or MR."""
    side = int(rng.integers(256, 900))
    y, x = np.mgrid[1 : -1 : side * 1j, -1 : 1 : side * 1j]
    grey = np.zeros((side, side))
    for value, a, b, x0, y0, degrees in HEAD:
        turn, stretch = np.radians(degrees + between(rng, -4, 4)), between(rng, 0.9, 1.1)
        u = (x - x0) * np.cos(turn) + (y - y0) * np.sin(turn)
        v = (y - y0) * np.cos(turn) - (x - x0) * np.sin(turn)
        grey[(u / a / stretch) ** 2 + (v / b) ** 2 <= 1] += value
    grey = np.clip(grey + rng.normal(0, between(rng, 0, 0.08), grey.shape), 0, 1)
    picture = np.repeat((grey * 255).astype(np.uint8)[..., None], 3, axis=2)
    if rng.random() < 0.5:
        put(picture, "R   SE 4 IM 21  W 80 L 40", (8, 18), (0.45, (220, 220, 220)))
    return picture


def x_ray(rng: Rng) -> Picture:
    """A chest of soft shapes: lungs dark, ribs light."""
    height, width = any_size(rng)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    grey = 0.75 - 0.3 * x**2 + 0.1 * y
    for side in (-0.42, 0.42):
        grey -= 0.55 * np.exp(-((((x - side) / 0.3) ** 2 + ((y + 0.05) / 0.6) ** 2) ** 2))
    ribs = np.sin((y + 0.5 * np.abs(x)) * between(rng, 20, 34))
    grey += 0.06 * ribs + 0.25 * np.exp(-((x / 0.07) ** 2))
    grey += rng.normal(0, 0.02, grey.shape)
    return np.repeat((np.clip(grey, 0, 1) * 255).astype(np.uint8)[..., None], 3, axis=2)


def noise(rng: Rng) -> Picture:
    """Grey, coloured or blurred noise."""
    height, width = any_size(rng)
    picture = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    if rng.random() < 0.4:
        picture = np.repeat(picture[..., :1], 3, axis=2)
    blur = between(rng, 0.1, 12)
    return (
        picture if rng.random() < 0.3 else cv2.GaussianBlur(picture, (0, 0), blur).astype(np.uint8)
    )


def gradient(rng: Rng) -> Picture:
    """One colour running into another."""
    height, width = any_size(rng)
    ramp = np.linspace(0, 1, width)[None, :, None] * np.ones((height, 1, 1))
    if rng.random() < 0.5:
        ramp = np.linspace(0, 1, height)[:, None, None] * np.ones((1, width, 1))
    first, last = np.array(_any_colour(rng)), np.array(_any_colour(rng))
    return _as_picture(first + (last - first) * ramp)


def colour_chart(rng: Rng) -> Picture:
    """Fields of colours in rows and columns."""
    rows, columns = (int(n) for n in rng.integers(2, 12, 2))
    cells = rng.integers(0, 256, (rows, columns, 3), dtype=np.uint8)
    height, width = any_size(rng)
    return cv2.resize(cells, (width, height), interpolation=cv2.INTER_NEAREST).astype(np.uint8)


def creature(rng: Rng) -> Picture:
    """A cat, a bear or a fish of circles and triangles."""
    height, width = any_size(rng)
    picture = np.full((height, width, 3), colour_near(rng, (235, 235, 235), 20), np.uint8)
    fur, r = _any_colour(rng), int(min(height, width) * between(rng, 0.15, 0.3))
    x, y = width // 2, height // 2
    for side in (-1, 1):
        ear = np.array(
            [(x + side * r, y - r // 3), (x + side * r // 3, y - r), (x + side * r, y - 3 * r // 2)]
        )
        cv2.fillPoly(picture, [ear.astype(np.int32)], fur, cv2.LINE_AA)
    cv2.ellipse(picture, (x, y + r), (r, int(r * 1.4)), 0, 0, 360, fur, -1, cv2.LINE_AA)
    cv2.circle(picture, (x, y), r, fur, -1, cv2.LINE_AA)
    for side in (-1, 1):
        eye = (x + side * r // 2, y - r // 5)
        cv2.circle(picture, eye, r // 6, (255, 255, 255), -1, cv2.LINE_AA)
        cv2.circle(picture, eye, r // 12, (0, 0, 0), -1, cv2.LINE_AA)
        for lift in (-1, 0, 1):
            cv2.line(
                picture,
                (x, y + r // 3),
                (x + side * 3 * r // 2, y + r // 3 + lift * r // 5),
                (0, 0, 0),
                1,
            )
    return picture


def shapes(rng: Rng) -> Picture:
    """Discs, boxes and lines at random."""
    picture = paper(rng, ruled=0.3)
    height, width = picture.shape[:2]
    for _ in range(int(rng.integers(5, 60))):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        size, filled = int(rng.integers(5, width // 4)), -1 if rng.random() < 0.5 else 2
        if rng.random() < 0.5:
            cv2.circle(picture, (x, y), size, _any_colour(rng), filled, cv2.LINE_AA)
        else:
            cv2.rectangle(picture, (x, y), (x + size, y + size), _any_colour(rng), filled)
    return picture


def _hills(rng: Rng, height: int, width: int, blur: float) -> npt.NDArray[np.float64]:
    low = cv2.GaussianBlur(rng.normal(size=(height // 4 + 1, width // 4 + 1)), (0, 0), blur)
    low = (low - low.min()) / (np.ptp(low) + 1e-9)
    return np.asarray(cv2.resize(low, (width, height), interpolation=cv2.INTER_CUBIC), np.float64)


def city_map(rng: Rng) -> Picture:
    """Land and water, roads and names."""
    height, width = any_size(rng)
    land = _hills(rng, height, width, 14) > between(rng, 0.3, 0.6)
    picture = np.where(
        land[..., None], colour_near(rng, (240, 236, 225), 8), (170, 205, 225)
    ).astype(np.uint8)
    for _ in range(int(rng.integers(6, 30))):
        points = np.cumsum(rng.normal(0, 45, (30, 2)), axis=0) + rng.random(2) * (width, height)
        ink = any_of(rng, [(255, 255, 255), (245, 200, 110), (225, 120, 120), (120, 120, 120)])
        cv2.polylines(
            picture, [points.astype(np.int32)], False, ink, int(rng.integers(1, 7)), cv2.LINE_AA
        )
    for _ in range(int(rng.integers(3, 20))):
        at = (int(rng.integers(width)), int(rng.integers(height)))
        put(
            picture,
            any_of(rng, ["Port", "Hill", "St. Ann", "North", "Lake"]),
            at,
            (0.5, (60, 60, 60)),
        )
    return picture


def height_lines(rng: Rng) -> Picture:
    """A walker's map: brown or red lines of equal height, in a frame."""
    height, width = any_size(rng)
    hills = _hills(rng, height, width, 12)
    picture = np.full((height, width, 3), colour_near(rng, (250, 248, 240), 4), np.uint8)
    ink = any_of(rng, [(190, 120, 80), (215, 110, 110), (120, 120, 120)])
    for level in np.linspace(0.05, 0.95, int(rng.integers(8, 30))):
        outline, _ = cv2.findContours(
            (hills > level).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE
        )
        cv2.drawContours(picture, outline, -1, ink, 1, cv2.LINE_AA)
    frame(picture, rng, middle_box(picture, rng))
    return picture


def photograph(rng: Rng) -> Picture:
    """Something like a photographed landscape or skin: soft shapes, sky, grain."""
    height, width = any_size(rng)
    tones = np.stack([_hills(rng, height, width, between(rng, 4, 30)) for _ in range(3)], axis=2)
    base = np.array(any_of(rng, [(120, 150, 110), (200, 150, 130), (140, 160, 190), (150, 90, 80)]))
    picture = base + 140 * (tones - 0.5)
    ridge = height * (0.45 + 0.06 * coloured_noise(rng, width, 2.2))
    sky = np.arange(height)[:, None] < ridge[None, :]
    picture = np.where(sky[..., None] & (rng.random() < 0.6), np.array([170, 200, 235]), picture)
    return _as_picture(picture + rng.normal(0, 6, picture.shape))


def fabric(rng: Rng) -> Picture:
    """Woven, tiled or brick patterns."""
    height, width = any_size(rng)
    y, x = np.mgrid[0:height, 0:width]
    wave = (
        np.sin(x / between(rng, 2, 20))
        + np.sin(y / between(rng, 2, 20))
        + np.sin((x + y) / between(rng, 3, 30))
    )
    share = ((wave + 3) / 6)[..., None]
    first, last = np.array(_any_colour(rng)), np.array(_any_colour(rng))
    return _as_picture(first + (last - first) * share + rng.normal(0, 5, (height, width, 1)))


def comic(rng: Rng) -> Picture:
    """Panels with outlines and little figures."""
    picture = paper(rng, ruled=0.0)
    height, width = picture.shape[:2]
    rows, columns = int(rng.integers(1, 4)), int(rng.integers(2, 5))
    for row in range(rows):
        for column in range(columns):
            x, y = column * width // columns + 8, row * height // rows + 8
            right, low = (column + 1) * width // columns - 8, (row + 1) * height // rows - 8
            cv2.rectangle(picture, (x, y), (right, low), colour_near(rng, (200, 200, 210), 55), -1)
            cv2.rectangle(picture, (x, y), (right, low), (0, 0, 0), 3)
            centre, r = ((x + right) // 2, (y + low) // 2), max(5, (low - y) // 8)
            cv2.circle(picture, centre, r, any_of(rng, INKS), 3, cv2.LINE_AA)
            cv2.line(picture, (centre[0], centre[1] + r), (centre[0], low - r), (0, 0, 0), 3)
    return picture
