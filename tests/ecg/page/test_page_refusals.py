"""What is no readable page is refused with one sentence, and never with anything but a PageError."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from ecg.errors import EmptyFile, FileTooLarge, NotAPicture, PageError, UnreadablePicture
from ecg.page.page import FORMATS, MAX_BYTES, Page, read_page
from tests.support.pages.drawn_pages import draw_page, encode

SMALL = (300, 210)
ROUNDS = 150  # altered files of each format
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="500" height="500"></svg>'
HTML = b"<!doctype html><title>page</title><script>alert(1)</script>"
STRANGERS = {
    "SVG": SVG,
    "HTML": HTML,
    "text": b"I am an ECG page.\n" * 50,
    "NUL bytes": bytes(4000),
    "the first bytes of a PNG": b"\x89PNG\r\n\x1a\n",
    "the first bytes of a JPEG": b"\xff\xd8\xff\xe0",
    "HTML before a JPEG": HTML + encode(draw_page(SMALL), "JPEG"),
    "SVG around a PNG": SVG + encode(draw_page(SMALL)),
}


def png_header(width: int, height: int) -> bytes:
    """A PNG that says its size and holds no pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + checksum

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def jpeg_header(width: int, height: int) -> bytes:
    """A JPEG whose header says another size than its pixels have."""
    data = encode(Image.new("L", (128, 128), "white"), "JPEG")
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def bmp_header(width: int, height: int) -> bytes:
    """A BMP whose header says another size than its pixels have."""
    data = encode(Image.new("L", (128, 128), "white"), "BMP")
    return data[:18] + struct.pack("<ii", width, height) + data[26:]


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(EmptyFile, match="empty"):
        read_page(b"")


def test_a_file_of_more_than_10_mb_is_refused() -> None:
    with pytest.raises(FileTooLarge, match=r"12,\d{3},\d{3} bytes; at most 10,000,000"):
        read_page(encode(draw_page(SMALL)) + bytes(12_000_000))


def test_a_file_of_exactly_10_mb_is_read() -> None:
    data = encode(draw_page(SMALL), "BMP")

    assert read_page(data + bytes(MAX_BYTES - len(data))).size == SMALL
    with pytest.raises(FileTooLarge):
        read_page(data + bytes(MAX_BYTES - len(data) + 1))


@pytest.mark.parametrize("name", STRANGERS)
def test_another_kind_of_file_is_refused(name: str) -> None:
    with pytest.raises(NotAPicture, match=r"^The file is not a picture"):
        read_page(STRANGERS[name])


def test_what_hangs_behind_a_picture_is_not_read() -> None:
    picture = encode(draw_page(SMALL), "JPEG")
    plain, polyglot = read_page(picture), read_page(picture + HTML)

    assert np.array_equal(plain.trace((50, 50)), polyglot.trace((50, 50)))
    assert plain.sha256 != polyglot.sha256


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(png_header(8000, 8000), id="PNG, 64"),
        pytest.param(png_header(20_000, 20_000), id="PNG, 400"),
        pytest.param(jpeg_header(10_001, 10_000), id="JPEG, 100"),
        pytest.param(jpeg_header(20_000, 20_000), id="JPEG, 400"),
        pytest.param(bmp_header(10_001, 10_000), id="BMP, 100"),
        pytest.param(bmp_header(20_000, 20_000), id="BMP, 400"),
    ],
)
def test_too_many_pixels_are_refused_before_decoding(data: bytes) -> None:
    with pytest.raises(UnreadablePicture, match=r"megapixels; of its kind at most \d+ are read"):
        read_page(data)


@pytest.mark.parametrize("size", [(99, 400), (400, 99), (1, 1)])
def test_a_tiny_picture_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(UnreadablePicture, match=f"{size[0]} x {size[1]} pixels; each side"):
        read_page(encode(Image.new("L", size, "white")))


@pytest.mark.parametrize("size", [(1001, 100), (100, 1001)])
def test_a_picture_over_ten_times_as_long_as_wide_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(UnreadablePicture, match="at most 10 times the other"):
        read_page(encode(Image.new("L", size, "white")))


def test_a_picture_just_long_enough_is_read() -> None:
    assert read_page(encode(Image.new("L", (1000, 100), "white"))).frame is None


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_a_truncated_picture_is_refused(kind: str, share: float) -> None:
    data = encode(draw_page(SMALL), kind)

    with pytest.raises(PageError, match=r"truncated|not a picture"):
        read_page(data[: int(len(data) * share)])


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # Pillow warns of what it finds damaged
@pytest.mark.parametrize("kind", FORMATS)
def test_altered_bytes_give_a_page_or_a_page_error(kind: str) -> None:
    rng = np.random.default_rng(2)
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {} if kind == "BMP" else {"exif": exif}
    data = encode(draw_page((200, 140)), kind, **options)
    read, refused = 0, 0
    for _ in range(ROUNDS):
        altered = bytearray(data)
        places = rng.choice([64, 300, len(data)])  # headers are hit more often than pixels
        for _ in range(rng.integers(1, 6)):
            altered[rng.integers(min(places, len(data)))] = rng.integers(256)
        cut = len(data) if rng.random() < 0.7 else int(rng.integers(1, len(data)))
        try:
            page = read_page(bytes(altered[:cut]))
            assert isinstance(page, Page)
            assert page.trace((20, 20), "rgb").ndim == 3
            read += 1
        except PageError:
            refused += 1
    assert read + refused == ROUNDS
    assert refused > 0


def test_a_refusal_says_nothing_of_the_decoder() -> None:
    with pytest.raises(PageError) as refused:
        read_page(encode(draw_page(SMALL), "JPEG")[:900])

    assert "PIL" not in str(refused.value)
    assert "Error" not in str(refused.value)
