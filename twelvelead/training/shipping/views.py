"""A page as it comes from a camera, a scanner or a messenger: what a model must still know it by."""

import io

import numpy as np
from PIL import Image

from twelvelead.datasets.photograph import MILD, USUAL, Picture, photograph, turned

SEED = 12
SCALES = (1 / 3, 0.9)  # least and most, of a page that is sent smaller
ANGLE = 5.0  # degrees either way, of a page that is scanned
QUALITY = (40, 92)  # of the JPEG


def other_view(data: bytes, number: int) -> bytes:
    """A page seen otherwise, by its `number`: in turn photographed twice, scanned askew, sent smaller."""
    rng = np.random.default_rng([SEED, number])
    page = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    return as_jpeg(_seen(page, number % 4, rng), int(rng.integers(*QUALITY)))


def _seen(page: Picture, way: int, rng: np.random.Generator) -> Picture:
    if way < 2:
        return photograph(page, rng, (USUAL, MILD)[way])
    if way == 2:
        return turned(page, float(rng.uniform(-ANGLE, ANGLE)))
    factor = rng.uniform(*SCALES)
    size = (round(page.shape[1] * factor), round(page.shape[0] * factor))
    return np.asarray(Image.fromarray(page).resize(size, Image.Resampling.BILINEAR), np.uint8)


def as_jpeg(picture: Picture | Image.Image, quality: int = 85) -> bytes:
    """A picture as a JPEG."""
    image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    held = io.BytesIO()
    image.convert("RGB").save(held, "JPEG", quality=quality)
    return held.getvalue()
