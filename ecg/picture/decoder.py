"""The one place where decoders read what a stranger sent: whatever they raise becomes a PageError.

Pillow raises nearly anything on damaged files (AssertionError, zlib.error, AttributeError ..), so that
nothing of it is listed here: what a decoder fails with is logged by the name of its class alone.
"""

import io
import logging
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from PIL import Image

from ecg.errors import NotAPicture, PageError, UnreadablePicture
from ecg.picture.apart.drawn import DrawnApart
from ecg.picture.colours import Convert, to_srgb
from ecg.picture.deep import bands_of
from ecg.picture.formats import (
    FORMATS,
    MAX_PIXELS,
    MOST_HELD,
    MOST_PIXELS,
    Colour,
    Pixels,
    megapixels,
    too_many_pixels,
)
from ecg.picture.kinds import not_a_picture
from ecg.picture.parts.kept import Parts
from ecg.picture.parts.png import is_deep_png
from ecg.picture.parts.webp import is_still_webp
from ecg.picture.sources import BAND, Held, Loaded, Source, deep_png, still_webp

HELD = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2}  # bytes a pixel in Pillow, 4 of all others
MODES = {"grey": "L", "rgb": "RGB"}
DAMAGED = "The picture is truncated or damaged: export or photograph it again."
NO_ROOM = "There is too little memory for this picture just now: send a smaller one."

T = TypeVar("T")

logger = logging.getLogger("twelvelead.pictures")
# What the decoders find odd they would write to standard error, with bytes of the picture in it.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.filterwarnings("ignore", module=r"PIL\.")


@dataclass(frozen=True)
class PictureHeader:
    """What a picture says of itself before its pixels: size as stored; EXIF, XMP and profile of some.

    most: pixels that a picture of this kind may have, so that its decoder holds no more than it may.
    """

    size: tuple[int, int]
    most: int
    exif: bytes
    xmp: bytes
    icc: bytes


@dataclass(frozen=True)
class _Wanted:
    """How pixels are wanted: Pillow's mode, 1/factor of their size, on which paper, in which colours."""

    mode: str
    factor: int
    paper: str | None
    convert: Convert | None


def read_header(data: bytes) -> PictureHeader:
    """Raises NotAPicture, UnreadablePicture."""
    return _guarded(lambda: _read_header(data), NotAPicture(not_a_picture(data)))


def decode(parts: Parts | DrawnApart, scale: int, colour: Colour) -> Pixels:
    """Pixels as stored, at 1/scale of the full size, rounded up. Raises UnreadablePicture."""
    return _guarded(lambda: _decode(parts, scale, MODES[colour]), UnreadablePicture(DAMAGED))


def _guarded(work: Callable[[], T], refusal: PageError) -> T:
    """What `work` with a decoder gives; raises `refusal` where the decoder fails, however it does.

    Raised outside of what handled the failure, so that the decoder's pictures are let go of at once.
    """
    try:
        return work()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        refusal = UnreadablePicture(too_many_pixels(f"more than {megapixels(MOST_PIXELS)}"))
    except MemoryError:
        refusal = UnreadablePicture(NO_ROOM)
    except Exception as error:  # noqa: BLE001 - decoders raise anything on a stranger's bytes
        logger.info("A decoder failed with %s.", type(error).__name__)
    raise refusal


def _open(data: bytes) -> AbstractContextManager[Image.Image]:
    return Image.open(io.BytesIO(data), formats=FORMATS)


def _read_header(data: bytes) -> PictureHeader:
    with _open(data) as image:
        exif, xmp, icc = (image.info.get(name) or b"" for name in ("exif", "xmp", "icc_profile"))
        return PictureHeader(
            image.size, _most_pixels(image, data), exif.removeprefix(b"Exif\0\0"), xmp, icc
        )


def _most_pixels(image: Image.Image, data: bytes) -> int:
    """JPEG is scaled down as it is decoded; all else is held at its full size, by some in two copies."""
    if image.format == "JPEG":
        return MOST_PIXELS
    if image.format == "WEBP":
        return MAX_PIXELS
    held = 8 if is_deep_png(data) else HELD.get(image.mode, 4)
    return min(MOST_PIXELS, MOST_HELD // (2 * held if image.format == "TIFF" else held))


def _decode(parts: Parts | DrawnApart, scale: int, mode: str) -> Pixels:
    """Pixels as stored, at 1/scale, scaled down inside the decoder as far as it can."""
    if isinstance(parts, DrawnApart):
        plain = "L" if parts.pixels.shape[2] == 1 else "RGB"
        return _read(Held(parts.pixels), mode, scale, to_srgb(parts.icc, plain))
    if is_still_webp(parts.data):
        return _read(still_webp(parts.data), mode, scale, to_srgb(parts.icc, "RGB"))
    if is_deep_png(parts.data):
        return _read(deep_png(parts.data), mode, scale, to_srgb(parts.icc, "RGB"))
    with _open(parts.data) as image:
        full_width = image.width
        convert = to_srgb(parts.icc, _plain_mode(image))
        drafted = "RGB" if convert else mode  # a profile speaks of colours, not of their brightness
        image.draft(drafted, (image.width // scale, image.height // scale))
        image.load()
        return _read(Loaded(image), mode, scale // round(full_width / image.width), convert)


def _plain_mode(image: Image.Image) -> str:
    """In which mode its pixels are, once they are out of their palette and on paper."""
    if image.mode in ("L", "CMYK"):
        return image.mode
    return "L" if image.mode in ("1", "F") or image.mode.startswith("I") else "RGB"


def _read(source: Source, mode: str, factor: int, convert: Convert | None) -> Pixels:
    """All of a decoded picture, in `mode` and 1/factor of its size, without a second copy of it.

    Bands are a multiple of `factor` high, so that each block that is averaged lies in one band.
    """
    wanted = _Wanted(mode, factor, source.paper() if source.clear else None, convert)
    width, height = source.size
    rows = max(1, BAND // (width * factor)) * factor
    if rows >= height:
        return np.asarray(_plain(source.band(0, height), wanted))
    size = (-(-height // factor), -(-width // factor))
    pixels = np.empty(size if mode == "L" else (*size, 3), np.uint8)
    for top, bottom in bands_of(height, rows):
        band = _plain(source.band(top, bottom), wanted)
        pixels[top // factor : -(-bottom // factor)] = np.asarray(band)
    return pixels


def _plain(image: Image.Image, wanted: _Wanted) -> Image.Image:
    """Some rows in the mode that is wanted, transparent parts on paper, scaled down."""
    if wanted.paper:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, wanted.paper), image)
    if wanted.convert:
        image = wanted.convert(image.convert(_plain_mode(image)))
    if image.mode != wanted.mode:
        image = image.convert(wanted.mode)
    return image.reduce(wanted.factor) if wanted.factor > 1 else image
