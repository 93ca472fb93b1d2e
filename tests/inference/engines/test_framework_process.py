"""A process that ended by itself may be started again at once, again and again after pauses."""

from twelvelead.inference.engines.framework_process import Restarts


def test_it_works() -> None:
    restarts = Restarts()
    assert restarts.left(now=0) == 0
    restarts.note_end(age=100, now=100)
    assert restarts.left(now=100) == 0


def test_the_pauses_double_up_to_a_minute() -> None:
    restarts, now, pauses = Restarts(), 0.0, []
    for _ in range(10):
        now += 1
        restarts.note_end(age=1, now=now)
        pauses.append(restarts.left(now))
        now += pauses[-1]
        assert restarts.left(now) == 0

    assert pauses == [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_pause_runs_out() -> None:
    restarts = Restarts()
    for _ in range(4):
        restarts.note_end(age=1, now=10)
    assert restarts.left(now=12.5) == 1.5


def test_a_process_that_lived_ends_the_row_of_short_lives() -> None:
    restarts = Restarts()
    for age in (1, 1, 1, 600, 1):
        restarts.note_end(age, now=1000)
    assert restarts.left(now=1000) == 0
