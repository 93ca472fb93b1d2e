"""Decodes one HEIC, AVIF or page of a PDF, as a process of its own: nothing of ours is imported here.

`draw_picture.py KIND PAGE PIXELS`: the file comes on standard input; on standard output goes a line of
JSON, then the rows of the picture, 8 bits a value. The libraries are large, what strangers send may crash
them or keep them busy, and none of it can be broken off from within: this process can.
"""

import base64
import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

DPI = 200  # at which a page of a PDF is drawn
POINTS = 72  # of a PDF, to the inch
DRAWN = 12_000_000  # pixels of a drawn page: A3 at 200 dpi has 8 million
MEMORY = 450_000_000  # bytes that this process may take
SECONDS = 15  # of computing
ROWS = 256  # that are sent at a time
THREADS = 2
FAULTS = {
    4: ("password",),
    0: ("page", 0),
}  # by PDFium's number: it fails "with success" on no pages
KINDS = {"L": 1, "RGB": 3, "RGBA": 4}  # modes that are sent, and their bytes a pixel


class Refused(Exception):
    """A code for what is wrong, and a number that belongs to it."""


class Drawing(NamedTuple):
    """A decoded picture: `rows` gives bytes of some rows at a time."""

    size: tuple[int, int]
    mode: str
    info: dict[str, Any]
    rows: Callable[[int, int], bytes]


def main(kind: str, page: int, most: int) -> None:
    """Sends the picture, or why there is none."""
    bound()
    data = sys.stdin.buffer.read()
    try:
        drawing = draw_page(data, page) if kind == "PDF" else DECODERS[kind](data, most)
        factor = shrinks_by(drawing.size, most)
    except Refused as refused:
        say({"refused": refused.args})
        return
    width, height = (-(-side // factor) for side in drawing.size)
    notes = {name: base64.b64encode(drawing.info.get(name) or b"").decode() for name in NOTES}
    say({"size": (width, height), "full": drawing.size, "channels": KINDS[drawing.mode], **notes})
    for some in shrunk(drawing, factor):
        sys.stdout.buffer.write(some)
    sys.stdout.buffer.flush()


NOTES = ("icc_profile", "exif", "xmp")


def bound() -> None:
    """Limits what this process may take, where the system can."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def say(told: dict[str, Any]) -> None:
    """One line, at once."""
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n")
    sys.stdout.buffer.flush()


def shrinks_by(size: tuple[int, int], most: int) -> int:
    """By what each side is divided, so that at most so many pixels are left."""
    factor = 1
    while -(-size[0] // factor) * -(-size[1] // factor) > most:
        factor *= 2
    return factor


def shrunk(drawing: Drawing, factor: int) -> Iterator[bytes]:
    """The rows, at 1/factor of their size."""
    from PIL import Image

    width, height = drawing.size
    for top in range(0, height, ROWS):
        bottom = min(top + ROWS, height)
        some = drawing.rows(top, bottom)
        if factor > 1:
            image = Image.frombytes(drawing.mode, (width, bottom - top), some)
            some = image.reduce(factor).tobytes()
        yield some


def check_size(size: tuple[int, int], most: int) -> None:
    """Before anything is decoded."""
    if size[0] * size[1] > most:
        raise Refused("pixels", size[0] * size[1], most)


def decode_heif(data: bytes, _most: int) -> Drawing:
    """By libheif, which brings the picture upright, whatever its EXIF says."""
    import pillow_heif

    pillow_heif.options.DECODE_THREADS = THREADS
    opened = pillow_heif.open_heif(data, convert_hdr_to_8bit=True)
    image = opened[opened.primary_index]
    check_size(image.size, MOST_HEIF)
    if image.mode not in KINDS:
        raise Refused("mode")
    pixels, stride, used = image.data, image.stride, image.size[0] * KINDS[image.mode]

    def rows(top: int, bottom: int) -> bytes:
        return b"".join(pixels[y * stride : y * stride + used] for y in range(top, bottom))

    return Drawing(image.size, image.mode, {"icc_profile": image.info.get("icc_profile")}, rows)


def decode_avif(data: bytes, most: int) -> Drawing:
    """By libavif; its EXIF tells how the camera was held."""
    from PIL import Image, features

    if not features.check("avif"):
        raise Refused("mode")
    image = Image.open(io.BytesIO(data), formats=("AVIF",))
    check_size(image.size, most)
    image.load()
    width = image.width
    return Drawing(
        image.size,
        image.mode,
        {name: image.info.get(name) for name in NOTES},
        lambda top, bottom: image.crop((0, top, width, bottom)).tobytes(),
    )


MOST_HEIF = 50_000_000  # pixels, of which one in four or fewer is sent
DECODERS = {"HEIF": decode_heif, "AVIF": decode_avif}


def draw_page(data: bytes, number: int) -> Drawing:
    """A page of a PDF, drawn on white."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise Refused(*FAULTS.get(error.err_code, ("damaged",))) from error
    count = len(document)
    if not 1 <= number <= count:
        raise Refused("page", count)
    page = document[number - 1]
    width, height = page.get_size()
    if not (width > 0 and height > 0):
        raise Refused("damaged")
    scale = min(DPI / POINTS, (DRAWN / (width * height)) ** 0.5)
    bitmap = page.render(scale=scale, rev_byteorder=True, fill_color=(255, 255, 255, 255))
    stride, used = bitmap.stride, bitmap.width * KINDS[bitmap.mode]
    pixels = memoryview(bitmap.buffer).cast("B")

    def rows(top: int, bottom: int) -> bytes:
        return b"".join(pixels[y * stride : y * stride + used] for y in range(top, bottom))

    return Drawing((bitmap.width, bitmap.height), bitmap.mode, {}, rows)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
