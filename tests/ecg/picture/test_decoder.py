"""Every mode of every format in bands as the straightforward way gives it; one net below."""

import io
import logging
import textwrap
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from ecg.errors import NotAPicture, PageError, UnreadablePicture
from ecg.page.page import read_page
from ecg.picture import decoder
from ecg.picture.decoder import MODES
from ecg.picture.encoded import EncodedPicture
from ecg.picture.formats import FORMATS, Colour
from ecg.picture.orientation import upright
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.web.chunks import PNG, chunk
from tests.support.web.resident_memory import memory_taken, run

SIZE = (211, 157)
MOST_MB = 60  # over what Pillow itself needs to load a picture


def transparent(mode: str) -> Image.Image:
    """A drawn page in this mode with a slope of transparency from side to side."""
    clear = draw_page(SIZE).convert("RGBA")
    slope = np.tile(np.linspace(0, 255, SIZE[0]).astype(np.uint8), (SIZE[1], 1))
    clear.putalpha(Image.fromarray(slope))
    return clear.convert(mode)


def deep() -> Image.Image:
    rng = np.random.default_rng(3)
    return Image.fromarray(rng.integers(0, 1 << 16, SIZE[::-1]).astype(np.uint16))


@cache
def pictures() -> dict[str, bytes]:
    """A file of each mode that the formats know."""
    page, grey = draw_page(SIZE), draw_page(SIZE).convert("L")
    indexed = page.quantize(16, dither=Image.Dither.NONE)
    return {
        "1": encode(grey.convert("1")),
        "L": encode(grey),
        "L with tRNS": encode(grey, transparency=255),
        "LA": encode(transparent("LA")),
        "RGB": encode(page),
        "RGB with tRNS": encode(page, transparency=(255, 255, 255)),
        "RGBA": encode(transparent("RGBA")),
        "P": encode(indexed),
        "P with tRNS": encode(indexed, transparency=bytes([255] * 8 + [90] * 8)),
        "I;16": encode(deep()),
        "JPEG L": encode(grey, "JPEG"),
        "JPEG RGB": encode(page, "JPEG"),
        "JPEG progressive": encode(page, "JPEG", progressive=True),
        "JPEG CMYK": encode(page.convert("CMYK"), "JPEG"),
        "WebP": encode(page, "WEBP"),
        "WebP lossless": encode(page, "WEBP", lossless=True),
        "WebP with alpha": encode(transparent("RGBA"), "WEBP"),
        "BMP 1": encode(grey.convert("1"), "BMP"),
        "BMP P": encode(indexed, "BMP"),
        "BMP RGB": encode(page, "BMP"),
    }


