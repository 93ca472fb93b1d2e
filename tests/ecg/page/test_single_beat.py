"""A single beat is found in pictures of many makes, and never in an ECG page."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from ecg.beats.drawing import DRAWING, draw_beat
from ecg.page.frame import Box
from ecg.page.single_beat import find_beat, may_be_beat
from tests.support.pages.drawn_pages import draw_page
from tests.support.project import ROOT

Grey = npt.NDArray[np.uint8]
SAMPLES = ROOT / "static" / "samples"


def beat(line: int = 2) -> Grey:
    """P, QRS and T as bells."""
    at = np.arange(192)
    bells = ((45, 8, 0.15), (92, 3, -0.2), (96, 3, 1.2), (101, 3, -0.3), (150, 14, 0.3))
    trace = sum(h * np.exp(-0.5 * ((at - m) / w) ** 2) for m, w, h in bells)
    return draw_beat(np.asarray(trace, np.float32), replace(DRAWING, line=line))


def scaled(width: int, height: int) -> Grey:
    return np.asarray(cv2.resize(beat(), (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def compressed() -> Grey:
    data = cv2.imencode(".jpg", beat(), [cv2.IMWRITE_JPEG_QUALITY, 40])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


MAKES: dict[str, Callable[[], Grey]] = {
    "a line of 1 px": lambda: beat(1),
    "a line of 3 px": lambda: beat(3),
    "small and square": lambda: scaled(64, 64),
    "three times as large": lambda: scaled(576, 384),
    "white around it": lambda: np.pad(beat(), 30, constant_values=255),
    "faint": lambda: (255 - (255 - beat()) // 4).astype(np.uint8),
    "saved as JPEG": compressed,
}
ELSE: dict[str, Callable[[], Grey]] = {
    "blank": lambda: np.full((128, 192), 255, np.uint8),
    "noise": lambda: np.random.default_rng(0).integers(0, 256, (128, 192), np.uint8),
    "two traces": lambda: np.concatenate([beat(), beat()]),
    "a filled shape": lambda: np.where(np.add.outer(range(128), range(192)) > 150, 0, 255).astype(
        np.uint8
    ),
    "a trace in a corner": lambda: np.pad(beat(), ((0, 400), (0, 500)), constant_values=255),
}


def test_it_works() -> None:
    found = find_beat(beat())

    assert found is not None
    assert found == Box(0, 0, 192, 128)


@pytest.mark.parametrize("make", MAKES)
def test_beats_of_other_makes_are_found(make: str) -> None:
    assert find_beat(MAKES[make]()) is not None


@pytest.mark.parametrize("name", ELSE)
def test_what_is_no_single_beat_is_not_called_one(name: str) -> None:
    assert find_beat(ELSE[name]()) is None


def test_white_around_the_beat_is_cut_off() -> None:
    found = find_beat(np.pad(beat(), 30, constant_values=255))

    assert found is not None
    assert np.abs(np.subtract(found.as_tuple(), (30, 30, 222, 158))).max() <= 1


def test_a_page_is_no_beat_in_any_size() -> None:
    page = draw_page((1600, 1120)).convert("L")
    for side in (1600, 640, 192):
        page.thumbnail((side, side))
        assert find_beat(np.asarray(page)) is None


def test_no_sample_page_is_a_beat() -> None:
    files = [p for p in sorted(SAMPLES.glob("*/*.png"))[::4] if p.parent.name != "beats"]
    for file in files:
        grey = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        assert find_beat(np.asarray(grey, np.uint8)) is None, file.name
    assert files


def test_the_box_moves_with_the_part_that_it_was_found_in() -> None:
    found = find_beat(beat())

    assert found is not None
    assert found.moved(10, 20) == Box(10, 20, 202, 148)


@pytest.mark.parametrize(
    ("size", "could"),
    [((192, 128), True), ((64, 64), True), ((900, 200), False), ((2400, 1600), False)],
)
def test_strips_and_large_pictures_are_not_looked_at(size: tuple[int, int], could: bool) -> None:
    assert may_be_beat(size) is could
