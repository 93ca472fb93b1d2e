"""The one place where decoders read what a stranger sent: whatever they raise becomes a PageError.

Pillow raises nearly anything on damaged files (AssertionError, zlib.error, AttributeError ..), so that
nothing of it is listed here: what a decoder fails with is logged by the name of its class alone.
"""

import io
import logging
import warnings
from collections.abc import Callable
from typing import TypeVar

import cv2
import numpy as np
from PIL import Image

from ecg.errors import NotAPicture, PageError, UnreadablePicture
from ecg.picture.formats import (
    FORMATS,
    FORMATS_IN_WORDS,
    Colour,
    Pixels,
    too_many_pixels,
)
from ecg.picture.parts import is_still_webp

MODES = {"grey": "L", "rgb": "RGB"}
CLEAR_CHANNELS = 4  # red, green, blue and how opaque
BAND = 1_000_000  # pixels that are brought to grey or RGB at a time: most pages in one
DAMAGED = "The picture is truncated or damaged: export or photograph it again."
NO_ROOM = "There is too little memory for this picture just now: send a smaller one."

T = TypeVar("T")

logger = logging.getLogger("twelvelead.pictures")
# What the decoders find odd they would write to standard error, with bytes of the picture in it.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
warnings.filterwarnings("ignore", module=r"PIL\.")


def read_header(data: bytes) -> tuple[tuple[int, int], tuple[bytes, bytes]]:
    """Size as stored, and the EXIF and XMP of a WebP. Raises NotAPicture, UnreadablePicture."""
    not_one = NotAPicture(f"The file is not a picture: send {FORMATS_IN_WORDS}.")
    return _guarded(lambda: _read_header(data), not_one)


def decode(data: bytes, scale: int, colour: Colour) -> Pixels:
    """Pixels as stored, at 1/scale of the full size, rounded up. Raises UnreadablePicture."""
    return _guarded(lambda: _decode(data, scale, MODES[colour]), UnreadablePicture(DAMAGED))


def _guarded(work: Callable[[], T], refusal: PageError) -> T:
    """What `work` with a decoder gives; raises `refusal` where the decoder fails, however it does.

    Raised outside of what handled the failure, so that the decoder's pictures are let go of at once.
    """
    try:
        return work()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        refusal = UnreadablePicture(too_many_pixels("more than 89"))
    except MemoryError:
        refusal = UnreadablePicture(NO_ROOM)
    except Exception as error:  # noqa: BLE001 - decoders raise anything on a stranger's bytes
        logger.info("A decoder failed with %s.", type(error).__name__)
    raise refusal


def _open(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=FORMATS)


def _read_header(data: bytes) -> tuple[tuple[int, int], tuple[bytes, bytes]]:
    with _open(data) as image:
        notes = image.info.get("exif", b""), image.info.get("xmp", b"")
        return image.size, (notes[0].removeprefix(b"Exif\0\0"), notes[1])


def _decode(data: bytes, scale: int, mode: str) -> Pixels:
    """Pixels as stored, at 1/scale, scaled down inside the decoder as far as it can."""
    if is_still_webp(data):
        return _read_bands(_StillWebP(data), mode, scale)
    with _open(data) as image:
        full_width = image.width
        image.draft(mode, (image.width // scale, image.height // scale))
        image.load()
        return _read_bands(_Loaded(image), mode, scale // round(full_width / image.width))


class _Loaded:
    """What Pillow has decoded, given out in bands; `clear` where parts of it may be transparent."""

    def __init__(self, image: Image.Image) -> None:
        self.size = image.size
        self.deep = image.mode.startswith("I")  # 16-bit grey
        # asked of the whole, as a band of a picture without palette has one; not known of deep ones
        self.clear = not self.deep and image.has_transparency_data
        self._image = image

    def band(self, top: int, bottom: int) -> Image.Image:
        if (top, bottom) == (0, self.size[1]):
            return self._image
        return self._image.crop((0, top, self.size[0], bottom))


class _StillWebP:
    """A WebP without animation. Pillow reads each as one, in four copies; libwebp itself in one or two.

    The same library with the same options, so the pixels are the same.
    """

    deep = False

    def __init__(self, data: bytes) -> None:
        found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if found is None:
            raise ValueError("libwebp gave no picture")
        self._pixels = np.asarray(found, np.uint8)
        height, width, channels = self._pixels.shape
        self.size, self.clear = (width, height), channels == CLEAR_CHANNELS

    def band(self, top: int, bottom: int) -> Image.Image:
        order = (2, 1, 0, 3) if self.clear else (2, 1, 0)  # OpenCV's is blue, green, red
        return Image.fromarray(self._pixels[top:bottom, :, order])


def _read_bands(source: _Loaded | _StillWebP, mode: str, factor: int) -> Pixels:
    """All of a decoded picture, in `mode` and 1/factor of its size, without a second copy of it.

    Bands are a multiple of `factor` high, so that each block that is averaged lies in one band.
    """
    width, height = source.size
    rows = max(1, BAND // (width * factor)) * factor
    if rows >= height:
        return np.asarray(_plain(source, (0, height), mode, factor))
    size = (-(-height // factor), -(-width // factor))
    pixels = np.empty(size if mode == "L" else (*size, 3), np.uint8)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        band = _plain(source, (top, bottom), mode, factor)
        pixels[top // factor : -(-bottom // factor)] = np.asarray(band)
    return pixels


def _plain(
    source: _Loaded | _StillWebP, rows: tuple[int, int], mode: str, factor: int
) -> Image.Image:
    """Some rows in `mode`, transparent parts white, 16-bit grey brought to 8 bits, scaled down."""
    image = source.band(*rows)
    if source.deep:
        image = Image.fromarray((np.asarray(image, dtype=np.uint32) >> 8).astype(np.uint8))
    if source.clear:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image)
    if image.mode != mode:
        image = image.convert(mode)
    return image.reduce(factor) if factor > 1 else image
