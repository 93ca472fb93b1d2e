"""Values are kept for a while, and only so many."""

import time

from twelvelead.inference.cache import Cache


def test_it_works() -> None:
    kept = Cache[int](60)
    kept.put(1, "page", "model")
    assert kept.get("page", "model") == 1


def test_another_name_has_nothing() -> None:
    kept = Cache[int](60)
    kept.put(1, "page", "model")
    assert kept.get("page", "other") is None
    assert kept.get("page") is None


def test_a_value_goes_when_its_time_is_over() -> None:
    kept = Cache[int](0.02)
    kept.put(1, "page")
    time.sleep(0.03)
    assert kept.get("page") is None


def test_nothing_is_kept_for_no_time() -> None:
    kept = Cache[int](0)
    kept.put(1, "page")
    assert kept.get("page") is None


def test_the_oldest_goes_first() -> None:
    kept = Cache[int](60, most=2)
    for number, name in enumerate("abc"):
        kept.put(number, name)
    assert [kept.get(name) for name in "abc"] == [None, 1, 2]
