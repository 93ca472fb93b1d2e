"""Colours as a screen shows them: what a profile says of them is carried out, inks become light."""

import io
import logging
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from ecg.picture.parts.kept import MOST_PROFILE

Convert = Callable[[Image.Image], Image.Image]

MODES = ("L", "RGB", "CMYK")  # that profiles speak of
STEPS = (0, 64, 128, 192, 255)  # of each colour, by which a profile is tried
SAME = 4  # levels by which a profile may differ from sRGB and still be one of it
PROFILE_ERRORS = (ImageCms.PyCMSError, OSError, ValueError, TypeError, KeyError)

logger = logging.getLogger("twelvelead.pictures")


def to_srgb(icc: bytes, mode: str) -> Convert | None:
    """What turns pixels of this mode into RGB by their profile; None where none is needed.

    None too for a profile that is damaged, too large, or for pixels of another kind: it is ignored.
    """
    if not icc or len(icc) > MOST_PROFILE or mode not in MODES:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, "RGB")
        return None if _changes_nothing(transform, mode) else _applied(transform)
    except PROFILE_ERRORS as error:
        logger.info("A colour profile was ignored: %s.", type(error).__name__)
        return None


def _applied(transform: Any) -> Convert:
    def convert(image: Image.Image) -> Image.Image:
        return ImageCms.applyTransform(image, transform) or image

    return convert


def _changes_nothing(transform: Any, mode: str) -> bool:
    """Whether the colours stay as they are, as of the many profiles that are sRGB by other names."""
    channels = len(Image.new(mode, (1, 1)).getbands())
    if channels > len("RGB"):
        return False
    tried = (
        np.stack(np.meshgrid(*[STEPS] * channels), axis=-1)
        .astype(np.uint8)
        .reshape(1, -1, channels)
    )
    image = Image.fromarray(tried if channels > 1 else tried[..., 0])
    found = np.asarray(_applied(transform)(image), np.int16)
    return bool(np.abs(found - np.asarray(image.convert("RGB"), np.int16)).max() <= SAME)
