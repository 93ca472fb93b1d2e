"""Pages that are turned, cropped or photographed come out as the flat ones; flat ones stay as they are."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ecg.page.frame import find_frame
from ecg.page.page import Page, Pixels, read_page
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.pages.known_pages import FRAME, draw_known_page
from twelvelead.datasets.photograph import CAMERAS, MILD, SIDES, Side, cropped, photograph, turned

SEEN = (448, 256)  # px: what networks read
FULL = (10_000, 10_000)
KNOWN, OTHER = np.asarray(draw_known_page()), np.asarray(draw_page())


def read(picture: Pixels) -> Page:
    return read_page(encode(Image.fromarray(picture)))


def seen(page: Page) -> np.ndarray:
    trace = Image.fromarray(page.trace((2 * SEEN[0], 2 * SEEN[1])))
    return np.asarray(trace.resize(SEEN, Image.Resampling.BILINEAR)).astype(float)


def likeness(page: Page, flat: Pixels = KNOWN) -> float:
    """The correlation of what a network would read of a page and of the flat one."""
    return float(np.corrcoef(seen(page).ravel(), seen(read(flat)).ravel())[0, 1])


@pytest.mark.parametrize("flat", [KNOWN, OTHER])
def test_a_flat_page_is_read_bit_for_bit(flat: Pixels) -> None:
    page = read(flat)

    assert page.straightened is None
    assert page.frame == find_frame(np.asarray(Image.fromarray(flat).convert("L")))
    left, top, right, bottom = page.area.as_tuple()
    assert np.array_equal(page.trace(FULL, "rgb"), flat[top:bottom, left:right])
    assert np.array_equal(page.flat(FULL), page.whole(FULL))
    assert not page.notes


@pytest.mark.parametrize("flat", [KNOWN, OTHER])
@pytest.mark.parametrize("degrees", [1, -3, 8, -15])
def test_a_turned_page_is_turned_back(flat: Pixels, degrees: float) -> None:
    page = read(turned(flat, degrees))

    assert page.straightened is not None
    assert page.straightened.degrees == pytest.approx(-degrees, abs=0.1)
    assert f"{abs(degrees):.1f} degrees" in page.notes[0]
    assert likeness(page, flat) > 0.95


@pytest.mark.parametrize("camera", CAMERAS)
def test_a_photographed_page_is_flat_and_evenly_lit(camera: str) -> None:
    page = read(photograph(KNOWN, np.random.default_rng(3), CAMERAS[camera]))

    assert page.frame is not None
    assert likeness(page) > 0.85
    assert np.median(page.trace(FULL)) > 240


@pytest.mark.parametrize(("turns", "told"), [(1, "counter-clockwise"), (2, "upside"), (3, "clock")])
def test_a_page_of_the_known_look_is_set_upright(turns: int, told: str) -> None:
    page = read(np.rot90(KNOWN, turns))

    assert page.straightened is not None
    assert page.straightened.quarter_turns == (4 - turns) % 4
    assert told in page.notes[0]
    left, top, right, bottom = page.area.as_tuple()
    assert np.array_equal(page.trace(FULL, "rgb"), page.flat(FULL)[top:bottom, left:right])
    assert likeness(page) > 0.98


def test_a_photograph_is_set_upright() -> None:
    camera = replace(MILD, quarter_turns=(1,))
    page = read(photograph(KNOWN, np.random.default_rng(4), camera))

    assert likeness(page) > 0.9


def test_another_look_is_left_the_way_it_came() -> None:
    page = read(np.rot90(OTHER, 2))

    assert page.straightened is None
    assert page.frame is not None


def test_that_it_can_not_be_told_which_way_up_is_said() -> None:
    assert any("could not be told" in note for note in read(turned(OTHER, 4)).notes)


@pytest.mark.parametrize("side", SIDES)
def test_a_frame_that_the_picture_cuts_through_is_completed(side: Side) -> None:
    share = 0.05 if side != "top" else 0.19
    page = read(cropped(KNOWN, share, side))

    assert page.frame is not None
    assert abs(page.frame.width / page.frame.height - FRAME.width / FRAME.height) < 0.01
    assert any("cuts through" in note for note in page.notes)
    assert likeness(page) > 0.9


def test_a_frame_of_which_too_much_is_missing_is_none() -> None:
    assert read(cropped(KNOWN, 0.2, "right")).frame is None


def test_the_table_around_a_sheet_is_no_frame() -> None:
    sheet = np.full((1000, 1400), 250, np.uint8)
    sheet[:30] = sheet[-30:] = 40
    sheet[:, :30] = sheet[:, -30:] = 40

    assert find_frame(sheet) is None


def test_a_page_that_is_read_again_is_straightened_as_before() -> None:
    picture = encode(Image.fromarray(turned(KNOWN, 4)))
    first = read_page(picture)
    again = Page(picture, first.look)

    assert again.straightened == first.straightened
    assert np.array_equal(again.trace(SEEN), first.trace(SEEN))


def test_noise_is_not_straightened() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (700, 1000, 3), dtype=np.uint8)

    assert read(noise).straightened is None


@pytest.mark.parametrize("side", ["left", "bottom"])
def test_a_trace_that_runs_into_a_separator_does_not_move_the_frame(side: Side) -> None:
    page = draw_known_page()
    x, top = FRAME.left + round(777.8 / 1050 * FRAME.width), FRAME.top + 66 / 613 * FRAME.height
    ImageDraw.Draw(page).line((x, top - 40, x, top + 5), fill="black", width=3)

    assert likeness(read(cropped(np.asarray(page), 0.05, side)), np.asarray(page)) > 0.9


def test_a_strong_grid_is_no_frame() -> None:
    paper = np.full((1050, 1400, 3), 255, np.uint8)
    paper[::20] = paper[:, ::20] = 120

    assert read(turned(paper, 3)).frame is None
