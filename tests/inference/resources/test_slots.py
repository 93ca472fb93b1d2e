"""So many compute at once, the others wait their turn, or go at their deadline."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from model_registry.errors import Busy
from twelvelead.inference.resources.limits import Deadline
from twelvelead.inference.resources.slots import Turns

LONG = Deadline()


def test_it_works() -> None:
    turns = Turns(2)
    with turns.turn(LONG), turns.turn(LONG):
        assert (turns.running, turns.waiting) == (2, 0)
    assert (turns.running, turns.waiting) == (0, 0)


def test_who_gets_no_turn_before_the_deadline_is_told() -> None:
    turns = Turns(1)
    with turns.turn(LONG), pytest.raises(Busy, match="Too many pages"), turns.turn(Deadline(0.02)):
        pass
    assert (turns.running, turns.waiting) == (0, 0)


def test_who_waits_goes_on_when_another_is_done() -> None:
    turns, went = Turns(1), threading.Event()

    def wait() -> None:
        with turns.turn(LONG):
            went.set()

    with ThreadPoolExecutor(1) as pool:
        with turns.turn(LONG):
            waiting = pool.submit(wait)
            while not turns.waiting and not waiting.done():
                time.sleep(0.001)
            assert not went.is_set()
            assert (turns.running, turns.waiting) == (1, 1)
        assert went.wait(5)


def test_a_turn_ends_with_an_error_too() -> None:
    turns = Turns(1)
    with pytest.raises(ZeroDivisionError), turns.turn(LONG):
        raise ZeroDivisionError
    with turns.turn(Deadline(0.1)):
        assert turns.running == 1


def test_who_waits_aside_leaves_the_turn_to_others_and_gets_one_again() -> None:
    turns = Turns(1)
    with turns.turn(LONG):
        with turns.aside(LONG), ThreadPoolExecutor(1) as pool:
            assert turns.running == 0
            assert pool.submit(_take, turns).result()
        assert turns.running == 1
        with pytest.raises(Busy), turns.turn(Deadline(0.02)):
            pass
    assert turns.running == 0


def test_who_gets_no_turn_again_has_lost_it() -> None:
    turns = Turns(1)
    with ThreadPoolExecutor(1) as pool, turns.turn(LONG):
        held = turns.turn(LONG)
        with pytest.raises(Busy), turns.aside(Deadline(0.05)):
            pool.submit(held.__enter__).result()
        assert turns.running == 1, "the other's"
        pool.submit(held.__exit__, None, None, None).result()
        assert turns.running == 0
    assert _take(turns), "it was not given back twice"
    with turns.turn(LONG), pytest.raises(Busy), turns.turn(Deadline(0.02)):
        pass


def test_a_fault_while_waiting_aside_keeps_the_turn() -> None:
    turns = Turns(1)
    with turns.turn(LONG):
        with pytest.raises(ZeroDivisionError), turns.aside(LONG):
            raise ZeroDivisionError
        assert turns.running == 1


def test_who_has_no_turn_waits_aside_without_getting_one() -> None:
    turns = Turns(1)
    with turns.aside(LONG):
        pass
    assert turns.running == 0


def test_whether_all_turns_are_held_for_too_long_is_told() -> None:
    turns = Turns(2)
    with turns.turn(LONG):
        assert not turns.are_held(0.0)
        with turns.turn(LONG):
            assert not turns.are_held(60.0)
            assert turns.are_held(0.0)
        assert not turns.are_held(0.0)


def _take(turns: Turns) -> bool:
    with turns.turn(Deadline(1)):
        return True


def test_who_works_in_many_short_turns_lets_others_in_between() -> None:
    turns, stop = Turns(1), threading.Event()

    def work() -> None:
        while not stop.is_set():
            with turns.turn(LONG):
                sum(range(20_000))

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        try:
            for _ in range(50):
                with turns.turn(Deadline(5)):
                    assert turns.running == 1
        finally:
            stop.set()
        working.result()


def test_who_has_waited_longest_is_next() -> None:
    turns, order = Turns(1), []

    def wait(number: int) -> None:
        with turns.turn(LONG):
            order.append(number)

    with ThreadPoolExecutor(4) as pool, turns.turn(LONG):
        for number in range(4):
            pool.submit(wait, number)
            while turns.waiting <= number:
                time.sleep(0.001)
    assert order == [0, 1, 2, 3]
