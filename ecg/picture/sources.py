"""Decoded pictures, given out in bands of rows, whatever decoded them: 8 bits, transparency kept."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image, ImageChops

from ecg.picture.deep import Values, bands_of, to_eight_bits, white_of
from ecg.picture.formats import Pixels

BAND = 1_000_000  # pixels that are looked at at a time
CLEAR_CHANNELS = 4  # red, green, blue and how opaque
LOOKED_AT = 256  # rows at most by which the paper under a transparent picture is chosen
MOSTLY = 0.7  # share of a transparent picture that is clear, and
LIGHT = 160  # mean grey of its ink, from which its paper is black


class Source(ABC):
    """A picture of `size` (width, height). clear: whether parts of it may be transparent."""

    size: tuple[int, int]
    clear: bool

    @abstractmethod
    def band(self, top: int, bottom: int) -> Image.Image:
        """Some of its rows, in a mode of 8 bits."""

    def paper(self) -> str:
        """The colour behind a transparent picture: white, but black where its ink is light."""
        width, height = self.size
        step = max(1, height // LOOKED_AT)
        clear, light, inked = 0, 0.0, 0.0
        for top in range(0, height, step):
            grey, opaque = self.band(top, top + 1).convert("RGBA").convert("LA").split()
            ink = np.asarray(opaque, np.float32)
            clear += int(np.count_nonzero(ink < 128))
            light += float((np.asarray(grey, np.float32) * ink).sum())
            inked += float(ink.sum())
        rows = len(range(0, height, step))
        return "black" if clear > MOSTLY * rows * width and light > LIGHT * inked else "white"


class Loaded(Source):
    """What Pillow has decoded."""

    def __init__(self, image: Image.Image) -> None:
        self.size = image.size
        self._image = image
        deep = image.mode.startswith("I") or image.mode == "F"
        # asked of the whole, as a band of a picture without palette has one; not known of deep ones
        self.clear = not deep and image.has_transparency_data
        self._white = self._white_of() if deep else None
        # Pillow takes each JPEG of four inks for one of Adobe's, which are stored inverted
        self._inverted = (image.format, image.mode) == (
            "JPEG",
            "CMYK",
        ) and "adobe" not in image.info

    def band(self, top: int, bottom: int) -> Image.Image:
        found = self._crop(top, bottom)
        if self._white is not None:
            return Image.fromarray(to_eight_bits(np.asarray(found), self._white))
        return ImageChops.invert(found) if self._inverted else found

    def _crop(self, top: int, bottom: int) -> Image.Image:
        if (top, bottom) == (0, self.size[1]):
            return self._image
        return self._image.crop((0, top, self.size[0], bottom))

    def _white_of(self) -> float:
        bands = bands_of(self.size[1], max(1, BAND // self.size[0]))
        values = (np.asarray(self._crop(*band)) for band in bands)
        return white_of(values, fractions=self._image.mode == "F")


class Unpacked(Source):
    """What OpenCV has decoded: blue, green, red and perhaps how opaque, of 8 or 16 bits."""

    def __init__(self, pixels: Values) -> None:
        height, width, channels = pixels.shape
        self.size, self.clear = (width, height), channels == CLEAR_CHANNELS
        self._order = (2, 1, 0, 3) if self.clear else (2, 1, 0)
        self._pixels = pixels
        self._eight: Callable[[Values], Pixels] = lambda values: np.asarray(values, np.uint8)
        if pixels.dtype == np.uint16:
            colours = (
                pixels[slice(*one), :, :3] for one in bands_of(height, max(1, BAND // width))
            )
            white = white_of(colours, fractions=False)
            self._eight = lambda values: to_eight_bits(values, white)

    def band(self, top: int, bottom: int) -> Image.Image:
        found = self._eight(self._pixels[top:bottom, :, self._order])
        if self._pixels.dtype == np.uint16 and self.clear:  # how opaque has a range of its own
            found[..., 3] = self._pixels[top:bottom, :, 3] >> 8
        return Image.fromarray(found)


class Held(Source):
    """Pixels that something else has decoded: uint8 (height, width, channels) of 1, 3 or 4."""

    def __init__(self, pixels: Pixels) -> None:
        height, width, channels = pixels.shape
        self.size, self.clear = (width, height), channels == CLEAR_CHANNELS
        self._pixels = pixels if channels > 1 else pixels[..., 0]

    def band(self, top: int, bottom: int) -> Image.Image:
        return Image.fromarray(self._pixels[top:bottom])


def still_webp(data: bytes) -> Source:
    """A WebP without animation. Pillow reads each as one, in four copies; libwebp itself in one or two.

    The same library with the same options, so the pixels are the same.
    """
    return Unpacked(_by_opencv(data))


def deep_png(data: bytes) -> Source:
    """A PNG of colours of 16 bits, of which Pillow would read the upper eight."""
    return Unpacked(_by_opencv(data))


def _by_opencv(data: bytes) -> Values:
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None:
        raise ValueError("OpenCV gave no picture")
    return found
