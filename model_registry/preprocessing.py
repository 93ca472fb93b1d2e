"""From the trace area of a page to what a network reads. One object for training, serving, evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from ecg.page.page import Colour, Page, Pixels

Scale = Literal["rescale", "imagenet", "standard"]
Tensor = npt.NDArray[np.float32]

OVERSIZE = 2  # a page is decoded to at least this many times the input size

CLAHE_CLIP_LIMIT, CLAHE_TILES = 2.0, (8, 8)  # OpenCV's usual values
MEDIAN_APERTURE = 3  # px

# scale -> (mean, standard deviation) for each of R, G, B, of pixels brought to 0..1
SCALES: Mapping[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = (
    MappingProxyType(
        {
            "rescale": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
            "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
            "standard": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        }
    )
)


def clahe(grey: Pixels) -> Pixels:
    """Contrast-limited adaptive histogram equalisation (Zuiderveld 1994), 8x8 tiles, clip limit 2."""
    import cv2

    equaliser = cv2.createCLAHE(clipLimit=CLAHE_CLIP_LIMIT, tileGridSize=CLAHE_TILES)
    return np.asarray(equaliser.apply(grey), dtype=np.uint8)


def median(grey: Pixels) -> Pixels:
    """The median of each pixel's 3x3 neighbourhood."""
    import cv2

    return np.asarray(cv2.medianBlur(grey, MEDIAN_APERTURE), dtype=np.uint8)


STEPS = MappingProxyType({"clahe": clahe, "median": median})


@dataclass(frozen=True)
class Preprocessing:
    """How one model wants a page.

    size: (height, width) in px. colour: "grey" or "rgb". channels: 1 or 3; grey in 3 channels is
    repeated. scale: "rescale" (0..1), "imagenet" (its mean and deviation), "standard" (mean 0.5,
    deviation 0.5: -1..1). steps: names out of "clahe", "median", done in this order on the grey
    picture at its final size.
    """

    size: tuple[int, int]
    colour: Colour
    scale: Scale
    channels: int
    steps: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of what comes out."""
        return (*self.size, self.channels)

    def __call__(self, page: Page) -> Tensor:
        """One page as float32 (height, width, channels). Raises UnreadablePicture."""
        return self.prepare(self.read(page))

    def read(self, page: Page) -> Pixels:
        """The trace area as this model's input is made from: at least twice the input size."""
        height, width = self.size
        return page.trace((OVERSIZE * width, OVERSIZE * height), self.colour)

    def prepare(self, trace: Pixels) -> Tensor:
        """uint8 trace area (height, width[, 3]) -> float32 (height, width, channels)."""
        return self.normalise(self.shrink(trace))

    def shrink(self, trace: Pixels) -> Pixels:
        """uint8 trace area of any size -> uint8 (height, width[, 3]) in the input size, steps done."""
        from PIL import Image

        height, width = self.size
        smooth = Image.Resampling.BILINEAR  # Pillow's, which widens with the reduction: no aliasing
        pixels = np.asarray(Image.fromarray(trace).resize((width, height), smooth))
        for step in self.steps:
            pixels = STEPS[step](pixels)
        return pixels

    def normalise(self, pixels: Pixels) -> Tensor:
        """uint8 (.., height, width[, 3]) in the input size -> float32 (.., height, width, channels)."""
        scaled = pixels.astype(np.float32) / np.float32(255)
        if self.colour == "grey":
            scaled = np.repeat(scaled[..., np.newaxis], self.channels, axis=-1)
        mean, deviation = (np.asarray(v[: self.channels], np.float32) for v in SCALES[self.scale])
        return np.asarray((scaled - mean) / deviation, dtype=np.float32)
