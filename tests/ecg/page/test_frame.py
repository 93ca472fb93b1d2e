"""The trace frame is found where it is drawn, and nowhere else."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from ecg.page.frame import Box, find_frame, longest_runs, paper_brightness
from ecg.page.page import read_page
from tests.support.pages.drawn_pages import draw_page, encode, frame_inside

SIZES = [(1000, 700), (1600, 1120), (2213, 1572), (2480, 1754), (4400, 3100)]


def grey(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L"))


def distance(found: Box, drawn: Box) -> int:
    """By how many pixels the worst side is off."""
    return max(abs(f - d) for f, d in zip(found.as_tuple(), drawn.as_tuple(), strict=True))


def test_it_works() -> None:
    found = find_frame(grey(draw_page()))

    assert found == frame_inside((1600, 1120))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_the_inside_is_found_to_three_pixels(size: tuple[int, int], kind: str) -> None:
    page = read_page(encode(draw_page(size), kind))

    assert page.frame is not None
    assert distance(page.frame, frame_inside(size)) <= 3


def test_a_frame_is_found_on_grey_paper() -> None:
    faded = Image.eval(draw_page(), lambda level: 90 + level // 2)

    assert find_frame(grey(faded)) == frame_inside((1600, 1120))


def test_a_blurred_frame_is_found() -> None:
    found = find_frame(grey(draw_page().filter(ImageFilter.GaussianBlur(1.5))))

    assert found is not None
    assert distance(found, frame_inside((1600, 1120))) <= 6


def test_a_page_without_a_frame_has_none() -> None:
    assert find_frame(grey(draw_page(frame=False))) is None


def test_blank_paper_has_no_frame() -> None:
    assert find_frame(np.full((700, 1000), 250, dtype=np.uint8)) is None


def test_noise_has_no_frame() -> None:
    noise = np.random.default_rng(1).integers(0, 256, size=(700, 1000), dtype=np.uint8)

    assert find_frame(noise) is None


def test_a_dark_picture_has_no_frame() -> None:
    assert find_frame(np.full((700, 1000), 5, dtype=np.uint8)) is None


def test_a_black_picture_has_no_frame() -> None:
    assert find_frame(np.zeros((700, 1000), dtype=np.uint8)) is None


def test_a_dark_rectangle_is_no_frame() -> None:
    picture = np.full((700, 1000), 250, dtype=np.uint8)
    picture[100:600, 100:900] = 40

    assert find_frame(picture) is None


def test_a_photo_with_soft_light_has_no_frame() -> None:
    rows, columns = np.mgrid[0:700, 0:1000]
    photo = 120 + 60 * np.sin(rows / 90) * np.cos(columns / 130)

    assert find_frame(photo.astype(np.uint8)) is None


@pytest.mark.parametrize("side", ["left", "top", "right", "bottom"])
def test_a_box_with_an_open_side_is_no_frame(side: str) -> None:
    page, box = np.array(grey(draw_page())), frame_inside((1600, 1120))
    page[page > 150] = 255  # no grid, whose lines would close the box
    strips = {
        "left": np.s_[box.top + 5 : box.bottom - 5, : box.left],
        "right": np.s_[box.top + 5 : box.bottom - 5, box.right :],
        "top": np.s_[: box.top, box.left + 5 : box.right - 5],
        "bottom": np.s_[box.bottom :, box.left + 5 : box.right - 5],
    }
    page[strips[side]] = 255

    assert find_frame(page) is None


def test_a_small_box_is_no_frame() -> None:
    page = np.full((700, 1000), 255, dtype=np.uint8)
    page[100:300, 100:700] = np.pad(np.full((196, 596), 255, np.uint8), 2)

    assert find_frame(page) is None


@pytest.mark.parametrize("at_least", [(60, 40), (448, 448), (2000, 2000)])
def test_header_and_footer_never_reach_the_trace(at_least: tuple[int, int]) -> None:
    size = (2213, 1572)
    one = read_page(encode(draw_page(size, words=("A" * 40, "B" * 40))))
    other = read_page(encode(draw_page(size, words=("", ""))))

    assert one.frame == other.frame
    for colour in ("grey", "rgb"):
        assert np.array_equal(one.trace(at_least, colour), other.trace(at_least, colour))


def test_a_box_scales_with_its_page() -> None:
    assert Box(10, 20, 110, 220).times(2) == Box(20, 40, 220, 440)
    assert (Box(10, 20, 110, 220).width, Box(10, 20, 110, 220).height) == (100, 200)


def longest_run(column: list[bool]) -> tuple[int, int]:
    """Start and length of the first longest run of True, the plain way."""
    best = (0, 0)
    for start in range(len(column)):
        length = 0
        while start + length < len(column) and column[start + length]:
            length += 1
        if length > best[1]:
            best = (start, length)
    return best


@pytest.mark.parametrize("at_once", [1, 100, 10_000])
def test_the_longest_run_of_a_column_is_its_first(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecg.page.frame.AT_ONCE", at_once)
    rng = np.random.default_rng(0)
    for share in (0.0, 0.3, 0.5, 0.9, 1.0):
        lines = rng.random((17, 40)) < share
        starts, lengths = longest_runs(lines)
        plain = [longest_run(column) for column in lines.T.tolist()]
        assert list(zip(starts.tolist(), lengths.tolist(), strict=True)) == plain


def test_the_papers_brightness_is_a_percentile() -> None:
    rng = np.random.default_rng(0)
    for size in ((1, 1), (7, 9), (50, 31)):
        grey = rng.integers(0, 256, size, dtype=np.uint8)
        assert paper_brightness(grey) == pytest.approx(np.percentile(grey, 90), abs=1e-9)
