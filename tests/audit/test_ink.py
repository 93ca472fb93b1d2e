"""audit.ink: traces without paper, grid and lines."""

from PIL import Image

from ecg.page.page import read_page
from tests.support.pages.drawn_pages import draw_page, encode, frame_inside
from twelvelead.audit.ink import WIDTH, find_ink

SIZE = (1200, 840)


def test_it_holds_the_traces_inside_the_frame_and_nothing_around_them() -> None:
    found = find_ink(read_page(encode(draw_page(SIZE))))
    assert found is not None
    assert found.sides is not None
    pixels = found.pixels()
    assert pixels.shape == (round(WIDTH * SIZE[1] / SIZE[0]), WIDTH)
    top = round(frame_inside(SIZE).top * WIDTH / SIZE[0])
    assert not pixels[:top].any()
    assert 0.005 < (pixels > 0).mean() < 0.2


def test_words_around_the_frame_change_nothing() -> None:
    pages = [draw_page(SIZE, words=(words, "")) for words in ("ID 1", "another patient")]
    one, other = (find_ink(read_page(encode(page))) for page in pages)
    assert one == other


def test_without_a_frame_it_holds_the_whole_picture() -> None:
    found = find_ink(read_page(encode(draw_page(SIZE, frame=False))))
    assert found is not None
    assert found.sides is None
    assert found.area == (0, 0, WIDTH, found.height)


def test_an_empty_sheet_has_no_ink() -> None:
    assert find_ink(read_page(encode(Image.new("RGB", SIZE, "white")))) is None
