"""The camera simulation: the same draws give the same picture, and the page stays in it."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.pages.drawn_pages import draw_page
from twelvelead.datasets.photograph import (
    CAMERAS,
    HARD,
    SURFACES,
    USUAL,
    cropped,
    photograph,
    turned,
)

PAGE = np.asarray(draw_page((800, 560)))
SMALL = replace(USUAL, side=(600, 700))


def test_a_photograph_is_its_draws() -> None:
    one, other = (photograph(PAGE, np.random.default_rng(5), SMALL) for _ in range(2))

    assert one.dtype == np.uint8
    assert np.array_equal(one, other)
    assert one.shape != photograph(PAGE, np.random.default_rng(6), SMALL).shape


@pytest.mark.parametrize("name", CAMERAS)
def test_the_sheet_takes_most_of_the_picture(name: str) -> None:
    camera = replace(CAMERAS[name], side=(600, 700), surfaces=("dark",), shadow=0.0)
    picture = photograph(PAGE, np.random.default_rng(1), camera)

    assert (picture.max(axis=-1) > 100).mean() > 0.3


@pytest.mark.parametrize("surface", SURFACES)
def test_the_page_lies_on_something_darker(surface: str) -> None:
    camera = replace(SMALL, surfaces=(surface,), light=0.0, shadow=0.0, rotation=0.0)
    picture = photograph(PAGE, np.random.default_rng(2), camera).astype(float).mean(axis=-1)

    assert np.median(picture[:8, :8]) < np.percentile(picture, 80) - 15


def test_a_sideways_camera_gives_a_high_picture() -> None:
    camera = replace(HARD, side=(600, 700), quarter_turns=(1,))
    height, width = photograph(PAGE, np.random.default_rng(3), camera).shape[:2]

    assert height > width


def test_a_side_that_is_cut_off_leaves_the_picture() -> None:
    camera = replace(SMALL, cut=(0.05, 0.05), surfaces=("dark",), rotation=0.0)
    picture = photograph(PAGE, np.random.default_rng(4), camera).max(axis=-1)
    rim = (picture[1].mean(), picture[-2].mean(), picture[:, 1].mean(), picture[:, -2].mean())

    assert max(rim) > 100


def test_a_turned_page_is_whole() -> None:
    picture = turned(PAGE, 5.0)

    assert picture.shape[0] > PAGE.shape[0]
    assert picture.shape[1] > PAGE.shape[1]
    assert (255 - picture).sum(dtype=float) == pytest.approx(
        (255 - PAGE).sum(dtype=float), rel=0.01
    )


def test_a_cropped_page_lacks_one_side() -> None:
    assert np.array_equal(cropped(PAGE, 0.05, "left"), PAGE[:, 40:])
    assert np.array_equal(cropped(PAGE, 0.05, "top"), PAGE[28:])
    assert np.array_equal(cropped(PAGE, 0.05, "right"), PAGE[:, :760])
    assert np.array_equal(cropped(PAGE, 0.05, "bottom"), PAGE[:532])
