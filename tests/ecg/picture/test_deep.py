"""Values of more than 8 bits are read by the range that they have, the same at every scale."""

import numpy as np
import pytest

from ecg.page.page import read_page
from ecg.picture.deep import to_eight_bits, white_of
from ecg.picture.encoded import EncodedPicture
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.pages.odd_pages import deep_png

SIZE = (800, 560)
FULL = (10**6, 10**6)


def grey() -> np.ndarray:
    return np.asarray(draw_page(SIZE).convert("L")).astype(np.uint16)


def colours(mode: str = "RGB") -> np.ndarray:
    return np.asarray(draw_page(SIZE).convert(mode)).astype(np.uint16)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("scale", [1, 2, 4, 8])
def test_a_page_of_any_depth_is_read_as_that_of_8_bits(bits: int, scale: int) -> None:
    shallow = EncodedPicture(encode(draw_page(SIZE).convert("L"))).decode(scale, "grey")

    assert np.array_equal(
        EncodedPicture(deep_png(grey() << (bits - 8))).decode(scale, "grey"), shallow
    )


@pytest.mark.parametrize("bits", [12, 16])
def test_deep_colours_are_read_by_their_range_too(bits: int) -> None:
    for mode in ("RGB", "RGBA", "LA"):
        deep = colours(mode) << (bits - 8)
        if mode.endswith("A"):
            deep[..., -1] = 65_535
        found = EncodedPicture(deep_png(deep)).decode(1, "rgb")
        assert np.array_equal(found, np.asarray(draw_page(SIZE).convert(mode).convert("RGB"))), mode


def test_a_few_dead_pixels_do_not_widen_the_range() -> None:
    values = grey() << 4
    values[5, 5:50] = 65_535
    found = EncodedPicture(deep_png(values)).decode(1, "grey")

    assert found[5, 5:50].min() == 255
    assert np.array_equal(found[10:], grey()[10:])


def test_a_frame_is_found_on_a_page_of_12_bits_in_16() -> None:
    shallow, deep = read_page(encode(draw_page(SIZE))), read_page(deep_png(grey() << 4))

    assert deep.frame == shallow.frame is not None
    assert np.array_equal(deep.trace(FULL), shallow.trace(FULL))


def test_a_black_picture_stays_black() -> None:
    black = deep_png(np.zeros(SIZE[::-1], np.uint16))

    assert not EncodedPicture(black).decode(1, "grey").any()


def test_one_bit_a_pixel_is_read_as_black_and_white() -> None:
    found = EncodedPicture(encode(draw_page(SIZE).convert("1"))).decode(1, "grey")

    assert set(np.unique(found)) == {0, 255}


def test_floats_are_shares_or_levels() -> None:
    shares = grey() / np.float32(255)

    assert white_of([shares], fractions=True) == 1
    assert np.array_equal(to_eight_bits(shares, 1), grey())
    assert white_of([shares * 255], fractions=True) == 255
    assert np.array_equal(to_eight_bits(shares * 255, 255), grey())
    assert to_eight_bits(np.array([np.nan, -np.inf, np.inf, -3], np.float32), 1).tolist() == [
        0,
        0,
        255,
        0,
    ]


def test_values_beyond_every_usual_depth_are_cut_off() -> None:
    values = np.full((9, 9), (1 << 31) - 1, np.int64)

    assert to_eight_bits(values, white_of([values], fractions=False)).min() == 255
    assert to_eight_bits(values * 4, white_of([values * 4], fractions=False)).min() == 255
    assert to_eight_bits(-values, white_of([-values], fractions=False)).max() == 0
