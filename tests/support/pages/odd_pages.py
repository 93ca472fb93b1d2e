"""Pages in files of rarer kinds: deep values, inks, colour profiles."""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageChops, ImageCms

from tests.support.pages.drawn_pages import encode
from tests.support.web.chunks import PNG, chunk

GREY, RGB, GREY_ALPHA, RGBA = 0, 2, 4, 6  # kinds of pixels, as PNG counts them
KINDS = {1: GREY, 2: GREY_ALPHA, 3: RGB, 4: RGBA}  # by number of channels
DENSE = {"quality": 98, "subsampling": 0}


def deep_png(values: np.ndarray) -> bytes:
    """A PNG of 16 bits a value: uint16 (height, width) or (height, width, channels)."""
    height, width = values.shape[:2]
    kind = KINDS[values.size // (height * width)]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    head = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows))
    return PNG + body + chunk(b"IEND", b"")


def cmyk_jpeg(page: Image.Image, *, marked: bool) -> bytes:
    """A page in four inks. marked: with Adobe's marker, and inverted as Adobe stores them."""
    inks = page.convert("CMYK")
    if marked:
        return encode(inks, "JPEG", **DENSE)
    data = encode(ImageChops.invert(inks), "JPEG", **DENSE)
    at = data.index(b"\xff\xee")
    return data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4]) :]


def ycck_jpeg(page: Image.Image) -> bytes:
    """A page as brightness, two colours and black: with Adobe's marker, which alone tells."""
    *inks, black = page.convert("CMYK").split()
    light = Image.merge("RGB", [ImageChops.invert(ink) for ink in inks])
    # Pillow inverts what it stores, and a decoder inverts the colours once more
    planes = [ImageChops.invert(one) for one in ImageChops.invert(light).convert("YCbCr").split()]
    data = bytearray(encode(Image.merge("CMYK", [*planes, black]), "JPEG", **DENSE))
    at = data.index(b"Adobe")
    data[at + 11] = 2  # the transform
    return bytes(data)


def srgb() -> bytes:
    """The usual profile."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped() -> bytes:
    """A profile of colours whose red is sRGB's blue and the other way round."""
    icc = srgb()
    start = 132 + 12 * int.from_bytes(icc[128:132])
    tags = (
        icc[132:start].replace(b"rXYZ", b"----").replace(b"bXYZ", b"rXYZ").replace(b"----", b"bXYZ")
    )
    return icc[:132] + tags + icc[start:]


def with_swapped_colours(page: Image.Image) -> Image.Image:
    """What a page looks like in colours of that profile, unless it is read by it."""
    red, green, blue = page.split()
    return Image.merge("RGB", (blue, green, red))


def tiff(image: Image.Image, **options: object) -> bytes:
    """A page as TIFF."""
    held = io.BytesIO()
    image.save(held, "TIFF", **options)
    return held.getvalue()


def heic(image: Image.Image, **options: object) -> bytes:
    """A page as phones store it."""
    import pillow_heif

    made = pillow_heif.from_pillow(image)
    held = io.BytesIO()
    made.save(held, quality=95, **options)
    return held.getvalue()


def pdf(*pages: Image.Image, dpi: int = 200) -> bytes:
    """A document of these pages, each as large as it is at this many dots an inch."""
    first, *others = pages
    options = {"save_all": True, "append_images": others, "resolution": dpi, "quality": 95}
    return encode(first, "PDF", **options)


def bare_pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF of these objects, the first of which is its root."""
    made, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    end = b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(objects) + 1, trailer)
    return made + head + table + end + b"startxref\n%d\n%%%%EOF\n" % len(made)


def vector_page(size: tuple[int, int], drawing: bytes) -> bytes:
    """A PDF of one page of so many points with this drawing on it."""
    box = b"/MediaBox [0 0 %d %d]" % size
    page = b"<< /Type /Page /Parent 2 0 R %s /Contents 4 0 R >>" % box
    pages = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    contents = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing)
    return bare_pdf(b"<< /Type /Catalog /Pages 2 0 R >>", pages, page, contents)
