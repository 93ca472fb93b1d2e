"""A framework's process that is killed, hangs or ends again and again harms one question at most."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from model_registry.errors import BackendEnded, Busy, ModelUnavailable
from tests.support.models.fake_framework import logged, make_fake_model
from tests.support.models.framework_runs import BATCH, FAKE, entry_of, kill, pid_of, running, until
from twelvelead.inference.engines.backend import Backend, Batch
from twelvelead.inference.engines.framework_process import FrameworkProcess
from twelvelead.inference.engines.patience import LOADING
from twelvelead.inference.resources.limits import Deadline
from twelvelead.inference.resources.slots import Slots


@pytest.fixture
def backend() -> Iterator[Backend]:
    backend = Backend(FAKE, threads=1)
    yield backend
    backend.close()


def test_a_process_that_ends_in_a_run_is_told_and_the_next_call_works(
    tmp_path: Path, backend: Backend
) -> None:
    home = make_fake_model(tmp_path)
    entry = entry_of(home)
    (home / "exit").touch()

    with pytest.raises(ModelUnavailable, match="ended; ask again"):
        backend.run(entry, BATCH)
    assert backend.state(entry) == "idle"
    assert backend.run(entry, BATCH).shape == (2, 4)


def test_a_process_killed_in_a_run_is_told_within_a_second_and_the_next_call_works(
    tmp_path: Path, backend: Backend
) -> None:
    home = make_fake_model(tmp_path)
    entry = entry_of(home)
    backend.load(entry)
    with running(backend, home) as run:
        kill(home)
        killed = time.monotonic()
        with pytest.raises(BackendEnded, match="ended; ask again"):
            run.result()
        assert time.monotonic() - killed < 1

    assert backend.state(entry) == "idle"
    assert backend.run(entry, BATCH).shape == (2, 4)


def test_after_a_kill_nobody_gets_the_answer_of_another(tmp_path: Path, backend: Backend) -> None:
    homes = [make_fake_model(tmp_path, f"m{n}", outputs=[n, 0, 0, 0]) for n in range(4)]
    backend.load(entry_of(homes[0]))
    with running(backend, homes[0]) as run, ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(backend.run, entry_of(home), BATCH) for home in homes[1:]]
        kill(homes[0])
        with pytest.raises(BackendEnded):
            run.result()
        assert [answer.result()[0, 0] for answer in waiting] == [1, 2, 3]


def test_a_process_killed_between_calls_is_idle_and_the_next_call_works(
    tmp_path: Path, backend: Backend
) -> None:
    home = make_fake_model(tmp_path)
    entry = entry_of(home)
    backend.load(entry)
    kill(home)
    until(lambda: backend.state(entry) == "idle")

    assert backend.run(entry, BATCH).shape == (2, 4)
    assert backend.state(entry) == "ready"


def test_a_process_that_ends_again_and_again_is_left_alone_for_a_while(
    tmp_path: Path, backend: Backend
) -> None:
    home = make_fake_model(tmp_path)
    entry = entry_of(home)
    for _ in range(2):
        (home / "exit").touch()
        with pytest.raises(BackendEnded):
            backend.run(entry, BATCH)
    with pytest.raises(BackendEnded, match="ended; ask again in 1 s") as told:
        backend.run(entry, BATCH)
    assert 0 < told.value.retry_after <= 1
    assert logged(home, "load") == 2

    time.sleep(told.value.retry_after)
    assert backend.run(entry, BATCH).shape == (2, 4)


def test_a_run_that_hangs_ends_the_process_at_the_deadline(
    tmp_path: Path, backend: Backend
) -> None:
    home = make_fake_model(tmp_path)
    entry = entry_of(home)
    backend.load(entry)
    os.mkfifo(home / "hold")
    begun = time.monotonic()
    with pytest.raises(BackendEnded, match="did not answer in time"):
        backend.run(entry, BATCH, Deadline(0.2))

    assert 0.2 <= time.monotonic() - begun < 5
    assert backend.state(entry) == "idle"
    (home / "hold").unlink()
    assert backend.run(entry, BATCH).shape == (2, 4)


def test_a_load_that_hangs_ends_the_process_at_the_deadline(
    tmp_path: Path, backend: Backend
) -> None:
    home = make_fake_model(tmp_path)
    os.mkfifo(home / "gate")
    with pytest.raises(BackendEnded, match="did not answer in time"):
        backend.load(entry_of(home), Deadline(0.2))
    assert backend.state(entry_of(home)) == "idle"


def test_a_process_that_reads_no_questions_is_ended_at_the_deadline(
    tmp_path: Path, backend: Backend
) -> None:
    home = make_fake_model(tmp_path)
    backend.load(entry_of(home))
    os.kill(pid_of(home), signal.SIGSTOP)
    large = np.ones((64, 32, 56, 1), dtype=np.float32)  # more than a pipe holds
    with pytest.raises(BackendEnded, match="did not answer in time"):
        backend.run(entry_of(home), large, Deadline(0.1))  # before it is seen to be stopped
    assert backend.run(entry_of(home), large).shape == (64, 4)


def test_who_waits_for_others_until_the_deadline_is_told_so_and_ends_nothing(
    tmp_path: Path, backend: Backend
) -> None:
    home = make_fake_model(tmp_path)
    entry = entry_of(home)
    backend.load(entry)
    with running(backend, home) as run:
        with pytest.raises(Busy):
            backend.run(entry, BATCH, Deadline(0.05))
        with pytest.raises(Busy):
            backend.load(entry, Deadline(0.05))
        (home / "hold").write_text("go", encoding="utf-8")
        assert run.result().shape == (2, 4)
    assert logged(home, "load") == 1


def test_who_comes_too_late_for_a_run_ends_nothing(tmp_path: Path, backend: Backend) -> None:
    home = make_fake_model(tmp_path)
    entry = entry_of(home)
    backend.load(entry)
    with running(backend, home) as run:
        time.sleep(0.2)
        (home / "hold").write_text("go", encoding="utf-8")
        run.result()

    with pytest.raises(Busy):
        backend.run(entry, BATCH, Deadline(0.2))  # the last one took as long
    assert backend.state(entry) == "ready"


def test_no_file_is_left_of_a_process_that_was_killed(
    tmp_path: Path, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    home = make_fake_model(tmp_path)
    backend.load(entry_of(home))
    (scratch,) = (tmp_path / "scratch").iterdir()
    (scratch / "half_read").touch()
    backend.close()

    assert not list((tmp_path / "scratch").iterdir())


def test_a_stopped_process_is_ended_long_before_the_deadline(
    tmp_path: Path, backend: Backend
) -> None:
    home = make_fake_model(tmp_path)
    entry = entry_of(home)
    backend.run(entry, BATCH)
    os.kill(pid_of(home), signal.SIGSTOP)
    with pytest.raises(BackendEnded, match="fake_framework was stopped, so its process was ended"):
        backend.run(entry, BATCH, Deadline(60))
    assert backend.run(entry, BATCH).shape == (2, 4)


def test_a_run_that_stands_still_is_ended_long_before_the_deadline(
    tmp_path: Path, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_fake_model(tmp_path)
    entry = entry_of(home)
    backend.run(entry, BATCH)
    os.mkfifo(home / "hold")
    monkeypatch.setattr("twelvelead.inference.engines.patience.RUNNING_STILL", 0.1)
    with pytest.raises(BackendEnded, match="stood still, so its process was ended; ask again"):
        backend.run(entry, BATCH, Deadline(60))
    (home / "hold").unlink()
    assert backend.run(entry, BATCH).shape == (2, 4)


def test_a_run_that_goes_round_and_round_is_ended_long_before_the_deadline(
    tmp_path: Path, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_fake_model(tmp_path)
    entry = entry_of(home)
    backend.run(entry, BATCH)
    (home / "spin").touch()
    monkeypatch.setattr("twelvelead.inference.engines.patience.LEAST", 0.1)
    monkeypatch.setattr("twelvelead.inference.engines.patience.USUAL", 0.0)
    with pytest.raises(BackendEnded, match="took far longer than usual, so its process was ended"):
        backend.run(entry, BATCH, Deadline(60))
    (home / "spin").unlink()
    assert backend.run(entry, BATCH).shape == (2, 4)


def test_a_process_killed_in_a_load_is_told_and_the_next_call_works(
    tmp_path: Path, backend: Backend
) -> None:
    home = make_fake_model(tmp_path)
    os.mkfifo(home / "gate")
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(backend.load, entry_of(home))
        with (home / "gate").open("w", encoding="utf-8"):
            kill(home)
            with pytest.raises(BackendEnded, match="ended; ask again"):
                loading.result()
    (home / "gate").unlink()
    assert backend.load(entry_of(home)) == "fake 1.0"


def test_a_model_that_ends_the_process_again_and_again_closes_no_other(
    tmp_path: Path, backend: Backend
) -> None:
    bad, good = (make_fake_model(tmp_path, key) for key in ("bad", "good"))
    for name in ("exit", "exit_in_load"):
        (bad / name).touch()
        with pytest.raises(BackendEnded):
            backend.run(entry_of(bad), BATCH)
    with pytest.raises(BackendEnded, match="ask again in 1 s"):
        backend.run(entry_of(bad), BATCH)
    assert backend.run(entry_of(good), BATCH).shape == (2, 4)


@pytest.mark.parametrize(
    "said",
    [b"garbage", b"", (7, "an answer to another question"), "no number", (1, 2, 3)],
    ids=["no pickle", "nothing", "another number", "no pair", "too many"],
)
def test_a_process_that_sends_no_answer_is_ended(said: bytes | tuple[object, ...] | str) -> None:
    process = FrameworkProcess(FAKE, 1)
    ours, theirs = multiprocessing.Pipe()
    vars(process)["_pipe"].close()
    vars(process)["_pipe"] = ours
    send = theirs.send_bytes if isinstance(said, bytes) else theirs.send
    send(said)  # type: ignore[arg-type]
    with pytest.raises(EOFError):
        process.ask(("start",), Deadline(60), LOADING)
    assert not process.is_alive


def test_who_waits_for_the_process_lets_others_compute(tmp_path: Path) -> None:
    slots, has_slot = Slots(1), threading.Event()
    backend = Backend(FAKE, 1, slots.aside)
    home, other = (make_fake_model(tmp_path, key) for key in ("one", "other"))
    backend.load(entry_of(home))

    def wait() -> Batch:
        with slots.slot(Deadline()):
            has_slot.set()
            return backend.run(entry_of(other), BATCH, Deadline(60))

    with running(backend, home) as run, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait)
        assert has_slot.wait(10)
        with slots.slot(Deadline(10)):  # which is free, as the other only waits
            assert not waiting.done()
        (home / "hold").write_text("go", encoding="utf-8")
        assert run.result().shape == waiting.result().shape == (2, 4)
    backend.close()
