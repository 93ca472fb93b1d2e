"""Which pictures are read: formats, size, and how their pixels are given."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Colour = Literal["grey", "rgb"]
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Format:
    """One format: Pillow's name for it, ours, how files of it end, its media type."""

    name: str
    title: str
    endings: tuple[str, ...]
    media: str


HERE = (  # decoded in this process
    Format("JPEG", "JPEG", (".jpg", ".jpeg"), "image/jpeg"),
    Format("PNG", "PNG", (".png",), "image/png"),
    Format("WEBP", "WebP", (".webp",), "image/webp"),
    Format("BMP", "BMP", (".bmp",), "image/bmp"),
    Format("GIF", "GIF", (".gif",), "image/gif"),
    Format("TIFF", "TIFF", (".tif", ".tiff"), "image/tiff"),
)
APART = (  # by libraries that are loaded for them alone, in a process of its own
    Format("HEIF", "HEIC", (".heic", ".heif"), "image/heic"),
    Format("AVIF", "AVIF", (".avif",), "image/avif"),
    Format("PDF", "PDF", (".pdf",), "application/pdf"),
)
READ = (*HERE, *APART)

FORMATS = tuple(one.name for one in HERE)
FORMATS_IN_WORDS = f"{', '.join(one.title for one in READ[:-1])} or {READ[-1].title}"
SUFFIXES = tuple(ending for one in READ for ending in one.endings)
ACCEPTED = ",".join((*(one.media for one in READ), "image/heif"))  # of file fields in forms
MAX_PIXELS = 25_000_000  # that are read as they are; larger pictures are scaled down in the decoder
MOST_PIXELS = 100_000_000  # of a picture that is scaled down, if it is held in less than:
MOST_HELD = 210_000_000  # bytes that a decoder may hold of a picture


def shrinks_by(width: int, height: int) -> int:
    """By what each side of a picture is divided, so that it has at most 25 megapixels: 1, 2, 4 .."""
    factor = 1
    while -(-width // factor) * -(-height // factor) > MAX_PIXELS:
        factor *= 2
    return factor


def shrunk_in_words(size: tuple[int, int], factor: int) -> str:
    """What is said of a picture of this size that was scaled down."""
    return (
        f"The picture has {megapixels(size[0] * size[1])} megapixels: "
        f"it was read at 1/{factor} of its width and height."
    )


def megapixels(count: int) -> str:
    """Pixels in millions, for people."""
    return f"{count / 1e6:.0f}"


def too_many_pixels(count: str, most: int = MOST_PIXELS) -> str:
    """The sentence for a picture of `count` megapixels, of whose kind at most so many pixels are read."""
    return (
        f"The picture has {count} megapixels; of its kind at most {megapixels(most)} are read: "
        "save it smaller."
    )
