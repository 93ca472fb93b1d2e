"""Light traces on a dark ground are told from all else that is dark."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from ecg.page.page import read_page
from ecg.picture.tone import TURNED, is_light_on_dark
from ecg.simulate.beat_samples import BEAT_PLAN
from tests.support.pages.drawn_pages import draw_page, encode

FULL = (10**6, 10**6)
Grey = np.ndarray


def page(size: tuple[int, int] = (1600, 1120)) -> Grey:
    return np.asarray(draw_page(size).convert("L"))


def monitor() -> Image.Image:
    """A monitor's screen: black, green and yellow traces, white words."""
    screen = Image.new("RGB", (1280, 800))
    draw = ImageDraw.Draw(screen)
    xs = np.arange(40, 1240)
    for row, colour in enumerate(("lime", "lime", "yellow")):
        ys = 200 + 220 * row - 120 * np.exp(-(((xs % 240) / 240 - 0.5) ** 2) / 0.001)
        draw.line([*zip(xs.tolist(), ys.tolist(), strict=True)], fill=colour, width=2)
    draw.text((60, 30), "HR 75  SpO2 98", fill="white", font_size=30)
    return screen


def head() -> Grey:
    """A slice of a head: a bright ring around what is grey, on black."""
    seen = np.zeros((500, 500), np.uint8)
    cv2.ellipse(seen, (250, 250), (170, 220), 0, 0, 360, 80, -1)
    cv2.ellipse(seen, (250, 250), (170, 220), 0, 0, 360, 255, 12)
    cv2.circle(seen, (220, 220), 40, 30, -1)
    return seen


def sheet_on_a_dark_desk() -> Grey:
    desk = np.full((1500, 2400), 30, np.uint8)
    desk[300:1000, 700:1700] = page((1000, 700))
    return desk


def noise() -> Grey:
    drawn = np.random.default_rng(1).normal(60, 12, (600, 800))
    return np.clip(drawn, 0, 255).astype(np.uint8)


LIGHT_ON_DARK: dict[str, Callable[[], Grey]] = {
    "a negative": lambda: 255 - page(),
    "a small negative": lambda: 255 - page((400, 280)),
    "dark mode": lambda: (230 - page().astype(int) * 0.8).astype(np.uint8),
    "a monitor": lambda: np.asarray(monitor().convert("L")),
}
ELSE: dict[str, Callable[[], Grey]] = {
    "a page": page,
    "a page in the dark": lambda: (page() * 0.3).astype(np.uint8),
    "a page in deep darkness": lambda: (page() * 0.1).astype(np.uint8),
    "a page in half shadow": lambda: (page() * np.linspace(0.1, 0.5, 1600)).astype(np.uint8),
    "a head": head,
    "a sheet on a dark desk": sheet_on_a_dark_desk,
    "noise": noise,
    "black": lambda: np.zeros((300, 400), np.uint8),
}


@pytest.mark.parametrize("name", LIGHT_ON_DARK)
def test_light_lines_on_a_dark_ground_are_told(name: str) -> None:
    assert is_light_on_dark(LIGHT_ON_DARK[name]())


@pytest.mark.parametrize("name", ELSE)
def test_what_is_dark_otherwise_is_left_as_it_is(name: str) -> None:
    assert not is_light_on_dark(ELSE[name]())


@pytest.mark.parametrize("side", [64, 128, 300, 900])
def test_every_beat_on_dark_paper_is_told(side: int) -> None:
    for sample in BEAT_PLAN:
        beat = sample.picture()
        shown = beat.resize((side, side * beat.height // beat.width), Image.Resampling.BOX)
        assert is_light_on_dark(np.asarray(ImageOps.invert(shown)))
        assert not is_light_on_dark(np.asarray(shown))


def test_a_negative_page_is_read_as_the_page_and_says_so() -> None:
    drawn = draw_page((1600, 1120))
    upright, turned = read_page(encode(drawn)), read_page(encode(ImageOps.invert(drawn)))

    assert np.array_equal(turned.trace(FULL, "rgb"), upright.trace(FULL, "rgb"))
    assert np.array_equal(turned.whole(FULL), np.asarray(drawn))
    assert turned.frame == upright.frame is not None
    assert turned.notes == (TURNED,)
    assert upright.notes == ()


def test_a_page_on_a_monitor_is_turned() -> None:
    read = read_page(encode(monitor()))

    assert read.notes == (TURNED,)
    assert np.median(read.whole(FULL, "grey")) == 255
