"""Pictures as they are shown: always decoded by the page reader and encoded anew, metadata gone."""

import io
import math

from ecg.page.page import read_page

THUMBNAIL = (320, 240)  # px, at most
SHOWN = (1600, 1600)  # px, at most


def draw_thumbnail(data: bytes) -> bytes:
    """A small JPEG of a picture. Raises PageError."""
    return _draw(data, THUMBNAIL, 70)


def draw_shown(data: bytes) -> bytes:
    """A JPEG of a picture for the screen. Raises PageError."""
    return _draw(data, SHOWN, 85)


def _draw(data: bytes, size: tuple[int, int], quality: int) -> bytes:
    from PIL import Image

    page = read_page(data)
    factor = min(1.0, *(most / side for most, side in zip(size, page.size, strict=True)))
    drawn = math.ceil(page.size[0] * factor), math.ceil(page.size[1] * factor)
    image = Image.fromarray(page.whole(drawn, "rgb"))
    image.thumbnail(size, Image.Resampling.BILINEAR)
    held = io.BytesIO()
    image.save(held, "JPEG", quality=quality)
    return held.getvalue()
