"""So many compute at once, the others wait their turn, or go at their deadline."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from inference.limits import Deadline
from inference.turns import Turns
from model_registry.errors import Busy

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
