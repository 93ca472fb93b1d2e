"""A page is read from bytes the same way whatever its format, turn and depth."""

import hashlib
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, PngImagePlugin

from ecg.page.page import FORMATS, Colour, read_page
from tests.support.pages.drawn_pages import draw_page, encode, frame_inside

SIZE = (1600, 1120)
SMALL = (300, 210)
STORED = {  # EXIF orientation -> how a camera that was held so stores an upright page
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
FULL = (10**6, 10**6)  # asks for full size


def stored(image: Image.Image, orientation: int, kind: str, **options: Any) -> bytes:
    """The upright `image` as a camera stores it under an EXIF orientation."""
    method = STORED.get(orientation)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    turned = image if method is None else image.transpose(method)
    return encode(turned, kind, exif=exif, **options)


def mean_difference(one: np.ndarray, other: np.ndarray) -> float:
    assert one.shape == other.shape
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


def test_it_works() -> None:
    data = encode(draw_page(SIZE))
    page = read_page(data)

    assert page.size == SIZE
    assert page.sha256 == hashlib.sha256(data).hexdigest()
    assert page.frame == page.area == frame_inside(SIZE)
    assert page.trace(FULL).shape == (page.area.height, page.area.width)
    assert page.trace(FULL, "rgb").shape == (page.area.height, page.area.width, 3)
    assert page.trace(FULL).dtype == np.uint8


def test_the_trace_in_full_size_is_the_inside_of_the_frame() -> None:
    drawn = draw_page(SIZE)
    inside = drawn.crop(frame_inside(SIZE).as_tuple())
    page = read_page(encode(drawn))

    assert np.array_equal(page.trace(FULL, "rgb"), np.asarray(inside))
    assert np.array_equal(page.trace(FULL, "grey"), np.asarray(inside.convert("L")))


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("colour", ["grey", "rgb"])
def test_every_format_gives_the_same_trace(kind: str, colour: Colour) -> None:
    reference = read_page(encode(draw_page(SIZE))).trace((400, 200), colour)
    trace = read_page(encode(draw_page(SIZE), kind)).trace((400, 200), colour)

    assert mean_difference(trace, reference) < 1.5


def test_a_page_without_a_frame_is_read_whole() -> None:
    page = read_page(encode(draw_page(SIZE, frame=False)))

    assert page.frame is None
    assert page.area.as_tuple() == (0, 0, *SIZE)
    assert page.trace(FULL).shape == (1120, 1600)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("at_least", [FULL, (300, 200)])
def test_every_exif_orientation_gives_the_same_trace(
    orientation: int, at_least: tuple[int, int]
) -> None:
    page = read_page(stored(draw_page(SIZE), orientation, "PNG"))

    assert page.size == SIZE
    assert np.array_equal(page.trace(at_least), read_page(encode(draw_page(SIZE))).trace(at_least))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_of_a_photo_gives_the_same_trace(orientation: int) -> None:
    photo = stored(draw_page(SIZE), orientation, "JPEG", quality=95, subsampling=0)
    upright = encode(draw_page(SIZE), "JPEG", quality=95, subsampling=0)

    trace = read_page(photo).trace((300, 200), "rgb")
    assert mean_difference(trace, read_page(upright).trace((300, 200), "rgb")) < 1


@pytest.mark.parametrize("orientation", [0, 9, 255])
def test_an_orientation_that_does_not_exist_is_upright(orientation: int) -> None:
    page = read_page(stored(draw_page(SIZE), orientation, "JPEG"))

    assert page.size == SIZE
    assert page.frame is not None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_odd_sized_photo_is_turned_with_at_most_a_pixel_of_shift(orientation: int) -> None:
    size = (2213, 1571)
    photo = read_page(stored(draw_page(size), orientation, "PNG"))
    found, drawn = photo.area.as_tuple(), frame_inside(size).as_tuple()

    assert photo.size == size
    assert max(abs(f - d) for f, d in zip(found, drawn, strict=True)) <= 3


def test_transparent_parts_become_white() -> None:
    drawn = draw_page(SIZE)
    clear = drawn.convert("RGBA")
    clear.putalpha(drawn.convert("L").point(lambda level: 0 if level > 200 else 255))
    clear = Image.composite(clear, Image.new("RGBA", SIZE, (0, 0, 0, 0)), clear.getchannel("A"))
    trace = read_page(encode(clear)).trace(FULL)

    assert np.percentile(trace, 50) == 255
    assert (trace < 60).mean() == pytest.approx(
        (read_page(encode(drawn)).trace(FULL) < 60).mean(), rel=0.01
    )


def test_a_16_bit_png_is_brought_to_8_bits() -> None:
    grey = draw_page(SIZE).convert("L")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)

    assert deep.mode == "I;16"
    trace = read_page(encode(deep)).trace(FULL)
    assert np.array_equal(trace, read_page(encode(grey)).trace(FULL))


