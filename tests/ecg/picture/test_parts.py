"""Decoders get pixels alone, and what costs too much is refused."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from ecg.errors import PageError, UnreadablePicture
from ecg.page.page import read_page
from ecg.picture.encoded import EncodedPicture
from ecg.picture.orientation import read_orientation
from ecg.picture.parts.bare import bare
from ecg.picture.parts.jpeg import MOST_SCANS
from ecg.picture.parts.kept import MOST_PARTS
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.web.chunks import PNG, chunk, directory, segment

SIZE = (300, 210)
XMP = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
SIDEWAYS = directory([(0x0112, 3, 1, struct.pack("<HH", 6, 0))])
LARGE = Image.new("L", (4000, 3000), "white")


def jpeg(*segments: bytes, image: Image.Image | None = None, **options: object) -> bytes:
    """A JPEG with these segments behind its first marker."""
    data = encode(image or draw_page(SIZE), "JPEG", **options)
    return data[:2] + b"".join(segments) + data[2:]


def png(*chunks: bytes, last: bytes = b"") -> bytes:
    """A PNG with these chunks behind its header, and `last` before its end."""
    data = encode(draw_page(SIZE))
    return data[:33] + b"".join(chunks) + data[33:-12] + last + data[-12:]


def rle_bmp(width: int, height: int) -> bytes:
    """A BMP in run-length code, 8 bits a pixel, of one row and the end."""
    pixels = b"\xff\x12" * (width // 255) + b"\0\1"
    palette = bytes(1024)
    start = 14 + 40 + len(palette)
    head = b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start)
    sizes = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(pixels), 0, 0, 256, 256)
    return head + sizes + palette + pixels


NOTES = {
    "JPEG notes": jpeg(segment(0xE1, b"Exif\0\0" + bytes(40)), segment(0xFE, b"Nobody")),
    "JPEG profile": jpeg(*[segment(0xE2, b"ICC_PROFILE\0" + bytes(900))] * 9),
    "JPEG fill bytes": jpeg(b"\xff" * 500_000),
    "PNG text": png(chunk(b"tEXt", b"Patient\0Nobody"), chunk(b"zTXt", b"k\0\0broken")),
    "PNG animation": png(chunk(b"acTL", bytes(8)), last=chunk(b"fcTL", bytes(26))),
    "PNG unknown": png(chunk(b"abCd", bytes(70)) * 300),
}


@pytest.mark.parametrize("name", NOTES)
def test_what_a_file_carries_besides_changes_no_pixel(name: str) -> None:
    plain = jpeg() if name.startswith("JPEG") else png()
    found = bare(NOTES[name]).data

    assert len(found) <= len(plain)
    assert np.array_equal(
        EncodedPicture(NOTES[name]).decode(1, "rgb"), EncodedPicture(plain).decode(1, "rgb")
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP"])
def test_a_file_without_notes_stays_as_it_is(kind: str) -> None:
    data = encode(draw_page(SIZE), kind)

    assert bare(data).data == data


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(jpeg(segment(0xE1, b"Exif\0\0" + SIDEWAYS)), id="EXIF of a JPEG"),
        pytest.param(
            jpeg(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)), id="XMP of a JPEG"
        ),
        pytest.param(png(chunk(b"eXIf", SIDEWAYS)), id="EXIF of a PNG"),
        pytest.param(png(last=chunk(b"eXIf", SIDEWAYS)), id="EXIF behind the pixels of a PNG"),
        pytest.param(png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)), id="XMP of a PNG"),
        pytest.param(
            png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP))),
            id="packed XMP of a PNG",
        ),
        pytest.param(
            png(
                chunk(
                    b"zTXt",
                    b"Raw profile type exif\0\0"
                    + zlib.compress(b"\nexif\n40\n" + (b"Exif\0\0" + SIDEWAYS).hex().encode()),
                )
            ),
            id="raw profile of a PNG",
        ),
        pytest.param(encode(draw_page(SIZE), "WEBP", exif=SIDEWAYS), id="EXIF of a WebP"),
        pytest.param(encode(draw_page(SIZE), "WEBP", xmp=XMP), id="XMP of a WebP"),
    ],
)
def test_a_page_on_its_side_is_turned_wherever_that_is_stated(data: bytes) -> None:
    assert read_page(data).size == SIZE[::-1]


@pytest.mark.parametrize(
    ("exif", "stated"),
    [
        (directory([(0x0112, 3, 1, struct.pack(">HH", 8, 0))], ">"), 8),
        (directory([(0x0112, 4, 1, struct.pack("<I", 3))]), 3),
        (directory([(1, 3, 1, bytes(4)), (0x0112, 3, 1, struct.pack("<HH", 5, 0))]), 5),
        (directory([(0x0112, 3, 1, struct.pack("<HH", 99, 0))]), 1),
        (directory([(0x0112, 3, 2, struct.pack("<HH", 6, 6))]), 1),
        (directory([(0x0112, 2, 1, b"6\0\0\0")]), 1),
        (directory([]), 1),
        (b"II*\0" + b"\xff" * 4, 1),
        (SIDEWAYS[:15], 1),
        (b"MM", 1),
        (b"", 1),
    ],
)
def test_an_orientation_is_read_or_taken_as_upright(exif: bytes, stated: int) -> None:
    assert read_orientation(exif, b"") == stated


def test_exif_counts_before_xmp() -> None:
    upright = directory([(0x0112, 3, 1, struct.pack("<HH", 1, 0))])

    assert read_orientation(upright, XMP) == 1
    assert read_orientation(directory([]), XMP) == 6


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(jpeg(segment(0xE4, b"") * MOST_PARTS), id="segments"),
        pytest.param(jpeg(segment(0xE1, b"Exif\0\0") * MOST_PARTS), id="notes"),
        pytest.param(png(chunk(b"abCd", b"") * MOST_PARTS), id="chunks"),
        pytest.param(png(chunk(b"IDAT", b"") * MOST_PARTS), id="chunks of pixels"),
    ],
)
def test_a_file_of_countless_parts_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadablePicture, match="more than 65,536 parts"):
        read_page(data)


def with_scans(count: int) -> bytes:
    """A progressive JPEG whose last pass comes `count` times more."""
    data = jpeg(progressive=True)
    last, end = data.rindex(b"\xff\xda"), len(data) - 2
    return data[:end] + data[last:end] * count + data[end:]


def test_a_jpeg_in_many_passes_is_refused() -> None:
    assert read_page(with_scans(5)).size == SIZE
    with pytest.raises(UnreadablePicture, match="more than 40 passes"):
        read_page(with_scans(MOST_SCANS))


def test_a_jpeg_of_one_colour_a_pass_is_counted_too() -> None:
    data = bytearray(jpeg())
    data[data.rindex(b"\xff\xda") + 4] = 1  # of three colours
    passes = b"\xff\xda\0\x08\1\1\0\0\x3f\0" * MOST_SCANS

    with pytest.raises(UnreadablePicture, match="more than 40 passes"):
        read_page(bytes(data[:-2]) + passes + bytes(data[-2:]))


def test_what_hangs_behind_a_photo_is_no_pass_of_it() -> None:
    film = b"\xff\xda\0\x04" * 9_000

    assert read_page(jpeg() + film).size == SIZE


def test_a_large_bmp_in_run_length_code_is_refused() -> None:
    with pytest.raises(UnreadablePicture, match="run-length code"):
        read_page(rle_bmp(5000, 4000))
    with pytest.raises(UnreadablePicture, match="damaged"):
        read_page(rle_bmp(510, 400))


def test_a_large_animation_is_refused_and_a_small_one_gives_its_first_picture() -> None:
    moving = {"save_all": True, "append_images": [Image.new("L", LARGE.size)], "method": 0}
    small = draw_page(SIZE)
    first = encode(small, "WEBP", save_all=True, append_images=[Image.new("RGB", SIZE)])

    assert read_page(first).trace((10**6, 10**6)).mean() > 150
    with pytest.raises(UnreadablePicture, match="An animated WebP may have"):
        read_page(encode(LARGE, "WEBP", **moving))


@pytest.mark.parametrize("data", [jpeg(), png()], ids=["JPEG", "PNG"])
def test_a_file_that_ends_anywhere_is_refused(data: bytes) -> None:
    for end in (*range(1, 700, 3), len(data) - 60):
        with pytest.raises(PageError, match=r"\.$"):
            read_page(data[:end])


def test_a_png_that_never_ends_is_refused() -> None:
    with pytest.raises(PageError):
        read_page(PNG + struct.pack(">I", 0xFFFFFFFF) + b"IHDR" + bytes(200))


def stated(data: bytes, size: tuple[int, int]) -> bytes:
    """A progressive JPEG whose header states another size."""
    at = data.index(b"\xff\xc2") + 5
    return data[:at] + struct.pack(">HH", *size[::-1]) + data[at + 4 :]


@pytest.mark.parametrize(
    ("mode", "options", "most"),
    [
        pytest.param("RGB", {"subsampling": "4:2:0"}, (7000, 7400), id="a photo"),
        pytest.param("RGB", {"subsampling": "4:4:4"}, (5000, 5900), id="full colours"),
        pytest.param("CMYK", {}, (5000, 4600), id="four colours"),
    ],
)
def test_a_jpeg_in_passes_is_refused_where_a_decoder_would_hold_far_more_than_its_pixels(
    mode: str, options: dict[str, str], most: tuple[int, int]
) -> None:
    data = jpeg(image=draw_page(SIZE).convert(mode), progressive=True, **options)

    assert bare(stated(data, most)).least_factor == 2
    assert bare(stated(data, (4000, 3000))).least_factor == 1
    with pytest.raises(UnreadablePicture, match="in several passes may have"):
        bare(stated(data, (most[0], most[1] + 1100)))


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 1}], ids=["lossless", "lossy"])
def test_a_large_transparent_webp_is_refused(options: dict[str, object]) -> None:
    def webp(size: tuple[int, int]) -> bytes:
        return encode(Image.new("RGBA", size, (9, 9, 9, 9)), "WEBP", method=0, **options)

    assert bare(webp((3000, 2000))).data
    with pytest.raises(UnreadablePicture, match="A transparent WebP may have 18 megapixels"):
        bare(webp((5000, 4000)))


def test_a_webp_that_hides_its_transparency_is_refused_too() -> None:
    data = bytearray(encode(Image.new("RGBA", (5000, 4000), (9, 9, 9, 9)), "WEBP", method=0))
    data[20] = 0  # of the flags
    with pytest.raises(UnreadablePicture, match="A transparent WebP"):
        bare(bytes(data[:30]) + b"abcd\x01\0\0\0xx" + bytes(data[30:]))
    with pytest.raises(UnreadablePicture, match="more than 65,536 parts"):
        bare(bytes(data[:30]) + b"abcd\0\0\0\0" * MOST_PARTS + bytes(data[30:]))
