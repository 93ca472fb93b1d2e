"""A variant differs a little from its page: never a mirror image, never another shape."""

import numpy as np
import numpy.typing as npt
import pytest

from twelvelead.datasets.augment import augment

SEEDS = range(40)
Mask = npt.NDArray[np.bool_]


def page() -> np.ndarray:
    """Paper with a blot in the upper left and a line across the middle."""
    grey = np.full((200, 320), 255, dtype=np.uint8)
    grey[100:103, 20:300] = 0
    grey[30:60, 40:80] = 0
    return grey


def variant(grey: np.ndarray, seed: int) -> np.ndarray:
    return augment(grey, np.random.default_rng(seed))


def ink(grey: np.ndarray) -> Mask:
    """Where it is darker than halfway between the darkest and the brightest."""
    low, high = np.percentile(grey, [1, 90])
    return np.asarray(grey < (low + high) / 2)


def middle(mask: Mask) -> np.ndarray:
    return np.asarray(np.argwhere(mask).mean(axis=0))


def test_it_works() -> None:
    found = variant(page(), 1)

    assert found.shape == (200, 320)
    assert found.dtype == np.uint8
    assert not np.array_equal(found, page())


def test_the_same_draws_give_the_same_variant() -> None:
    assert np.array_equal(variant(page(), 3), variant(page(), 3))


def test_other_draws_give_another_variant() -> None:
    variants = {variant(page(), seed).tobytes() for seed in SEEDS}

    assert len(variants) == len(SEEDS)


def test_the_page_itself_stays_as_it_was() -> None:
    grey = page()
    for seed in SEEDS:
        variant(grey, seed)

    assert np.array_equal(grey, page())


@pytest.mark.parametrize("shape", [(200, 320), (201, 319), (64, 400)])
def test_every_variant_keeps_shape_and_depth(shape: tuple[int, int]) -> None:
    for seed in SEEDS:
        found = variant(np.full(shape, 230, dtype=np.uint8), seed)

        assert found.shape == shape
        assert found.dtype == np.uint8


@pytest.mark.parametrize("seed", SEEDS)
def test_no_variant_is_a_mirror_image(seed: int) -> None:
    found = ink(variant(page(), seed))
    quarters = {
        "upper left": found[:90, :160].sum(),
        "upper right": found[:90, 160:].sum(),
        "lower left": found[115:, :160].sum(),
        "lower right": found[115:, 160:].sum(),
    }

    assert quarters["upper left"] > 800
    assert max(quarters[name] for name in quarters if name != "upper left") < 200


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_drawn_moves_by_a_few_hundredths_at_most(seed: int) -> None:
    blot = middle(ink(variant(page(), seed))[:90])
    moved = np.abs(blot - middle(ink(page())[:90])) / (200, 320)

    assert moved.max() < 0.06


@pytest.mark.parametrize("seed", SEEDS)
def test_ink_stays_ink_and_paper_stays_paper(seed: int) -> None:
    found = variant(page(), seed).astype(int)

    assert np.percentile(found, 60) > 150
    assert np.percentile(found, 1) < 120
    assert np.percentile(found, 60) - np.percentile(found, 1) > 90


def test_the_grid_grows_stronger_and_fainter() -> None:
    grid = np.full((100, 100), 255, dtype=np.uint8)
    grid[:, ::5] = 200
    contrasts = [float(variant(grid, seed)[20:80, 20:80].std()) for seed in SEEDS]

    assert min(contrasts) < 0.7 * float(np.median(contrasts))
    assert max(contrasts) > 1.2 * float(np.median(contrasts))


def test_what_comes_in_at_the_sides_is_paper() -> None:
    dark_side = np.full((200, 320), 255, dtype=np.uint8)
    dark_side[:, 150:170] = 0
    for seed in SEEDS:
        found = variant(dark_side, seed)
        edges = np.concatenate([found[:, 0], found[:, -1]])

        assert np.median(edges) > 150
