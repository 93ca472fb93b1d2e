"""A backend keeps one framework in a process of its own, and outlives what happens there."""

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from model_registry.errors import Busy, ModelUnavailable, WeightsError
from tests.support.models.fake_framework import FACTS, logged, make_fake_model, rewrite_weights
from tests.support.models.framework_runs import BATCH, FAKE, entry_of
from tests.support.models.tiny_models import run_python
from twelvelead.inference.engines.backend import BACKENDS, Backend
from twelvelead.inference.resources.limits import Deadline


@pytest.fixture
def backend() -> Iterator[Backend]:
    backend = Backend(FAKE, threads=1)
    yield backend
    backend.close()


def child_pids() -> set[int | None]:
    return {child.pid for child in multiprocessing.active_children()}


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
        "import sys, twelvelead.inference.predictor; "
        "print({'keras', 'tensorflow', 'torch'} & {*sys.modules})"
    )

    assert run_python("-c", code).strip() == "set()"


def test_a_framework_is_called_by_its_name(tmp_path: Path) -> None:
    entry = entry_of(make_fake_model(tmp_path))
    with pytest.raises(Busy, match=r"^keras was busy"):
        Backend(BACKENDS["keras"]).load(entry, Deadline(0.0))
