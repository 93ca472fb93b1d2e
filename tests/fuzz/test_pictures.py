"""Whatever file is given as a picture, it is read as a page or refused with a sentence for people."""

import numpy as np
from hypothesis import event, given, settings

from ecg.digitise.digitise import read_traces
from ecg.digitise.traces import Traces
from ecg.errors import PageError
from ecg.page.page import MAX_PIXELS, Page, read_page
from ecg.picture.orientation import TURNS, UPRIGHT, read_orientation
from tests.fuzz.pictures import documents, exif_blocks, pictures


def assert_words(refused: PageError) -> None:
    words = str(refused)
    assert words[:1].isupper(), words
    assert words.endswith("."), words
    assert words.isprintable(), words
    assert "Error" not in words, words
    assert refused.__cause__ is None, "what holds a decoder's error holds its picture"


def read(data: bytes) -> Page | None:
    try:
        return read_page(data)
    except PageError as error:
        assert_words(error)
        return None


def assert_pixels(page: Page) -> None:
    width, height = page.size
    assert 0 < width * height <= MAX_PIXELS
    for wanted in ((20, 20), (10**6, 10**6)):
        grey, colours = page.trace(wanted), page.trace(wanted, "rgb")
        assert grey.dtype == colours.dtype == np.uint8
        assert colours.shape == (*grey.shape, 3)
        assert grey.size > 0
        assert page.whole(wanted).ndim == len("rgb")
    assert page.whole((10**6, 10**6)).shape == (height, width, 3)


def read_signals(page: Page) -> Traces | None:
    try:
        return read_traces(page)
    except PageError as error:
        assert_words(error)
        return None


@given(data=pictures())
def test_every_file_is_a_page_or_refused_with_a_sentence(data: bytes) -> None:
    page = read(data)
    if page is None:
        event("refused")
        return
    try:
        assert_pixels(page)
        event("read")
    except PageError as error:
        assert_words(error)
        event("refused when decoded in another size")
    assert read_signals(page) is None


@settings(max_examples=15, deadline=None)
@given(data=documents())
def test_every_document_is_a_page_or_refused_with_a_sentence(data: bytes) -> None:
    page = read(data)
    event("read" if page else "refused")
    if page:
        assert_pixels(page)


@given(block=exif_blocks())
def test_every_camera_s_notes_state_one_of_eight_orientations(block: bytes) -> None:
    assert read_orientation(block, block) in {UPRIGHT, *TURNS}
