"""One page in every format that is read, and what is done to it on the way."""

import struct

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageDraw

from ecg.errors import NotAPicture, PageError, UnreadablePicture
from ecg.page.page import Page, read_page
from ecg.picture.apart import drawn
from ecg.picture.encoded import picked
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.pages.odd_pages import (
    bare_pdf,
    heic,
    pdf,
    swapped,
    tiff,
    vector_page,
    with_swapped_colours,
)
from tests.support.web.chunks import directory

SIZE = (1600, 1120)
FULL = (10**6, 10**6)
INK = 128  # grey level: darker is ink


def page() -> Image.Image:
    return draw_page(SIZE)


def grey() -> Image.Image:
    return page().convert("L")


EVERY = {
    "JPEG": lambda: encode(page(), "JPEG", quality=95),
    "PNG": lambda: encode(page()),
    "WebP": lambda: encode(page(), "WEBP", quality=95),
    "BMP": lambda: encode(page(), "BMP"),
    "GIF": lambda: encode(page().quantize(64), "GIF"),
    "GIF that moves": lambda: encode(
        page().quantize(64),
        "GIF",
        save_all=True,
        append_images=[Image.new("L", SIZE)],
        comment=b"no" * 90,
    ),
    "TIFF": lambda: tiff(page()),
    "TIFF, LZW": lambda: tiff(page(), compression="tiff_lzw"),
    "TIFF, JPEG": lambda: tiff(page(), compression="jpeg", quality=95),
    "TIFF, fax": lambda: tiff(page().convert("1", dither=Image.Dither.NONE), compression="group4"),
    "TIFF of several": lambda: tiff(grey(), save_all=True, append_images=[Image.new("L", SIZE)]),
    "TIFF of four inks": lambda: tiff(page().convert("CMYK")),
    "TIFF of floats": lambda: tiff(Image.fromarray(np.asarray(grey(), np.float32) / 255)),
    "TIFF of 12 bits": lambda: tiff(Image.fromarray(np.asarray(grey()).astype(np.uint16) << 4)),
    "TIFF with a palette": lambda: tiff(page().quantize(64)),
    "HEIC": lambda: heic(page()),
    "AVIF": lambda: encode(page(), "AVIF", quality=95),
    "PDF": lambda: pdf(page()),
}


def ink(read: Page) -> np.ndarray:
    """Where the ink of the page is, shrunk so that a pixel more or less of a blurred edge is no matter."""
    whole = Image.fromarray(np.asarray(read.whole(FULL, "grey"))).resize(SIZE)
    return np.asarray(
        Image.fromarray((np.asarray(whole) < INK).astype(np.uint8) * 255).reduce(4), int
    )


@pytest.mark.parametrize("name", EVERY)
def test_a_page_is_the_same_in_every_format(name: str) -> None:
    first, read = read_page(encode(page())), read_page(EVERY[name]())
    largest = np.abs(np.subtract(read.size, SIZE)).max()
    shift = (
        np.abs(np.subtract(read.frame.as_tuple(), first.frame.as_tuple()))
        if read.frame and first.frame
        else 9
    )

    assert largest <= 1
    assert np.max(shift) <= 2
    assert np.abs(ink(read) - ink(first)).mean() < 2
    assert read.notes == ()


def test_a_page_of_a_pdf_is_chosen_by_its_number() -> None:
    document = pdf(page(), draw_page((1200, 840), seed=3))
    first, second = read_page(document), read_page(picked(document, 2))

    assert np.abs(np.subtract(first.size, SIZE)).max() <= 1
    assert np.abs(np.subtract(second.size, (1200, 840))).max() <= 1
    assert first.sha256 != second.sha256


def test_a_drawn_pdf_is_read_at_200_dots_an_inch_and_a_large_one_at_fewer() -> None:
    line = b"2 w 40 40 m 400 300 l S"

    assert read_page(vector_page((842, 595), line)).size == (2339, 1653)
    large = read_page(vector_page((8420, 5950), line))
    assert 11_000_000 < large.size[0] * large.size[1] < 12_100_000
    assert large.whole(FULL, "grey").min() < 40


