"""Pages changed in one way each, to see what a model leans on: the heart's traces, or something beside.

Each takes the bytes of a page and gives the grey trace area as a model's input is made from it. Those
that a user could have done himself are saved as a picture and read again, as an upload is.
"""

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from ecg.page.page import read_page
from model_registry.preprocessing import OVERSIZE, Preprocessing

Grey = npt.NDArray[np.uint8]
Alteration = Callable[[bytes, Preprocessing], Grey]

INK_LEVEL = 150  # grey levels below this are ink
HALO = 7  # px around ink that are blanked with it: its soft edge, and what JPEG leaves of it
COLOURED = 16  # a pixel whose channels differ more than this is grid or frame
GREEN = (70, 160, 90)  # the other grid's colour
TURN = 3.0  # degrees
QUALITY, LOW_QUALITY = 92, 30  # JPEG


def as_served(data: bytes, wanted: Preprocessing) -> Grey:
    """The control: nothing changed."""
    return wanted.read(read_page(data))


def traces_blanked(data: bytes, wanted: Preprocessing) -> Grey:
    """All ink in the trace area gone, lead names too; grid and paper stay."""
    trace = as_served(data, wanted)
    ink = cv2.dilate((trace < INK_LEVEL).astype(np.uint8), np.ones((HALO, HALO), np.uint8)) > 0
    return np.where(ink, np.median(trace), trace).astype(np.uint8)


def header_and_footer_restored(data: bytes, wanted: Preprocessing) -> Grey:
    """The whole page in place of the trace area: ID, sex, heart rate and date are there to be read."""
    height, width = wanted.size
    return read_page(data).whole((OVERSIZE * width, OVERSIZE * height), "grey")


def grid_recoloured(data: bytes, wanted: Preprocessing) -> Grey:
    """Green where grid and frame were pink, and as strong as the frame."""
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    coloured = np.ptp(pixels, axis=2) > COLOURED
    changed = np.where(coloured[..., None], np.array(GREEN, np.uint8), pixels)
    return as_served(_jpeg(Image.fromarray(changed.astype(np.uint8))), wanted)


def half_resolution(data: bytes, wanted: Preprocessing) -> Grey:
    """Half as wide and half as high."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    small = image.resize((image.width // 2, image.height // 2), Image.Resampling.BILINEAR)
    return as_served(_jpeg(small), wanted)


def rotated(data: bytes, wanted: Preprocessing) -> Grey:
    """Turned by three degrees on white paper, as a page laid carelessly on a scanner."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    turned = image.rotate(TURN, Image.Resampling.BILINEAR, fillcolor="white")
    return as_served(_jpeg(turned), wanted)


def low_quality(data: bytes, wanted: Preprocessing) -> Grey:
    """Saved again as a JPEG of quality 30, as messengers do."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    return as_served(_jpeg(image, LOW_QUALITY), wanted)


def _jpeg(image: Image.Image, quality: int = QUALITY) -> bytes:
    held = io.BytesIO()
    image.save(held, "JPEG", quality=quality)
    return held.getvalue()


ALTERATIONS: Mapping[str, Alteration] = MappingProxyType(
    {
        "as served": as_served,
        "traces blanked": traces_blanked,
        "header and footer restored": header_and_footer_restored,
        "grid recoloured": grid_recoloured,
        "half resolution": half_resolution,
        "rotated 3 degrees": rotated,
        "JPEG quality 30": low_quality,
    }
)
