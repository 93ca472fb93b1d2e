"""Which pictures are read: formats, size, and how their pixels are given."""

from typing import Literal

import numpy as np
import numpy.typing as npt

Colour = Literal["grey", "rgb"]
Pixels = npt.NDArray[np.uint8]

FORMATS = ("JPEG", "PNG", "WEBP", "BMP")
FORMATS_IN_WORDS = "JPEG, PNG, WebP or BMP"
MAX_PIXELS = 25_000_000


def too_many_pixels(count: str) -> str:
    """The sentence for a picture of `count` megapixels."""
    return f"The picture has {count} megapixels; at most {MAX_PIXELS / 1e6:.0f} are read."
