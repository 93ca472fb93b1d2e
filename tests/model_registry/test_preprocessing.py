"""From the trace area to a network's input: each step and each scale held to numbers found otherwise."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from ecg.page.page import Colour, read_page
from model_registry.preprocessing import STEPS, Preprocessing, Scale, clahe, median
from tests.support.pages.drawn_pages import draw_page, encode

GREY = np.random.default_rng(1).integers(0, 256, size=(40, 60), dtype=np.uint8)
RGB = np.random.default_rng(2).integers(0, 256, size=(40, 60, 3), dtype=np.uint8)
CLAHE = [[92, 108, 124], [108, 122, 140], [124, 140, 155]]  # OpenCV 5.0 on the gradient below
COLOURS: tuple[Colour, ...] = ("grey", "rgb")
SCALES: tuple[Scale, ...] = ("rescale", "imagenet", "standard")
EVERY = [
    Preprocessing((20, 30), colour, scale, channels)
    for colour, scale, channels in product(COLOURS, SCALES, (1, 3))
    if channels == 3 or (colour == "grey" and scale != "imagenet")
]


def expected(pixels: np.ndarray, scale: Scale) -> np.ndarray:
    """The scales as their inventors wrote them, for uint8 (.., 3)."""
    if scale == "rescale":
        return pixels / 255.0
    if scale == "standard":
        return pixels / 127.5 - 1
    means, deviations = [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]
    return np.asarray((pixels - np.array(means)) / np.array(deviations))


class Trace:
    """Stands for a page: notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def trace(self, *asked: Any) -> np.ndarray:
        self.asked.append(asked)
        return GREY if asked[1] == "grey" else RGB


def test_it_works() -> None:
    page = read_page(encode(draw_page((600, 420))))
    prepared = Preprocessing((32, 56), "grey", "imagenet", 3, ("median", "clahe"))(page)

    assert prepared.shape == (32, 56, 3)
    assert prepared.dtype == np.float32
    assert prepared.std() > 0.1


@pytest.mark.parametrize("preprocessing", EVERY, ids=str)
def test_what_comes_out_has_the_declared_shape(preprocessing: Preprocessing) -> None:
    trace = GREY if preprocessing.colour == "grey" else RGB
    prepared = preprocessing.prepare(trace)

    assert prepared.shape == preprocessing.shape == (20, 30, preprocessing.channels)
    assert prepared.dtype == np.float32