def straightforward(data: bytes, scale: int, colour: Colour) -> np.ndarray:
    """The whole picture at once, as long as memory is no matter."""
    image: Image.Image = Image.open(io.BytesIO(data))
    full = image.width
    image.draft(MODES[colour], (image.width // scale, image.height // scale))
    image.load()
    drafted = round(full / image.width)
    if image.mode.startswith("I"):
        image = Image.fromarray((np.asarray(image, dtype=np.uint32) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    return np.asarray(image.convert(MODES[colour]).reduce(scale // drafted))


@pytest.mark.parametrize("name", pictures())
@pytest.mark.parametrize("colour", ["grey", "rgb"])
@pytest.mark.parametrize("band", [1, 1500, 10_000_000])
def test_bands_give_what_the_whole_picture_would(
    name: str, colour: Colour, band: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pictures()[name]
    monkeypatch.setattr(decoder, "BAND", band)

    for scale in (1, 2, 4, 8):
        found = EncodedPicture(data).decode(scale, colour)
        assert np.array_equal(found, straightforward(data, scale, colour)), scale
        assert not found.flags.writeable


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turning_is_what_pillow_makes_of_an_orientation(orientation: int) -> None:
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    page = draw_page(SIZE)
    turned = page.transpose(turns[orientation]) if orientation in turns else page

    assert np.array_equal(upright(np.asarray(page), orientation), np.asarray(turned))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_an_orientation_is_read_from_every_format_that_has_one(kind: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    found = EncodedPicture(encode(draw_page(SIZE), kind, exif=exif))

    assert found.is_sideways
    assert found.decode(1, "grey").shape == SIZE


def test_an_indexed_png_without_palette_is_refused() -> None:
    header = SIZE[0].to_bytes(4, "big") + SIZE[1].to_bytes(4, "big") + bytes((8, 3, 0, 0, 0))
    whole = encode(draw_page(SIZE).quantize(16))
    data = PNG + chunk(b"IHDR", header) + whole[whole.index(b"IDAT") - 4 :]

    with pytest.raises(UnreadablePicture, match="truncated or damaged"):
        read_page(data)


@pytest.mark.parametrize(
    "failure",
    [AssertionError, RecursionError, AttributeError, UnboundLocalError, UserWarning, SystemError],
)
def test_whatever_a_decoder_raises_is_a_page_error(
    failure: type[Exception], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_image: Image.Image) -> None:
        raise failure("a patient's name")

    monkeypatch.setattr(decoder, "Loaded", fail)
    with caplog.at_level(logging.INFO, "twelvelead.pictures"), pytest.raises(UnreadablePicture):
        read_page(encode(draw_page(SIZE)))

    assert failure.__name__ in caplog.text
    assert "patient" not in caplog.text


def test_too_little_memory_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_image: Image.Image) -> None:
        raise MemoryError

    monkeypatch.setattr(decoder, "Loaded", fail)
    with pytest.raises(UnreadablePicture, match="too little memory"):
        read_page(encode(draw_page(SIZE)))


def test_what_is_no_picture_by_its_header_is_not_one() -> None:
    with pytest.raises(NotAPicture):
        EncodedPicture(PNG + chunk(b"IHDR", bytes(3)))


@pytest.mark.parametrize("kind", FORMATS)
def test_decoders_write_nothing(kind: str) -> None:
    """In a process of its own, as warnings are errors here."""
    data = encode(draw_page(SIZE), kind)
    damaged = [data[: len(data) * share // 8] + b"\xff" * 40 for share in range(1, 8)]
    code = f"""
        import sys
        from ecg.errors import PageError
        from ecg.page.page import read_page
        for data in {damaged!r}:
            try:
                read_page(data)
            except PageError:
                pass
    """
    done = run(textwrap.dedent(code))
    assert done.returncode == 0, done.stderr
    assert done.stdout == done.stderr == ""


@pytest.mark.parametrize("mode", ["RGBA", "LA", "I;16", "RGB with tRNS", "P with tRNS"])
def test_a_large_picture_takes_little_more_memory_than_its_decoder(
    mode: str, tmp_path: Path
) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(large(mode))
    modules = "from PIL import Image\nfrom ecg.page.page import read_page"
    loaded = memory_taken(modules, f"Image.open({str(path)!r}).load()")
    work = f"read_page(open({str(path)!r}, 'rb').read()).trace((448, 256), 'rgb')"

    assert memory_taken(modules, work) < loaded + MOST_MB


def large(mode: str) -> bytes:
    """A picture of 24 megapixels."""
    size = (6000, 4000)
    if mode == "I;16":
        return encode(Image.fromarray(np.full(size[::-1], 40_000, np.uint16)), compress_level=1)
    name = mode.split(" ", maxsplit=1)[0]
    image = Image.new(name, size)
    if not mode.endswith("tRNS"):
        return encode(image, compress_level=1)
    clear = (255, 255, 255) if name == "RGB" else bytes(256)
    return encode(image, compress_level=1, transparency=clear)


def test_a_page_holds_its_latest_pixels_and_few_others(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []
    straight = EncodedPicture.decode

    def count(picture: EncodedPicture, scale: int, colour: Colour) -> np.ndarray:
        decoded.append((scale, colour))
        return straight(picture, scale, colour)

    monkeypatch.setattr(EncodedPicture, "decode", count)
    page = read_page(encode(draw_page((1600, 1120))))
    for wanted in ((448, 256), (224, 224), (448, 256), (600, 300)):
        page.trace(wanted, "rgb")
        page.trace(wanted, "grey")
    assert len(decoded) == len(set(decoded))

    monkeypatch.setattr("ecg.page.page.KEPT_BYTES", 1000)
    page.trace((448, 256), "rgb")
    page.trace((448, 256), "grey")
    assert len(decoded) == len(set(decoded)) + 1


def test_a_page_error_is_none_of_the_decoders() -> None:
    """What went wrong holds no picture of the decoder's, which would stay until it is answered."""
    with pytest.raises(PageError) as refused:
        read_page(encode(draw_page(SIZE), "JPEG")[:900])

    assert refused.value.__context__ is None
    assert refused.value.__cause__ is None
