"""Models in memory stay under a budget."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from model_registry.errors import Busy, ModelTooLarge, WeightsError
from tests.support.models.framework_runs import until
from twelvelead.inference.engines.model_cache import ModelCache
from twelvelead.inference.resources.limits import Deadline
from twelvelead.inference.resources.slots import Slots


class Shelf:
    """Models that take so many bytes; notes what is loaded and put out."""

    def __init__(self, **sizes: int) -> None:
        self.sizes = sizes
        self.said: list[str] = []
        self.gate = threading.Event()
        self.gate.set()

    def load(self, key: str, deadline: Deadline) -> int:
        self.gate.wait(min(deadline.left(), 10))
        self.said.append(f"+{key}")
        if self.sizes[key] < 0:
            raise WeightsError("damaged")
        return self.sizes[key]

    def unload(self, key: str) -> None:
        self.said.append(f"-{key}")


def cached(shelf: Shelf, budget: int = 100) -> ModelCache:
    return ModelCache(budget, shelf.load, shelf.unload)


def touch(cache: ModelCache, *keys: str) -> None:
    for key in keys:
        with cache.use(key):
            pass


def use(cache: ModelCache, key: str, size: int) -> None:
    with cache.use(key, size):
        pass


def test_it_loads_a_model_once_and_keeps_it() -> None:
    shelf = Shelf(a=40, b=40)
    cache = cached(shelf)
    touch(cache, "a", "b", "a", "b")
    assert shelf.said == ["+a", "+b"]
    assert cache.resident == {"a": 40, "b": 40}


def test_the_least_recently_used_is_put_out_first() -> None:
    shelf = Shelf(a=40, b=40, c=40)
    cache = cached(shelf)
    touch(cache, "a", "b", "a", "c")
    assert shelf.said == ["+a", "+b", "+c", "-b"]
    assert cache.evictions == {"b": 1}
    assert sum(cache.resident.values()) <= cache.budget


def test_what_was_measured_before_makes_room_before_loading() -> None:
    shelf = Shelf(a=60, b=60)
    cache = cached(shelf)
    touch(cache, "a", "b", "a")
    assert shelf.said == ["+a", "+b", "-a", "-b", "+a"]


def test_a_model_in_use_is_never_put_out() -> None:
    shelf = Shelf(a=60, b=60)
    cache = cached(shelf)
    with cache.use("a"):
        told = pytest.raises(Busy, match="still being loaded")
        with told, cache.use("b", 60, Deadline(0.05)):
            pass
        assert shelf.said == ["+a"]
    touch(cache, "b")
    assert cache.resident == {"b": 60}


def test_who_needs_room_gets_it_when_the_other_is_done() -> None:
    shelf = Shelf(a=60, b=60)
    cache = cached(shelf)
    other = threading.Thread(target=lambda: touch(cache, "b"))
    with cache.use("a", 60):
        other.start()
        time.sleep(0.05)
        assert "a" in cache.resident
    other.join(5)
    assert cache.resident == {"b": 60}


def test_a_model_above_the_budget_is_refused_with_both_numbers() -> None:
    shelf = Shelf(a=250_000_000)
    cache = cached(shelf, 100_000_000)
    with pytest.raises(ModelTooLarge, match=r"250 MB.*100 MB"), cache.use("a"):
        pass
    assert shelf.said == ["+a", "-a"]
    with pytest.raises(ModelTooLarge), cache.use("a"):
        pass
    assert shelf.said == ["+a", "-a"], "it is not loaded again to be measured"


def test_a_model_above_the_budget_by_its_file_is_not_even_loaded() -> None:
    shelf = Shelf(a=250)
    with pytest.raises(ModelTooLarge), cached(shelf).use("a", 250):
        pass
    assert shelf.said == []


def test_a_large_model_puts_nobody_out_when_it_is_refused() -> None:
    shelf = Shelf(a=60, b=250)
    cache = cached(shelf)
    touch(cache, "a")
    with pytest.raises(ModelTooLarge), cache.use("b"):
        pass
    assert cache.resident == {"a": 60}


def test_many_who_ask_at_once_load_it_once() -> None:
    shelf = Shelf(a=40)
    shelf.gate.clear()
    cache = cached(shelf)
    asking = [threading.Thread(target=lambda: touch(cache, "a")) for _ in range(16)]
    for thread in asking:
        thread.start()
    shelf.gate.set()
    for thread in asking:
        thread.join(5)
    assert shelf.said == ["+a"]


def test_a_load_goes_on_when_those_who_asked_had_to_leave() -> None:
    shelf = Shelf(a=40)
    shelf.gate.clear()
    cache = cached(shelf)
    for _ in range(2):
        with pytest.raises(Busy, match="still being loaded"), cache.use("a", 0, Deadline(0.02)):
            pass
    shelf.gate.set()
    touch(cache, "a")
    assert shelf.said == ["+a"]


def test_a_load_that_takes_too_long_lets_others_go_at_their_deadline() -> None:
    shelf = Shelf(a=40, b=40)
    shelf.gate.clear()
    cache = cached(shelf)
    slow = threading.Thread(target=lambda: touch(cache, "a"))
    slow.start()
    with pytest.raises(Busy, match="still being loaded"), cache.use("b", 0, Deadline(0.05)):
        pass
    shelf.gate.set()
    slow.join(5)


def test_a_load_that_fails_is_told_and_tried_again() -> None:
    shelf = Shelf(a=-1)
    cache = cached(shelf)
    with pytest.raises(WeightsError), cache.use("a"):
        pass
    shelf.sizes["a"] = 10
    touch(cache, "a")
    assert cache.resident == {"a": 10}


def test_a_forgotten_model_is_loaded_again() -> None:
    shelf = Shelf(a=40)
    cache = cached(shelf)
    touch(cache, "a")
    cache.forget("a")
    touch(cache, "a")
    assert shelf.said == ["+a", "+a"]


def test_a_load_that_nobody_waits_for_any_more_does_not_begin() -> None:
    shelf = Shelf(a=40, b=40, c=40)
    shelf.gate.clear()
    cache = cached(shelf)
    first = threading.Thread(target=lambda: touch(cache, "a"))
    first.start()
    with pytest.raises(Busy), cache.use("b", 0, Deadline(0.05)):
        pass
    shelf.gate.set()
    first.join(5)
    touch(cache, "c")
    assert shelf.said == ["+a", "+c"]
    touch(cache, "b")
    assert shelf.said[:3] == ["+a", "+c", "+b"]


def test_where_no_thread_can_be_started_who_asks_is_told_and_the_next_one_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    cache = cached(Shelf(a=40))
    with monkeypatch.context() as machine:
        machine.setattr("threading.Thread.start", refuse)
        with pytest.raises(Busy, match="no room for another thread"), cache.use("a"):
            pass
    touch(cache, "a")
    assert cache.resident == {"a": 40}


def test_what_is_put_out_is_loaded_again_and_measured_again() -> None:
    shelf = Shelf(a=250)
    cache = cached(shelf)
    with pytest.raises(ModelTooLarge), cache.use("a"):
        pass
    shelf.sizes["a"] = 40
    cache.put_out("a", Deadline(5))
    touch(cache, "a")
    cache.put_out("a", Deadline(5))
    assert cache.resident == {}
    assert shelf.said == ["+a", "-a", "+a", "-a"]
    assert cache.evictions == {}, "it made room for nobody"


def test_what_is_in_use_is_not_put_out() -> None:
    shelf = Shelf(a=40)
    cache = cached(shelf)
    with cache.use("a"), pytest.raises(Busy, match="still in use"):
        cache.put_out("a", Deadline(0.05))
    assert cache.resident == {"a": 40}


def test_what_is_retired_goes_when_it_is_no_longer_used_and_is_loaded_anew() -> None:
    shelf = Shelf(a=40)
    cache = cached(shelf)
    touch(cache, "a")
    with ThreadPoolExecutor(1) as pool, cache.use("a"):
        cache.retire("a")
        assert cache.resident == {}
        assert shelf.said == ["+a"], "it is in use"
        later = pool.submit(touch, cache, "a")
    later.result()
    assert shelf.said == ["+a", "-a", "+a"], "one form of it is in memory at a time"
    assert cache.resident == {"a": 40}


def test_what_nobody_uses_is_retired_at_once() -> None:
    shelf = Shelf(a=40)
    cache = cached(shelf)
    touch(cache, "a")
    cache.retire("a")
    cache.retire("a")
    assert shelf.said == ["+a", "-a"]


def test_who_waits_for_a_load_lets_others_compute() -> None:
    shelf, slots = Shelf(a=40), Slots(1)
    shelf.gate.clear()
    cache = ModelCache(100, shelf.load, shelf.unload, slots.aside)
    has_slot = threading.Event()

    def ask() -> None:
        with slots.slot(Deadline()):
            has_slot.set()
            touch(cache, "a")

    asking = threading.Thread(target=ask)
    asking.start()
    assert has_slot.wait(5)
    with slots.slot(Deadline(5)):
        assert shelf.said == []
    shelf.gate.set()
    asking.join(5)
    assert cache.resident == {"a": 40}


def test_a_load_that_waits_for_room_holds_up_no_other() -> None:
    shelf = Shelf(a=60, b=60, c=30)
    cache = cached(shelf)
    waiting = threading.Thread(target=lambda: use(cache, "b", 60))
    with cache.use("a", 60):
        waiting.start()
        until(lambda: "b" in vars(cache)["_fetching"])
        with cache.use("c", 30, Deadline(5)):
            assert shelf.said == ["+a", "+c"]
    waiting.join(5)
    assert "b" in cache.resident


def test_a_model_that_turns_out_larger_than_there_is_room_waits_and_is_loaded_once_more() -> None:
    shelf = Shelf(a=60, b=60)
    cache = cached(shelf)
    waiting = threading.Thread(target=lambda: touch(cache, "b"))
    with cache.use("a"):
        waiting.start()
        until(lambda: shelf.said[-1] == "-b")
        assert shelf.said == ["+a", "+b", "-b"]
    waiting.join(5)
    assert shelf.said == ["+a", "+b", "-b", "-a", "+b"]
