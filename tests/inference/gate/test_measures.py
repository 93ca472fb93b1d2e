"""inference.gate: what is measured on drawn pictures."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from tests.support.pages.drawn_others import ecg_paper, eeg
from tests.support.pages.drawn_pages import draw_page
from twelvelead.inference.gate.channels import LONG, SHORT, channels, local_paper
from twelvelead.inference.gate.grid import Grid, find_grid
from twelvelead.inference.gate.measures import PageMeasures, measure


def measured(picture: Image.Image) -> PageMeasures:
    grey, rgb = np.asarray(picture.convert("L")), np.asarray(picture.convert("RGB"))
    return measure(picture.size, grey, channels(grey, rgb))


def grid_of(picture: Image.Image) -> Grid:
    grey = np.asarray(picture.convert("L"))
    return find_grid(grey, local_paper(grey, 24))


@pytest.mark.parametrize("box", [5, 8, 13])
def test_the_boxes_of_a_grid_are_measured_in_both_directions(box: int) -> None:
    found = grid_of(ecg_paper(box=box))
    assert found.is_seen
    for pitch in found.pitch:
        assert min(abs(pitch - box), abs(pitch - 5 * box)) < 0.6


def test_a_grid_is_found_on_a_page_turned_by_two_degrees() -> None:
    turned = ecg_paper(box=12).rotate(2, Image.Resampling.BICUBIC, fillcolor="white")
    assert grid_of(turned).is_seen


def test_lines_in_one_direction_are_no_grid() -> None:
    lines = np.full((800, 1200), 255, np.uint8)
    lines[::12] = 200
    found = grid_of(Image.fromarray(lines))
    assert found.strength[1] > 0.5
    assert not found.is_seen


def test_an_eeg_has_no_grid() -> None:
    assert not grid_of(eeg()).is_seen


def test_blur_takes_the_sharpness_and_darkness_the_brightness() -> None:
    page = draw_page()
    plain = measured(page)
    blurred = measured(page.filter(ImageFilter.GaussianBlur(6)))
    dark = measured(ImageEnhance.Brightness(page).enhance(0.1))
    assert blurred.sharpness < 0.3 * plain.sharpness
    assert dark.brightness < 0.15 * plain.brightness


def test_traces_that_the_side_of_the_picture_cuts_are_counted() -> None:
    page = draw_page(frame=False)
    width, height = page.size
    cut = page.crop((width // 4, 0, width, height))
    assert measured(page).running_over == 0
    assert measured(cut).running_over >= 3


def test_leads_of_one_heart_stand_above_each_other() -> None:
    rows = np.full((800, 1200), 255, np.uint8)
    for row in (150, 350, 550, 750):
        rows[row - 2 : row, 40:1160] = 0
        rows[row - 90 : row, 100:1160:160] = 0
        rows[row - 90 : row, 101:1160:160] = 0
    found = measured(Image.fromarray(rows))
    assert found.aligned > 0.9
    assert found.covered > 0.95
    assert measured(ecg_paper()).covered == 0


def test_what_the_network_reads_lies_or_stands_and_keeps_thin_lines() -> None:
    page = np.full((1600, 2400), 255, np.uint8)
    page[800:802, 200:2200] = 0
    seen = channels(page, np.repeat(page[::4, ::4, np.newaxis], 3, axis=2))
    assert seen.shape == (4, SHORT, LONG)
    assert seen[1].max() > 50
    standing = channels(page.T.copy(), np.repeat(page.T[::4, ::4, np.newaxis], 3, axis=2))
    assert standing.shape == (4, LONG, SHORT)
