"""web.jobs.recording_jobs: recordings in memory, each for its session, within bounds, forgotten at last."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from ecg.signal.signal import Signal
from tests.support.signals.signal_fakes import said_of
from tests.support.web.live import wait_for
from twelvelead.inference.batch import Recording
from twelvelead.inference.prediction import Answers
from twelvelead.inference.predictor import Asker
from twelvelead.web.jobs.recording_jobs import (
    Job,
    JobLimits,
    NoRoom,
    SignalJobs,
    UnknownRecording,
    WorkTime,
)

SAMPLES = 1000
ANN, BEN = "ann", "ben"


def job(owner: str = ANN, *, client: str = "", cost: float = 1.0) -> Job:
    signal = Signal(np.zeros((1, SAMPLES), np.float32), 360.0, ("II",))
    return Job(owner, signal, ("II",), ("a_model",), client=client, cost=cost)


def answers(one: Job) -> Answers[Recording]:
    return said_of(one.signal, np.array([5]))


class Gate:
    """Work that goes on, one step at a time, when a test says so."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.began: list[str] = []
        self.dropped: list[str] = []

    def __call__(self, one: Job, asker: Asker) -> Answers[Recording]:
        self.began.append(one.id)
        while not self.open.wait(0.01):
            try:
                asker.note(0.25)
            except BaseException:
                self.dropped.append(one.id)
                raise
        return answers(one)


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.open.set()


def done(one: Job) -> Job:
    wait_for(lambda: one.is_over)
    return one


def test_it_works() -> None:
    jobs = SignalJobs(lambda one, _: answers(one))
    one = done(jobs.add(job()))
    assert (one.state, one.share, one.error) == ("done", 1.0, None)
    assert one.answers is not None
    assert jobs.find(one.id, ANN) is one


def test_names_are_long_and_differ() -> None:
    names = {job().id for _ in range(100)}
    assert len(names) == 100
    assert min(map(len, names)) >= 32


@pytest.mark.parametrize("owner", [BEN, None, ""])
def test_another_session_finds_nothing(owner: str | None) -> None:
    jobs = SignalJobs(lambda one, _: answers(one))
    one = jobs.add(job())
    with pytest.raises(UnknownRecording, match="Send it again"):
        jobs.find(one.id, owner)
    with pytest.raises(UnknownRecording):
        jobs.find("another", ANN)


def test_progress_is_told_and_others_wait_in_their_order(gate: Gate) -> None:
    jobs = SignalJobs(gate)
    first = jobs.add(job())
    wait_for(lambda: first.share == 0.25)
    second, third = jobs.add(job(BEN)), jobs.add(job())
    assert (first.state, second.state) == ("running", "waiting")
    assert [jobs.before(one)[0] for one in (second, third)] == [1, 2]
    gate.open.set()
    assert [done(one).state for one in (first, second, third)] == ["done"] * 3
    assert gate.began == [first.id, second.id, third.id]


def test_what_goes_wrong_is_kept_and_the_next_goes_on() -> None:
    def work(one: Job, _: Asker) -> Answers[Recording]:
        if one.owner == ANN:
            raise ZeroDivisionError
        return answers(one)

    jobs = SignalJobs(work)
    wrong, right = done(jobs.add(job(ANN))), done(jobs.add(job(BEN)))
    assert (wrong.state, type(wrong.error)) == ("failed", ZeroDivisionError)
    assert right.state == "done"


def test_a_sessions_oldest_recording_makes_room_for_its_newest() -> None:
    jobs = SignalJobs(lambda one, _: answers(one), JobLimits(each=2))
    other = jobs.add(job(BEN))
    first, second, third = (done(jobs.add(job())) for _ in range(3))
    with pytest.raises(UnknownRecording):
        jobs.find(first.id, ANN)
    for one in (second, third):
        assert jobs.find(one.id, ANN) is one
    assert jobs.find(other.id, BEN) is other