ENCRYPTED = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O (%s) /U (%s) /P -4 >> /ID [(a) (a)]" % (
    b"x" * 32,
    b"y" * 32,
)
ROOT = b"<< /Type /Catalog /Pages 2 0 R >>"
REFUSED = {
    "a password": (
        bare_pdf(ROOT, b"<< /Type /Pages /Count 0 >>", trailer=ENCRYPTED),
        1,
        "by a password",
    ),
    "no pages": (bare_pdf(ROOT, b"<< /Type /Pages /Kids [] /Count 0 >>"), 1, "has no pages"),
    "fewer pages": (vector_page((300, 300), b""), 2, "has one page: choose one that it has"),
    "many fewer": (pdf(*[Image.new("L", (200, 200))] * 3), 99, "has 3 pages"),
    "cut off": (vector_page((300, 300), b"")[:90], 1, "damaged"),
    "no PDF": (b"%PDF-1.4 and nothing else", 1, "damaged"),
    "an odd size": (vector_page((30, 3000), b""), 1, "10 times the other"),
    "a page of a picture": (encode(Image.new("L", (200, 200))), 2, "Only a PDF has further pages"),
    "a HEIC cut off": (heic(Image.new("L", (200, 200)))[:400], 1, "damaged"),
    "an AVIF cut off": (encode(Image.new("L", (200, 200)), "AVIF")[:300], 1, "damaged"),
    "no HEIC": (b"\0\0\0\x18ftypheic" + bytes(99), 1, "damaged"),
    "a TIFF cut off": (tiff(Image.new("L", (200, 200), 9))[:4000], 1, "damaged"),
    "a BigTIFF": (b"II+\0\x08\0\0\0" + bytes(99), 1, "BigTIFF"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_read_is_refused_with_the_reason(name: str) -> None:
    data, number, words = REFUSED[name]

    with pytest.raises(UnreadablePicture, match=words) as refused:
        read_page(picked(data, number))
    assert str(refused.value).endswith(".")
    assert refused.value.__context__ is None


def test_a_document_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn, "WAIT", 0.0)

    with pytest.raises(UnreadablePicture, match="too much memory to draw"):
        read_page(vector_page((300, 300), b""))


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    data = bytearray(heic(Image.new("L", (200, 200))))
    for at in [at for at in range(len(data)) if data[at : at + 4] == b"ispe"]:
        data[at + 8 : at + 16] = struct.pack(">II", 9000, 9000)

    with pytest.raises(UnreadablePicture, match=r"81 megapixels; of its kind at most 50|damaged"):
        read_page(bytes(data))


@pytest.mark.parametrize("kind", ["TIFF", "HEIF", "AVIF"])
def test_a_profile_in_any_format_is_carried_out(kind: str) -> None:
    shown = Image.new("RGB", SIZE, (250, 160, 90))
    stored = with_swapped_colours(shown)
    data = {
        "TIFF": lambda: tiff(stored, icc_profile=swapped()),
        "HEIF": lambda: heic(stored, icc_profile=swapped()),
        "AVIF": lambda: encode(stored, "AVIF", icc_profile=swapped()),
    }[kind]()
    found = read_page(data).whole(FULL)

    assert np.abs(found.astype(int) - np.asarray(shown, int)).mean() < 6


@pytest.mark.parametrize("kind", ["TIFF", "AVIF", "HEIF"])
def test_a_page_on_its_side_is_turned_once_in_any_format(kind: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    options = {"exif": exif.tobytes()}
    data = heic(page(), **options) if kind == "HEIF" else encode(page(), kind, **options)
    read = read_page(data)
    upright = np.asarray(page().transpose(Image.Transpose.ROTATE_270).convert("L"), int)

    if kind == "HEIF" and read.size == SIZE:  # libheif turns by the picture's own boxes alone
        return
    assert read.size == SIZE[::-1]
    assert np.abs(read.whole(FULL, "grey") - upright).mean() < 4


def test_a_tiff_whose_entries_all_point_at_the_same_bytes_is_read_at_once() -> None:
    """It would be held once for each of them."""
    entries = [(tag, 7, 900_000, struct.pack("<I", 8)) for tag in range(1000, 60_000)]

    with pytest.raises(PageError):
        read_page(directory(entries) + bytes(900_000))


def test_a_gif_of_countless_notes_is_refused() -> None:
    data = encode(page().quantize(4), "GIF")
    start = data.index(b",\0\0\0\0")
    notes = b"!\xfe" + b"\x01a" * 70_000 + b"\0"

    with pytest.raises(UnreadablePicture, match="more than 65,536 parts"):
        read_page(data[:start] + notes + data[start:])


def test_what_is_no_picture_at_all_is_none() -> None:
    with pytest.raises(NotAPicture, match="JPEG, PNG, WebP, BMP, GIF, TIFF, HEIC, AVIF or PDF"):
        read_page(bytes(range(256)))


def dotted(mode: str) -> Image.Image:
    """28 megapixels of paper with a line across."""
    large = Image.new(mode, (7000, 4000), "white")
    ImageDraw.Draw(large).line((0, 2000, 7000, 2000), fill="black", width=60)
    return large


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "RGB"), ("JPEG", "L"), ("PNG", "L"), ("TIFF", "1")]
)
def test_more_than_25_megapixels_are_scaled_down_and_said_to_be(kind: str, mode: str) -> None:
    options = {"compression": "group4"} if kind == "TIFF" else {}
    read = read_page(encode(dotted(mode), kind, **options))
    whole = read.whole(FULL, "grey")

    assert read.size == (3500, 2000)
    assert whole.shape == (2000, 3500)
    assert whole[1000].max() < 20
    assert whole[100].min() > 235
    assert read.trace((100, 100)).shape == (250, 438)
    assert read.notes == (
        "The picture has 28 megapixels: it was read at 1/2 of its width and height.",
    )
