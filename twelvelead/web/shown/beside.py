"""A straightened page beside the picture that it came from, for the page of answers: nothing is kept."""

import base64
import io
from dataclasses import dataclass

from ecg.page.page import Page, Pixels

SHOWN = (720, 720)  # px, at most
QUALITY = 80


@dataclass(frozen=True)
class Beside:
    """Two JPEGs as data URLs: the picture as it came, and the flat page that was read."""

    came: str
    flat: str


def draw_beside(page: Page) -> Beside | None:
    """Both pictures; None of a page that was not straightened. Raises UnreadablePicture."""
    if page.straightened is None:
        return None
    half = SHOWN[0] // 2, SHOWN[1] // 2
    return Beside(_encode(page.whole(half)), _encode(page.flat(half)))


def _encode(pixels: Pixels) -> str:
    from PIL import Image

    image = Image.fromarray(pixels)
    image.thumbnail(SHOWN, Image.Resampling.BILINEAR)
    held = io.BytesIO()
    image.save(held, "JPEG", quality=QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(held.getvalue()).decode("ascii")
