"""audit.fingerprint: the same recording is known again, another on the same template is not."""

from collections.abc import Callable

import pytest
from PIL import Image

from ecg.page.page import read_page
from tests.support.pages.drawn_copies import cropped, jpeg, resized, simulated_page, turned
from tests.support.pages.drawn_pages import draw_page, encode
from twelvelead.audit.fingerprint import SAME_FROM, similarity
from twelvelead.audit.ink import InkMap, find_ink

ALTERED: dict[str, Callable[[Image.Image], bytes]] = {
    "saved again at quality 30": lambda page: jpeg(page, 30),
    "half as large": lambda page: jpeg(resized(page, 0.5)),
    "twice as large": lambda page: jpeg(resized(page, 2)),
    "cropped by 3 % a side": lambda page: jpeg(cropped(page, 0.03)),
    "turned by one degree": lambda page: jpeg(turned(page, 1)),
    "cropped, half as large, quality 30": lambda page: jpeg(resized(cropped(page, 0.02), 0.5), 30),
}


def ink(data: bytes) -> InkMap:
    found = find_ink(read_page(data))
    assert found is not None
    return found


@pytest.mark.parametrize("name", ALTERED)
def test_an_altered_copy_is_the_same_recording(name: str) -> None:
    page = simulated_page(1)
    assert similarity(ink(ALTERED[name](page)), ink(jpeg(page))) > 0.95


def test_other_traces_on_the_same_template_are_another_recording() -> None:
    one, other = ink(jpeg(simulated_page(1))), ink(jpeg(simulated_page(2)))
    assert similarity(one, other) < SAME_FROM - 0.1


def test_other_traces_are_another_recording_without_a_frame_too() -> None:
    one, other = (ink(jpeg(cropped(simulated_page(seed), 0.03))) for seed in (1, 2))
    assert one.sides is None
    assert similarity(one, other) < SAME_FROM - 0.1


def test_a_page_drawn_without_a_frame_is_known_again() -> None:
    page = draw_page((1200, 840), frame=False)
    small = ink(encode(resized(page, 0.7)))
    assert similarity(small, ink(encode(page))) > 0.95
    assert similarity(small, ink(encode(draw_page((1200, 840), frame=False, seed=2)))) < SAME_FROM


def test_it_does_not_matter_which_comes_first() -> None:
    framed, cut = ink(jpeg(simulated_page(1))), ink(jpeg(cropped(simulated_page(1), 0.03)))
    assert similarity(framed, cut) == pytest.approx(similarity(cut, framed), abs=0.02)


def test_a_part_of_a_page_is_not_the_page() -> None:
    page = simulated_page(1)
    left = page.crop((0, 0, page.width // 2, page.height))
    assert similarity(ink(jpeg(left)), ink(jpeg(page))) < SAME_FROM