def test_work_that_nobody_waits_for_ends(gate: Gate) -> None:
    jobs = SignalJobs(gate)
    one = jobs.add(job())
    wait_for(lambda: one.id in gate.began)
    jobs.forget(one)
    wait_for(lambda: gate.dropped == [one.id])
    with pytest.raises(UnknownRecording):
        jobs.find(one.id, ANN)


def test_finished_recordings_make_room_the_one_seen_longest_ago_first() -> None:
    jobs = SignalJobs(lambda one, _: answers(one), JobLimits(most=2))
    first, second = (done(jobs.add(job(owner))) for owner in (ANN, BEN))
    jobs.find(first.id, ANN)
    third = jobs.add(job("cleo"))
    assert [jobs.find(one.id, one.owner) for one in (first, third)] == [first, third]
    with pytest.raises(UnknownRecording):
        jobs.find(second.id, BEN)


@pytest.mark.parametrize(
    "limits", [JobLimits(most=2), JobLimits(memory=2 * 4 * SAMPLES)], ids=["count", "bytes"]
)
def test_where_all_are_at_work_nobody_is_let_in(gate: Gate, limits: JobLimits) -> None:
    jobs = SignalJobs(gate, limits)
    first = jobs.add(job(ANN))
    wait_for(lambda: first.state == "running")
    jobs.add(job(BEN, client=BEN))
    with pytest.raises(NoRoom, match="Too many recordings") as raised:
        jobs.add(job("cleo", client="cleo"))
    assert raised.value.retry_after > 0
    assert len(jobs) == 2


def test_a_recording_is_forgotten_some_time_after_the_last_look() -> None:
    jobs = SignalJobs(lambda one, _: answers(one), JobLimits(kept=60.0))
    one = done(jobs.add(job()))
    for _ in range(3):
        one.seen -= 50  # as if so many seconds had gone by
        jobs.find(one.id, ANN)
    one.seen -= 61
    with pytest.raises(UnknownRecording):
        jobs.find(one.id, ANN)
    assert len(jobs) == 0


def test_the_models_have_so_much_time_and_no_more() -> None:
    seen: list[float] = []

    def work(one: Job, asker: Asker) -> Answers[Recording]:
        seen.append(asker.deadline.left())
        return answers(one)

    done(SignalJobs(work, JobLimits(patience=50.0)).add(job()))
    assert 40 < seen[0] <= 50


def test_a_short_recording_passes_a_long_one_that_has_begun(gate: Gate) -> None:
    jobs = SignalJobs(gate)
    long = jobs.add(job(ANN, cost=100))
    wait_for(lambda: long.id in gate.began)
    short = jobs.add(job(BEN, cost=5))
    wait_for(lambda: short.id in gate.began)
    assert long.paused
    assert jobs.before(short) == (0, 0.0)
    jobs.forget(short)
    wait_for(lambda: not long.paused)
    gate.open.set()
    assert done(long).state == "done"


def test_no_more_than_two_have_begun(gate: Gate) -> None:
    jobs = SignalJobs(gate)
    for cost in (200, 50):
        one = jobs.add(job(str(cost), client=str(cost), cost=cost))
        wait_for(lambda: one.id in gate.began)  # noqa: B023 - called here
    third = jobs.add(job("cleo", client="cleo", cost=1))
    assert (one.share, third.state) == (0.25, "waiting")
    gate.open.set()
    assert done(third).state == "done"


def test_time_in_which_others_pass_does_not_count() -> None:
    left = WorkTime(50.0)
    left.extend(100.0)
    assert 140 < left.left() <= 150


def test_nothing_is_dropped_for_one_that_is_refused(gate: Gate) -> None:
    jobs = SignalJobs(gate, JobLimits(each=2, work=50))
    kept = [jobs.add(job(cost=cost)) for cost in (5, 30)]
    with pytest.raises(NoRoom, match="from your address"):
        jobs.add(job(cost=40))
    assert [jobs.find(one.id, ANN) for one in kept] == kept