@pytest.mark.parametrize("scale", SCALES)
def test_each_scale_gives_its_inventors_numbers_in_colour(scale: Scale) -> None:
    found = Preprocessing((40, 60), "rgb", scale, 3).normalise(RGB)

    np.testing.assert_allclose(found, expected(RGB, scale), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("scale", SCALES)
def test_grey_is_repeated_before_it_is_scaled(scale: Scale) -> None:
    found = Preprocessing((40, 60), "grey", scale, 3).normalise(GREY)
    repeated = np.stack([GREY] * 3, axis=-1)

    np.testing.assert_allclose(found, expected(repeated, scale), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("scale", ["rescale", "standard"])
def test_one_channel_of_grey_stays_one(scale: Scale) -> None:
    found = Preprocessing((40, 60), "grey", scale, 1).normalise(GREY)

    np.testing.assert_allclose(found[..., 0], expected(GREY, scale), rtol=1e-5, atol=1e-6)


def test_the_ends_of_each_scale() -> None:
    ends = np.array([[0, 255]], dtype=np.uint8)

    def scaled(scale: Scale) -> list[float]:
        found: list[float] = (
            Preprocessing((1, 2), "grey", scale, 1).normalise(ends)[0, :, 0].tolist()
        )
        return found

    assert scaled("rescale") == [0, 1]
    assert scaled("standard") == [-1, 1]


@pytest.mark.parametrize("preprocessing", EVERY, ids=str)
def test_a_batch_is_the_same_as_one_by_one(preprocessing: Preprocessing) -> None:
    trace = GREY if preprocessing.colour == "grey" else RGB
    batch = np.stack([trace, 255 - trace, trace[::-1]])
    single = np.stack([preprocessing.normalise(picture) for picture in batch])

    assert np.array_equal(preprocessing.normalise(batch), single)


def test_a_page_is_asked_for_twice_the_size_across_and_down() -> None:
    page: Any = Trace()
    grey = Preprocessing((20, 30), "grey", "rescale", 1)
    rgb = Preprocessing((21, 31), "rgb", "rescale", 3)

    assert np.array_equal(grey(page), grey.prepare(GREY))
    assert np.array_equal(rgb(page), rgb.prepare(RGB))
    assert page.asked == [((60, 40), "grey"), ((62, 42), "rgb")]


def test_a_trace_of_the_right_size_is_not_resampled() -> None:
    assert np.array_equal(Preprocessing((40, 60), "grey", "rescale", 1).shrink(GREY), GREY)


def test_shrinking_averages_under_a_triangle() -> None:
    edge = np.array([[0, 0, 255, 255]] * 4, dtype=np.uint8)
    weights = np.array([0.75, 0.75, 0.25, 0])  # a triangle of 2 px about the left half's middle
    right = round(255 * weights[2:].sum() / weights.sum())

    found = Preprocessing((2, 2), "grey", "rescale", 1).shrink(edge)
    assert found.tolist() == [[right, 255 - right]] * 2


def test_shrinking_keeps_the_mean_of_thin_lines() -> None:
    lines = np.full((400, 600), 255, dtype=np.uint8)
    lines[:, ::10] = 0

    small = Preprocessing((40, 60), "grey", "rescale", 1).shrink(lines)
    assert small.mean() == pytest.approx(lines.mean(), abs=1)
    assert small.min() > 200  # no aliasing: a bare sample would be black or white


def test_the_median_is_that_of_nine_neighbours() -> None:
    padded = np.pad(GREY, 1, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))

    assert np.array_equal(median(GREY), np.median(windows, axis=(2, 3)).astype(np.uint8))


def test_the_median_takes_single_specks_away() -> None:
    paper = np.full((20, 20), 250, dtype=np.uint8)
    paper[5, 5], paper[12, 3] = 0, 10

    assert (median(paper) == 250).all()


def test_clahe_gives_known_numbers_on_a_gradient() -> None:
    gradient = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8) + np.uint8(60)

    assert clahe(gradient)[4::20, 4::20].tolist() == CLAHE


def test_clahe_raises_low_contrast_within_its_limit() -> None:
    faint = np.random.default_rng(3).integers(100, 140, size=(64, 64), dtype=np.uint8)
    raised = clahe(faint)

    assert raised.shape == faint.shape
    assert raised.dtype == np.uint8
    assert 2 * faint.std() < raised.std() < 5 * faint.std()


def test_steps_are_done_in_their_order_at_the_final_size() -> None:
    one = Preprocessing((20, 30), "grey", "rescale", 1, ("median", "clahe"))
    other = Preprocessing((20, 30), "grey", "rescale", 1, ("clahe", "median"))
    small = Preprocessing((20, 30), "grey", "rescale", 1).shrink(GREY)

    assert np.array_equal(one.shrink(GREY), clahe(median(small)))
    assert np.array_equal(other.shrink(GREY), median(clahe(small)))
    assert not np.array_equal(one.shrink(GREY), other.shrink(GREY))


@pytest.mark.parametrize("step", STEPS)
def test_a_step_changes_nothing_in_its_input(step: str) -> None:
    before = GREY.copy()
    STEPS[step](GREY)

    assert np.array_equal(GREY, before)


def test_every_step_that_an_entry_may_name_is_known() -> None:
    assert dict(STEPS) == {"clahe": clahe, "median": median}
