"""No page takes long or much memory, whatever is drawn on it, and it stops when told."""

from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ecg.digitise.digitise import MOST_PIXELS, read_traces
from ecg.errors import UnreadableTraces
from ecg.interrupt import unhurried
from ecg.page.page import Page, read_page
from ecg.simulate.paint import PageLayout, paint_page
from ecg.simulate.twelve_leads import LEADS, simulate
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.web.resident_memory import memory_taken
from twelvelead.evaluation.digitise_figures import snr

FRAME = PageLayout().frame
ENLARGED = 2.6  # of the drawn page: 24 megapixels
MOST_MB = 200  # that reading a page of 25 megapixels may take; it took 460


@cache
def clean(scale: float = 1.0) -> Image.Image:
    page = paint_page(simulate("sinus_rhythm", seed=3))
    size = round(page.width * scale), round(page.height * scale)
    return page.resize(size, Image.Resampling.BICUBIC) if scale != 1 else page


def striped(period: int) -> Page:
    """A clean page with level stripes between the lines and pulses, as many as rows would have."""
    pixels = np.array(clean())
    width = FRAME.width
    for number in range(9):
        left = FRAME.left + round(width * (0.05 + 0.12 * number))
        stripes = pixels[FRAME.top + 20 : FRAME.bottom - 20, left : left + round(0.07 * width)]
        stripes[::period] = 0
    return read_page(encode(Image.fromarray(pixels), compress_level=1))


class Stopped(Exception):
    """Raised by a check that stops work."""


@pytest.mark.parametrize("period", [3, 8, 14, 25])
def test_a_frame_full_of_stripes_is_refused(period: int) -> None:
    with pytest.raises(UnreadableTraces, match="far more ink in the frame than traces have"):
        read_traces(striped(period))


def test_a_frame_with_some_columns_of_countless_runs_is_refused() -> None:
    pixels = np.array(clean())
    pixels[FRAME.top + 300 : FRAME.bottom - 300 : 2, FRAME.left + 400 : FRAME.left + 440] = 0

    with pytest.raises(UnreadableTraces, match="far more ink in the frame than traces have"):
        read_traces(read_page(encode(Image.fromarray(pixels), compress_level=1)))


def test_a_frame_full_of_what_may_be_pulses_is_refused() -> None:
    pixels = np.array(clean())
    pixels[FRAME.top + 10 : FRAME.bottom - 10, FRAME.left + 5 : FRAME.left + 300] = 255
    for number in range(50):  # corners, each inside the one before
        x, y = FRAME.left + 10 + 4 * number, FRAME.top + 30 + 4 * number
        pixels[y : y + 80, x : x + 2] = pixels[y : y + 2, x : x + 40] = 0

    with pytest.raises(UnreadableTraces, match="far more ink in the frame than traces have"):
        read_traces(read_page(encode(Image.fromarray(pixels), compress_level=1)))


def test_a_frame_that_is_higher_than_wide_is_another_layout() -> None:
    with pytest.raises(UnreadableTraces, match="higher than wide"):
        read_traces(read_page(encode(draw_page((1000, 1400)))))


def test_work_is_asked_between_its_steps_whether_it_is_still_wanted() -> None:
    page, asked = read_page(encode(clean(), compress_level=1)), []
    read_traces(page, lambda: asked.append(1))
    assert len(asked) >= 16  # measuring, and each lead

    def stop_at(number: int) -> None:
        asked.append(1)
        if len(asked) == number:
            raise Stopped

    for number in (1, 4, 8, len(asked)):
        asked.clear()
        with pytest.raises(Stopped):
            read_traces(page, partial(stop_at, number))


def test_a_page_of_25_megapixels_is_read_as_well_as_a_small_one() -> None:
    page = read_page(encode(clean(ENLARGED), compress_level=1))
    assert page.frame is not None
    assert page.frame.width * page.frame.height > MOST_PIXELS
    found, ecg = read_traces(page, unhurried), simulate("sinus_rhythm", seed=3)

    for trace in found.traces:
        first = round(trace.start * found.rate)
        drawn = ecg.signals[LEADS.index(trace.lead)][first : first + trace.millivolts.size]
        assert snr(drawn, trace.millivolts) > 15


def test_a_page_of_25_megapixels_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    clean(ENLARGED).save(path, compress_level=1)
    modules = "from ecg.digitise.digitise import read_traces\nfrom ecg.page.page import read_page"

    assert memory_taken(modules, f"read_traces(read_page(open({str(path)!r}, 'rb').read()))") < (
        MOST_MB
    )
