"""audit.candidates: the copy comes first."""

from ecg.page.page import read_page
from tests.support.pages.drawn_copies import cropped, jpeg, simulated_page
from twelvelead.audit.candidates import Search, describe
from twelvelead.audit.ink import find_ink


def search(*files: bytes) -> Search:
    inks = [find_ink(read_page(data)) for data in files]
    return Search([describe(ink) for ink in inks if ink])


def test_a_copy_comes_first_among_pages_with_frames() -> None:
    pages = [jpeg(simulated_page(seed)) for seed in (1, 2, 3)]
    found = search(*pages, jpeg(simulated_page(2), 30))
    assert next(one.other for one in found.near(3)) == 1
    assert not list(found.near_by_columns(3))


def test_a_crop_without_its_frame_finds_its_page_and_its_scale() -> None:
    pages = [jpeg(simulated_page(seed)) for seed in (1, 2, 3)]
    found = search(*pages, jpeg(cropped(simulated_page(2), 0.03)))
    first = next(found.near_by_columns(3))
    assert first.other == 1
    assert abs(first.scale - 0.94) < 0.02
    assert not list(found.near(3))


def test_no_page_is_its_own_candidate() -> None:
    found = search(jpeg(simulated_page(1)), jpeg(simulated_page(2)))
    assert [one.other for one in found.near(0)] == [1]
