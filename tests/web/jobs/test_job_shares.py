"""web.jobs.job_order and web.jobs.job_room: who is next, and how much of all the work one client may have."""

import numpy as np
import pytest

from ecg.signal.signal import Signal
from twelvelead.web.jobs.job import Job, JobLimits, NoRoom
from twelvelead.web.jobs.job_order import JobOrder
from twelvelead.web.jobs.job_room import make_room

HOG, ANN, BEN = "192.0.2.1", "192.0.2.2", "192.0.2.3"


def job(client: str, cost: float = 10.0, *, waited: float = 0.0, state: str = "waiting") -> Job:
    """One from a session of its own, that came `waited` s ago."""
    signal = Signal(np.zeros((1, 1000), np.float32), 360.0, ("II",))
    made = Job(f"{client} {id(signal)}", signal, ("II",), ("a_model",), client=client, cost=cost)
    made.came -= waited
    if state != "waiting":
        made.begin()
    made.state = state  # type: ignore[assignment]  # one of them, by the tests
    return made


def order_of(jobs: list[Job]) -> list[Job]:
    """In which order they are worked on, one after the other."""
    order, left, found = JobOrder(), list(jobs), []
    while (one := order.first(left)) is not None:
        left.remove(one)
        one.state = "done"
        order.charge(one)
        found.append(one)
    return found


def test_it_works() -> None:
    one = job(ANN)
    assert order_of([one]) == [one]
    assert make_room(job(BEN), [one], JobLimits()) == []


def test_the_shortest_is_first() -> None:
    long, short, middle = job(HOG, 200), job(ANN, 1), job(BEN, 20)
    assert order_of([long, short, middle]) == [short, middle, long]


def test_one_that_has_waited_as_long_as_it_will_take_is_passed_by_no_newcomer() -> None:
    old, new = job(HOG, 200, waited=250), job(ANN, 1)
    assert order_of([new, old]) == [old, new]


def test_clients_take_turns() -> None:
    many = [job(HOG) for _ in range(3)]
    few = [job(ANN), job(BEN)]
    assert order_of([*many, *few]) == [many[0], *few, *many[1:]]


def test_one_that_has_begun_is_passed_by_shorter_ones_alone() -> None:
    order, begun = JobOrder(), job(HOG, 100, state="running")
    begun.share = 0.5
    short, long = job(ANN, 20), job(BEN, 60)
    assert order.first([begun, short, long], before=begun) is short
    assert order.first([begun, long], before=begun) is None
    begun.waited = 500
    assert order.first([begun, short], before=begun) is None


def test_what_a_client_had_is_forgotten() -> None:
    first, second = job(HOG, 10, waited=1), job(ANN, 10)
    for half_life, expected in ((300.0, second), (1e-9, first)):
        order = JobOrder(half_life)
        order.charge(job(HOG, 100))
        assert order.first([first, second]) is expected


def test_those_before_one_that_waits_are_counted() -> None:
    order = JobOrder()
    begun, short, one, long = (
        job(HOG, 100, state="running"),
        job(ANN, 5),
        job(BEN, 20),
        job(HOG, 90),
    )
    assert order.ahead_of(one, [begun, short, one, long]) == [begun, short]
    assert order.ahead_of(begun, [begun, short]) == []


def test_one_client_has_no_more_work_than_its_share_and_others_come_in() -> None:
    limits, kept = JobLimits(work=300), [job(HOG, 120)]
    assert make_room(job(HOG, 120), kept, limits) == []
    kept.append(job(HOG, 120))
    with pytest.raises(NoRoom, match="that will take 4 min: send this one again in 60 s") as full:
        make_room(job(HOG, 120), kept, limits)
    assert full.value.retry_after == pytest.approx(60)
    assert make_room(job(ANN, 120), kept, limits) == []


def test_one_long_recording_is_always_let_in() -> None:
    assert make_room(job(ANN, 299), [job(BEN, 299)], JobLimits(work=100)) == []


def test_where_much_work_waits_short_recordings_still_come_in() -> None:
    limits = JobLimits(all_work=1000, short=20)
    kept = [job(f"192.0.2.{n}", 240) for n in range(10, 14)]
    assert make_room(job(ANN, 20), [*kept, job("192.0.2.9", 240)], limits) == []
    with pytest.raises(NoRoom, match="or a shorter one now") as full:
        make_room(job(ANN, 100), kept, limits)
    assert full.value.retry_after == pytest.approx(60)


def test_one_client_keeps_no_more_than_its_share() -> None:
    limits = JobLimits(client=3)
    own = [job(HOG, state="done") for _ in range(3)]
    own[1].seen -= 50
    other = job(ANN, state="done")
    other.seen -= 500
    assert make_room(job(HOG), [other, *own], limits) == [own[1]]
    with pytest.raises(NoRoom, match="from your address"):
        make_room(job(HOG, 1), [job(HOG, 1) for _ in range(3)], limits)


def test_one_client_has_half_of_the_memory() -> None:
    limits = JobLimits(memory=8 * 4000)
    with pytest.raises(NoRoom, match="from your address"):
        make_room(job(HOG, 1), [job(HOG, 1) for _ in range(4)], limits)
    assert make_room(job(ANN, 1), [job(HOG, 1) for _ in range(4)], limits) == []


def test_room_is_made_by_who_keeps_most_and_never_by_what_is_unfinished_of_others() -> None:
    limits = JobLimits(most=5)
    hog = [job(HOG, state="done") for _ in range(2)]
    waiting, done = job(BEN), job(BEN, state="done")
    done.seen -= 500
    unfinished = job(HOG, 1)
    gone = make_room(job(ANN), [done, waiting, *hog, unfinished], limits)
    assert gone == [hog[0]]
    with pytest.raises(NoRoom, match="Too many recordings are being") as full:
        make_room(job(ANN, 1), [job(f"192.0.2.{n}", n) for n in range(10, 15)], limits)
    assert full.value.retry_after == pytest.approx(10)


@pytest.mark.parametrize(
    ("seconds", "told", "words"),
    [
        (0.2, 1, "1 s"),
        (7.3, 8, "8 s"),
        (99.0, 99, "99 s"),
        (99.5, 120, "2 min"),
        (130, 180, "3 min"),
    ],
)
def test_a_wait_is_told_alike_in_words_and_in_seconds(
    seconds: float, told: int, words: str
) -> None:
    full = NoRoom("Send it again in {wait}.", seconds)
    assert (full.retry_after, str(full)) == (told, f"Send it again in {words}.")
