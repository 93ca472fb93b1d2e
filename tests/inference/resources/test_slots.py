"""So many compute at once, the others wait their slot, or go at their deadline."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from model_registry.errors import Busy
from twelvelead.inference.resources.limits import Deadline
from twelvelead.inference.resources.slots import Slots

LONG = Deadline()


def test_it_works() -> None:
    slots = Slots(2)
    with slots.slot(LONG), slots.slot(LONG):
        assert (slots.running, slots.waiting) == (2, 0)
    assert (slots.running, slots.waiting) == (0, 0)


def test_who_gets_no_turn_before_the_deadline_is_told() -> None:
    slots = Slots(1)
    with slots.slot(LONG), pytest.raises(Busy, match="Too many pages"), slots.slot(Deadline(0.02)):
        pass
    assert (slots.running, slots.waiting) == (0, 0)


def test_who_waits_goes_on_when_another_is_done() -> None:
    slots, went = Slots(1), threading.Event()

    def wait() -> None:
        with slots.slot(LONG):
            went.set()

    with ThreadPoolExecutor(1) as pool:
        with slots.slot(LONG):
            waiting = pool.submit(wait)
            while not slots.waiting and not waiting.done():
                time.sleep(0.001)
            assert not went.is_set()
            assert (slots.running, slots.waiting) == (1, 1)
        assert went.wait(5)


def test_a_turn_ends_with_an_error_too() -> None:
    slots = Slots(1)
    with pytest.raises(ZeroDivisionError), slots.slot(LONG):
        raise ZeroDivisionError
    with slots.slot(Deadline(0.1)):
        assert slots.running == 1


def test_who_waits_aside_leaves_the_turn_to_others_and_gets_one_again() -> None:
    slots = Slots(1)
    with slots.slot(LONG):
        with slots.aside(LONG), ThreadPoolExecutor(1) as pool:
            assert slots.running == 0
            assert pool.submit(_take, slots).result()
        assert slots.running == 1
        with pytest.raises(Busy), slots.slot(Deadline(0.02)):
            pass
    assert slots.running == 0


def test_who_gets_no_turn_again_has_lost_it() -> None:
    slots = Slots(1)
    with ThreadPoolExecutor(1) as pool, slots.slot(LONG):
        held = slots.slot(LONG)
        with pytest.raises(Busy), slots.aside(Deadline(0.05)):
            pool.submit(held.__enter__).result()
        assert slots.running == 1, "the other's"
        pool.submit(held.__exit__, None, None, None).result()
        assert slots.running == 0
    assert _take(slots), "it was not given back twice"
    with slots.slot(LONG), pytest.raises(Busy), slots.slot(Deadline(0.02)):
        pass


def test_a_fault_while_waiting_aside_keeps_the_turn() -> None:
    slots = Slots(1)
    with slots.slot(LONG):
        with pytest.raises(ZeroDivisionError), slots.aside(LONG):
            raise ZeroDivisionError
        assert slots.running == 1


def test_who_has_no_turn_waits_aside_without_getting_one() -> None:
    slots = Slots(1)
    with slots.aside(LONG):
        pass
    assert slots.running == 0


def test_whether_all_turns_are_held_for_too_long_is_told() -> None:
    slots = Slots(2)
    with slots.slot(LONG):
        assert not slots.are_held(0.0)
        with slots.slot(LONG):
            assert not slots.are_held(60.0)
            assert slots.are_held(0.0)
        assert not slots.are_held(0.0)


def _take(slots: Slots) -> bool:
    with slots.slot(Deadline(1)):
        return True


def test_who_works_in_many_short_turns_lets_others_in_between() -> None:
    slots, stop = Slots(1), threading.Event()

    def work() -> None:
        while not stop.is_set():
            with slots.slot(LONG):
                sum(range(20_000))

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        try:
            for _ in range(50):
                with slots.slot(Deadline(5)):
                    assert slots.running == 1
        finally:
            stop.set()
        working.result()


def test_who_has_waited_longest_is_next() -> None:
    slots, order = Slots(1), []

    def wait(number: int) -> None:
        with slots.slot(LONG):
            order.append(number)

    with ThreadPoolExecutor(4) as pool, slots.slot(LONG):
        for number in range(4):
            pool.submit(wait, number)
            while slots.waiting <= number:
                time.sleep(0.001)
    assert order == [0, 1, 2, 3]
