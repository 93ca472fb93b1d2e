"""Simulated pages on one template, and altered copies of them, for tests of the audit."""

import io
from functools import cache
from pathlib import Path

from PIL import Image

from ecg.simulate.paint import paint_page
from ecg.simulate.twelve_leads import simulate


@cache
def simulated_page(seed: int, finding: str = "sinus_rhythm") -> Image.Image:
    """A page with header, frame, grid and lead names that all others share; only traces differ."""
    return paint_page(simulate(finding, seed=seed))


def jpeg(image: Image.Image, quality: int = 85) -> bytes:
    held = io.BytesIO()
    image.save(held, "JPEG", quality=quality)
    return held.getvalue()


def resized(image: Image.Image, factor: float) -> Image.Image:
    size = (round(image.width * factor), round(image.height * factor))
    return image.resize(size, Image.Resampling.BILINEAR)


def cropped(image: Image.Image, share: float) -> Image.Image:
    """Without `share` of the picture at each side."""
    x, y = round(share * image.width), round(share * image.height)
    return image.crop((x, y, image.width - x, image.height - y))


def turned(image: Image.Image, degrees: float) -> Image.Image:
    return image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor="white")


def put(file: Path, data: bytes) -> Path:
    """Writes a file, its folder too."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file
