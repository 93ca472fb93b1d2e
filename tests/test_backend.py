"""A backend keeps one framework in a process of its own, and outlives what happens there."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from inference.backend import Backend
from inference.limits import Deadline
from model_registry.entry import ModelEntry
from model_registry.errors import BackendEnded, Busy, ModelUnavailable, WeightsError
from model_registry.read_entry import read_entry
from tests.fake_framework import FACTS, logged, make_fake_model, rewrite_weights
from tests.tiny_models import run_python

FAKE = "tests.fake_framework"
BATCH = np.zeros((2, 32, 56, 1), dtype=np.float32)


@pytest.fixture
def backend() -> Iterator[Backend]:
    backend = Backend(FAKE, threads=1)
    yield backend
    backend.close()


def entry_of(home: Path) -> ModelEntry:
    return read_entry(home / "model.toml")


def child_pids() -> set[int | None]:
    return {child.pid for child in multiprocessing.active_children()}


def kill_children_but(before: set[int | None]) -> None:
    for child in multiprocessing.active_children():
        if child.pid not in before and child.pid is not None:
            os.kill(child.pid, signal.SIGKILL)
            child.join()


def test_it_works(tmp_path: Path, backend: Backend) -> None:
    entry = entry_of(make_fake_model(tmp_path))

    assert backend.state(entry) == "idle"
    assert backend.load(entry) == "fake 1.0"
    assert backend.state(entry) == "ready"
    np.testing.assert_allclose(backend.run(entry, BATCH), [[0.1, 0.6, 0.2, 0.1]] * 2, rtol=1e-6)


def test_no_process_starts_before_a_model_is_asked() -> None:
    before = child_pids()
    Backend(FAKE)

    assert child_pids() <= before  # one that was ending before may be gone too


def test_a_run_loads_what_was_not_loaded(tmp_path: Path, backend: Backend) -> None:
    home = make_fake_model(tmp_path)

    assert backend.run(entry_of(home), BATCH).shape == (2, 4)
    assert logged(home, "load") == 1


def test_many_threads_load_a_model_once(tmp_path: Path, backend: Backend) -> None:
    home = make_fake_model(tmp_path)
    entry = entry_of(home)
    with ThreadPoolExecutor(100) as pool:
        runtimes = list(pool.map(lambda _: backend.load(entry), range(100)))

    assert runtimes == ["fake 1.0"] * 100
    assert logged(home, "load") == 1


def test_a_model_that_is_being_loaded_says_so(tmp_path: Path, backend: Backend) -> None:
    home = make_fake_model(tmp_path)
    os.mkfifo(home / "gate")
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(backend.load, entry_of(home))
        with (home / "gate").open("w", encoding="utf-8"):  # opens once the model is at the gate
            assert backend.state(entry_of(home)) == "loading"
        assert loading.result() == "fake 1.0"

    assert backend.state(entry_of(home)) == "ready"


def test_two_models_share_one_process(tmp_path: Path, backend: Backend) -> None:
    before = child_pids()
    for key in ("one", "two"):
        backend.load(entry_of(make_fake_model(tmp_path, key)))

    assert len(child_pids() - before) == 1


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


def test_a_process_killed_between_calls_is_started_again_without_a_word(
    tmp_path: Path, backend: Backend
) -> None:
    home = make_fake_model(tmp_path)
    entry = entry_of(home)
    before = child_pids()
    backend.load(entry)
    kill_children_but(before)

    assert backend.run(entry, BATCH).shape == (2, 4)
    assert logged(home, "load") == 2


def test_a_process_killed_in_a_run_is_told_within_a_second_and_gives_nobody_anothers_answer(
    tmp_path: Path, backend: Backend
) -> None:
    home = make_fake_model(tmp_path, "held")
    other = entry_of(make_fake_model(tmp_path, "other", outputs=[0.7, 0.1, 0.1, 0.1]))
    before = child_pids()
    backend.load(entry_of(home))
    os.mkfifo(home / "gate_run")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(backend.run, entry_of(home), BATCH)
        with (home / "gate_run").open("w", encoding="utf-8"):  # opens once the run has begun
            kill_children_but(before)
            with pytest.raises(BackendEnded, match="ended; ask again"):
                running.result(timeout=1)

    np.testing.assert_allclose(backend.run(other, BATCH), [[0.7, 0.1, 0.1, 0.1]] * 2, rtol=1e-6)


def test_a_process_that_does_not_answer_in_time_is_ended(tmp_path: Path, backend: Backend) -> None:
    home = make_fake_model(tmp_path)
    backend.load(entry_of(home))
    os.mkfifo(home / "gate_run")

    with pytest.raises(BackendEnded, match="did not answer in time and was ended"):
        backend.run(entry_of(home), BATCH, Deadline(0.1))
    (home / "gate_run").unlink()
    assert backend.run(entry_of(home), BATCH).shape == (2, 4)


def test_who_waits_for_the_process_goes_at_the_deadline(tmp_path: Path, backend: Backend) -> None:
    home = make_fake_model(tmp_path)
    backend.load(entry_of(home))
    os.mkfifo(home / "gate_run")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(backend.run, entry_of(home), BATCH)
        held, busy = (home / "gate_run").open("w", encoding="utf-8"), "was busy for too long"
        with held, pytest.raises(Busy, match=busy):
            backend.run(entry_of(home), BATCH, Deadline(0.05))
        assert running.result().shape == (2, 4)


def test_a_process_that_ends_again_and_again_is_given_a_pause(
    tmp_path: Path, backend: Backend
) -> None:
    home = make_fake_model(tmp_path)
    entry = entry_of(home)
    for _ in range(2):
        (home / "exit").touch()
        with pytest.raises(BackendEnded, match="ended; ask again"):
            backend.run(entry, BATCH)
    with pytest.raises(BackendEnded, match="again and again") as told:
        backend.run(entry, BATCH)
    assert 0 < told.value.retry_after <= 1


def test_the_last_model_that_is_put_out_ends_the_process(tmp_path: Path, backend: Backend) -> None:
    before = child_pids()
    one, two = (entry_of(make_fake_model(tmp_path, key)) for key in ("one", "two"))
    for entry in (one, two):
        backend.load(entry)
    backend.unload(one)
    assert len(child_pids() - before) == 1
    assert (backend.state(one), backend.state(two)) == ("idle", "ready")
    backend.unload(two)
    assert child_pids() <= before
    backend.unload(two)  # once more does nothing
    assert backend.load(one) == "fake 1.0"


def test_a_process_that_nobody_asks_is_ended(tmp_path: Path, backend: Backend) -> None:
    before = child_pids()
    assert not backend.stop_if_idle(0)
    backend.load(entry_of(make_fake_model(tmp_path)))
    assert not backend.stop_if_idle(60)
    assert backend.stop_if_idle(0)
    assert child_pids() <= before


def test_a_process_that_is_asked_is_not_ended(tmp_path: Path, backend: Backend) -> None:
    home = make_fake_model(tmp_path)
    backend.load(entry_of(home))
    os.mkfifo(home / "gate_run")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(backend.run, entry_of(home), BATCH)
        with (home / "gate_run").open("w", encoding="utf-8"):
            assert not backend.stop_if_idle(0)
        assert running.result().shape == (2, 4)


def test_it_says_how_much_memory_it_takes(tmp_path: Path, backend: Backend) -> None:
    entry = entry_of(make_fake_model(tmp_path))
    assert (backend.resident(), backend.cost(entry)) == (0, 0)
    backend.load(entry)
    assert backend.resident() >= backend.cost(entry) > 1_000_000


def test_a_framework_that_is_not_installed_is_told(tmp_path: Path) -> None:
    backend = Backend("tests.no_such_framework")

    with pytest.raises(ModelUnavailable, match="is not installed here"):
        backend.load(entry_of(make_fake_model(tmp_path)))


def test_refused_weights_come_back_in_their_own_words(tmp_path: Path, backend: Backend) -> None:
    refused = make_fake_model(tmp_path, refuse="made for another network")

    with pytest.raises(WeightsError, match=r"^made for another network$"):
        backend.load(entry_of(refused))
    assert backend.state(entry_of(refused)) == "idle"


@pytest.mark.parametrize("where", ["bug", "bug_in_run"])
def test_a_fault_of_the_framework_is_named_by_class_and_ends_nothing(
    tmp_path: Path, backend: Backend, where: str
) -> None:
    good = entry_of(make_fake_model(tmp_path, "good"))
    backend.load(good)
    before = child_pids()
    faulty = entry_of(make_fake_model(tmp_path, "faulty", FACTS, **{where: True}))

    with pytest.raises(ModelUnavailable, match=r"^faulty failed in its.*ZeroDivisionError") as told:
        backend.run(faulty, BATCH)
    assert "secret" not in str(told.value)
    assert backend.run(good, BATCH).shape == (2, 4)
    assert child_pids() <= before  # one that was ending before may be gone too


def test_weights_altered_since_the_start_are_refused(tmp_path: Path, backend: Backend) -> None:
    home = make_fake_model(tmp_path)
    entry = entry_of(home)
    (home / "weights.keras").write_text("{}", encoding="utf-8")

    with pytest.raises(WeightsError, match=r"weights\.sha256"):
        backend.load(entry)


def test_a_model_exchanged_since_the_start_is_refused(tmp_path: Path, backend: Backend) -> None:
    home = make_fake_model(tmp_path)
    entry = entry_of(home)
    rewrite_weights(home, outputs=[1, 0, 0, 0])

    with pytest.raises(ModelUnavailable):
        backend.load(entry)


def test_closing_ends_the_process_and_the_next_call_starts_another(
    tmp_path: Path, backend: Backend
) -> None:
    before = child_pids()
    entry = entry_of(make_fake_model(tmp_path))
    backend.load(entry)
    backend.close()

    assert child_pids() <= before  # one that was ending before may be gone too
    assert backend.state(entry) == "idle"
    assert backend.load(entry) == "fake 1.0"


def test_asking_brings_no_framework() -> None:
    code = (
        "import sys, inference.predictor; print({'keras', 'tensorflow', 'torch'} & {*sys.modules})"
    )

    assert run_python("-c", code).strip() == "set()"
