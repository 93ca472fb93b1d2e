"""Colours are read as a screen shows them: inks with and without a marker, profiles, light ink."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from ecg.page.page import read_page
from ecg.picture.colours import to_srgb
from ecg.picture.encoded import EncodedPicture
from ecg.picture.tone import TURNED
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.pages.odd_pages import cmyk_jpeg, srgb, swapped, with_swapped_colours, ycck_jpeg

SIZE = (800, 560)
FULL = (10**6, 10**6)


def page() -> Image.Image:
    return draw_page(SIZE)


def far(found: np.ndarray, drawn: Image.Image) -> float:
    """The mean difference in levels."""
    return float(np.abs(found.astype(int) - np.asarray(drawn.convert("RGB"), int)).mean())


INKS = {
    "with a marker": lambda: cmyk_jpeg(page(), marked=True),
    "without a marker": lambda: cmyk_jpeg(page(), marked=False),
    "as brightness and colours": lambda: ycck_jpeg(page()),
}


@pytest.mark.parametrize("name", INKS)
def test_a_page_of_four_inks_is_read_as_its_colours(name: str) -> None:
    read = read_page(INKS[name]())

    assert far(read.whole(FULL), page()) < 2
    assert read.notes == ()
    assert read.frame is not None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_profile_is_carried_out(kind: str) -> None:
    red = ImageOps.colorize(page().convert("L"), "black", (255, 120, 60))
    options = {"icc_profile": swapped()} | ({"lossless": True} if kind == "WEBP" else {})
    found = EncodedPicture(encode(with_swapped_colours(red), kind, **options))

    assert far(found.decode(1, "rgb"), red) < 4
    grey = np.asarray(red.convert("L"), int)
    assert np.abs(found.decode(1, "grey") - grey).mean() < 4
    assert np.abs(found.decode(2, "grey") - np.asarray(red.convert("L").reduce(2), int)).mean() < 4


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "icc",
    [
        pytest.param(srgb(), id="sRGB"),
        pytest.param(swapped()[:200], id="cut off"),
        pytest.param(b"no profile", id="something else"),
        pytest.param(swapped()[:128] + b"\xff" * 400, id="damaged"),
        pytest.param(swapped() + bytes(4_000_000), id="far too large"),
    ],
)
def test_pixels_stay_as_they_are_by_a_profile_of_the_usual_colours_or_none(
    kind: str, icc: bytes
) -> None:
    with_it, without = encode(page(), kind, icc_profile=icc), encode(page(), kind)

    for colour in ("grey", "rgb"):
        assert np.array_equal(
            EncodedPicture(with_it).decode(2, colour), EncodedPicture(without).decode(2, colour)
        )


def test_a_profile_for_other_pixels_is_ignored() -> None:
    assert to_srgb(swapped(), "CMYK") is None
    assert to_srgb(swapped(), "L") is None
    assert to_srgb(swapped(), "RGB") is not None
    assert to_srgb(b"", "RGB") is None


def test_light_ink_on_nothing_is_read_as_light_on_dark() -> None:
    ink = Image.new("RGBA", SIZE, (255, 255, 255, 0))
    ink.putalpha(ImageOps.invert(page().convert("L")))
    read = read_page(encode(ink))

    assert read.notes == (TURNED,)
    assert far(read.whole(FULL), page().convert("L")) < 2


def test_dark_ink_on_nothing_stands_on_white() -> None:
    ink = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    ink.putalpha(ImageOps.invert(page().convert("L")))
    read = read_page(encode(ink))

    assert read.notes == ()
    assert far(read.whole(FULL), page().convert("L")) < 2


def test_of_several_pictures_in_a_jpeg_the_first_is_read() -> None:
    others = [Image.new("RGB", SIZE, "black")]
    several = encode(page(), "MPO", save_all=True, append_images=others)

    assert far(read_page(several).whole(FULL), page()) < 3
