"""A page and a beat's picture are told apart, and a beat is read without what stands around it."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from ecg.beats.drawing import DRAWING
from ecg.errors import UnreadablePicture
from ecg.page.page import read_page
from ecg.page.picture_kind import picture_kind
from ecg.simulate.beat_samples import BEAT_PLAN
from tests.support.pages.drawn_pages import draw_page, encode

FULL = (10**6, 10**6)


def beat() -> Image.Image:
    return BEAT_PLAN[0].picture()


def in_axes() -> Image.Image:
    """The beat inside a drawn box, as plots have one, with white around it."""
    height, width = DRAWING.size
    paper = Image.new("L", (width + 60, height + 60), "white")
    paper.paste(beat(), (30, 30))
    ImageDraw.Draw(paper).rectangle((22, 22, width + 37, height + 37), outline=0)
    return paper


def test_it_works() -> None:
    assert picture_kind(read_page(encode(beat()))) == "beat"
    assert picture_kind(read_page(encode(draw_page((1600, 1120))))) == "page"


def test_a_drawn_beat_is_read_whole_and_unaltered() -> None:
    assert np.array_equal(read_page(encode(beat())).trace(FULL), np.asarray(beat()))


def test_a_beat_on_dark_paper_is_read_as_one_on_light_paper() -> None:
    assert np.array_equal(
        read_page(encode(ImageOps.invert(beat()))).trace(FULL), np.asarray(beat())
    )


def test_drawn_axes_are_left_out() -> None:
    page = read_page(encode(in_axes()))

    assert picture_kind(page) == "beat"
    assert np.abs(np.subtract(page.area.as_tuple(), (30, 30, 222, 158))).max() <= 2


def test_a_beat_may_be_smaller_than_a_page() -> None:
    small = beat().resize((64, 64), Image.Resampling.BOX)

    assert picture_kind(read_page(encode(small))) == "beat"
    with pytest.raises(UnreadablePicture, match="64 x 64 pixels; each side needs at least 100"):
        read_page(encode(Image.new("L", (64, 64), "white")))
