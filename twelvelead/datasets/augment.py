"""Small changes to a trace picture that leave the heart as it was; each with its reason.

Never a flip: a mirrored trace is another heart, and leads have their places.

All act on the trace area as `ecg.page.page` reads it (grey, uint8, height x width), before the model's own
preprocessing, so that training and serving share that to the last filter.
"""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

Grey = npt.NDArray[np.uint8]

ROTATION = 1.5  # degrees, either way: pages are laid on scanners by hand
STRETCH = 0.04  # share of width and height: paper moves through printers at not quite 25 mm/s
SHIFT = 0.02  # share of width and height: frames are cut a little differently
SHEAR = 0.01  # a page photographed not quite from above
PAPER, INK = (0.85, 1.0), (0.0, 0.3)  # brightness of paper and ink: exposure, toner
GRID = (0.4, 1.6)  # how strong the grid stands out: its colour and print differ
NOISE = 6.0  # grey levels, standard deviation at most: sensors
BLUR = 1.0  # px at most: focus
JPEG = (40, 95)  # quality: pages are sent through messengers
GRID_LEVEL = 150  # grey levels above this are grid and paper, below ink


def augment(grey: Grey, rng: np.random.Generator) -> Grey:
    """One random variant of a trace area, same shape, uint8; the draws come from `rng` alone."""
    image = Image.fromarray(_regrid(grey, rng))
    image = _move(image, rng)
    if rng.random() < 0.3:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, BLUR)))
    pixels = _expose(np.asarray(image, dtype=np.float32), rng)
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    return np.asarray(_recompress(image, rng) if rng.random() < 0.3 else image)


def _regrid(grey: Grey, rng: np.random.Generator) -> Grey:
    """The grid stronger or fainter, ink untouched."""
    levels = np.arange(256, dtype=np.float32)
    strength = rng.uniform(*GRID)
    faded = np.maximum(255 - strength * (255 - levels), GRID_LEVEL)
    table = np.where(levels > GRID_LEVEL, faded, levels).round().astype(np.uint8)
    return table[grey]


def _move(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Turned, stretched, sheared and shifted about the middle; what comes in at the edges is paper."""
    width, height = image.size
    turn = np.deg2rad(rng.uniform(-ROTATION, ROTATION))
    stretch_x, stretch_y = rng.uniform(1 - STRETCH, 1 + STRETCH, size=2)
    shear_x, shear_y = rng.uniform(-SHEAR, SHEAR, size=2)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = matrix @ np.array([[1, shear_x], [shear_y, 1]]) @ np.diag([stretch_x, stretch_y])
    middle = np.array([width / 2, height / 2])
    offset = middle - matrix @ middle + rng.uniform(-SHIFT, SHIFT, size=2) * (width, height)
    coefficients = (*matrix[0], offset[0], *matrix[1], offset[1])
    return image.transform(
        image.size,
        Image.Transform.AFFINE,
        tuple(float(c) for c in coefficients),
        Image.Resampling.BILINEAR,
        fillcolor=255,
    )


def _expose(pixels: npt.NDArray[np.float32], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Another exposure: other levels of paper and ink, light that falls off to one side, noise."""
    ink, paper = rng.uniform(*INK) * 255, rng.uniform(*PAPER) * 255
    light = np.linspace(1 - rng.uniform(0, 0.1), 1, pixels.shape[1], dtype=np.float32)
    light = light if rng.random() < 0.5 else light[::-1]
    noise = rng.normal(0, rng.uniform(0, NOISE), size=pixels.shape)
    exposed = (ink + pixels / 255 * (paper - ink)) * light + noise
    return exposed.astype(np.float32)


def _recompress(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    held = io.BytesIO()
    image.save(held, "JPEG", quality=int(rng.integers(*JPEG)))
    return Image.open(held, formats=["JPEG"]).convert("L")