@pytest.mark.parametrize("mode", ["1", "P", "L", "LA", "RGBA"])
def test_every_mode_of_png_is_read(mode: str) -> None:
    drawn = draw_page(SIZE)
    page = read_page(encode(drawn.convert(mode)))

    assert page.frame == frame_inside(SIZE)
    assert mean_difference(page.trace(FULL), read_page(encode(drawn)).trace(FULL)) < 6


def test_a_cmyk_jpeg_is_read() -> None:
    drawn = draw_page(SIZE)
    page = read_page(encode(drawn.convert("CMYK"), "JPEG", quality=95))

    reference = read_page(encode(drawn)).trace((400, 200), "rgb")
    assert mean_difference(page.trace((400, 200), "rgb"), reference) < 4


def test_a_phone_photo_with_a_second_picture_in_it_gives_the_first() -> None:
    second = Image.new("RGB", SIZE, "black")
    mpo = encode(draw_page(SIZE), "MPO", save_all=True, append_images=[second])
    plain = encode(draw_page(SIZE), "JPEG")

    trace = read_page(mpo).trace((300, 200))
    assert mean_difference(trace, read_page(plain).trace((300, 200))) < 0.5


def test_an_animation_gives_its_first_picture() -> None:
    black = Image.new("RGB", SIZE, "black")
    moving = encode(draw_page(SIZE), "PNG", save_all=True, append_images=[black])

    trace = read_page(moving).trace(FULL)
    assert np.array_equal(trace, read_page(encode(draw_page(SIZE))).trace(FULL))


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_a_draft_in_grey_is_close_to_a_full_decode(scale: int) -> None:
    page = read_page(encode(draw_page((3200, 2240)), "JPEG", quality=90))
    full = Image.fromarray(page.trace(FULL, "rgb")).convert("L")
    box = page.area
    draft = page.trace((box.width // scale, box.height // scale))

    reduced = full.resize((draft.shape[1], draft.shape[0]), Image.Resampling.BOX)
    assert draft.shape[1] < 1.01 * box.width / scale
    assert mean_difference(draft, np.asarray(reduced)) < 3


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("scale", [2, 4])
def test_a_large_page_gives_at_least_what_was_asked(kind: str, scale: int) -> None:
    for width in range(300, 324):
        page = read_page(encode(draw_page((width, width - 105)), kind))
        wanted = (page.area.width // scale, page.area.height // scale)
        height, across = page.trace(wanted).shape

        assert across >= wanted[0], width
        assert height >= wanted[1], width


def test_a_small_page_comes_in_full_size() -> None:
    page = read_page(encode(draw_page(SMALL)))

    assert page.trace((5000, 5000)).shape == (page.area.height, page.area.width)


def test_what_was_asked_before_changes_nothing() -> None:
    data = encode(draw_page((2213, 1572)), "JPEG")
    asked: list[tuple[tuple[int, int], Colour]] = [
        ((60, 40), "grey"),
        (FULL, "grey"),
        ((448, 448), "rgb"),
        ((448, 448), "grey"),
        ((120, 80), "rgb"),
    ]
    page = read_page(data)
    for wanted, colour in asked + asked[::-1]:
        fresh = read_page(data).trace(wanted, colour)
        assert np.array_equal(page.trace(wanted, colour), fresh)


def test_a_trace_can_not_be_changed_by_who_reads_it() -> None:
    trace = read_page(encode(draw_page(SMALL))).trace(FULL)

    with pytest.raises(ValueError, match="read-only"):
        trace[0, 0] = 0


def test_the_name_and_the_comments_of_a_file_change_no_pixel() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Patient", "Nobody")
    told = read_page(encode(draw_page(SMALL), pnginfo=words))

    assert np.array_equal(told.trace(FULL), read_page(encode(draw_page(SMALL))).trace(FULL))


def test_the_whole_picture_can_be_shown_with_header_and_footer() -> None:
    drawn = draw_page(SIZE)
    page = read_page(encode(drawn))

    assert np.array_equal(page.whole(FULL), np.asarray(drawn))
    assert page.whole((400, 200), "grey").shape == (280, 400)
