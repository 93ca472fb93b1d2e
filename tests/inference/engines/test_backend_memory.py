"""What the models of a framework take of memory is measured and given back; an idle process ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.models.fake_framework import logged, make_fake_model
from tests.support.models.framework_runs import BATCH, FAKE, entry_of, pid_of, running
from twelvelead.inference.engines.backend import Backend


@pytest.fixture
def backend() -> Iterator[Backend]:
    backend = Backend(FAKE, threads=1)
    yield backend
    backend.close()


def test_a_model_that_is_unloaded_is_forgotten_and_the_others_stay(
    tmp_path: Path, backend: Backend
) -> None:
    homes = [make_fake_model(tmp_path, key) for key in ("one", "two")]
    one, two = map(entry_of, homes)
    backend.load(one)
    backend.load(two)
    backend.unload(one)

    assert (backend.state(one), backend.state(two)) == ("idle", "ready")
    assert backend.run(two, BATCH).shape == (2, 4)
    assert backend.run(one, BATCH).shape == (2, 4)
    assert [logged(home, "load") for home in homes] == [2, 1]


def test_an_unloaded_model_gives_its_memory_back(tmp_path: Path, backend: Backend) -> None:
    small = entry_of(make_fake_model(tmp_path, "small"))
    large = entry_of(make_fake_model(tmp_path, "large", megabytes=100))
    backend.load(small)
    backend.load(large)
    before = backend.resident()
    backend.unload(large)

    assert backend.resident() < before - 90_000_000


def test_the_process_ends_with_its_last_model(tmp_path: Path, backend: Backend) -> None:
    home = make_fake_model(tmp_path)
    entry = entry_of(home)
    backend.load(entry)
    backend.unload(entry)

    assert not Path(f"/proc/{pid_of(home)}").exists()
    assert (backend.state(entry), backend.resident()) == ("idle", 0)
    assert backend.run(entry, BATCH).shape == (2, 4)


def test_to_unload_what_is_not_loaded_changes_nothing(tmp_path: Path, backend: Backend) -> None:
    one, two = (entry_of(make_fake_model(tmp_path, key)) for key in ("one", "two"))
    backend.load(one)
    backend.unload(two)
    assert backend.state(one) == "ready"


def test_what_a_model_takes_of_memory_is_measured(tmp_path: Path, backend: Backend) -> None:
    first = entry_of(make_fake_model(tmp_path, "first"))
    large = entry_of(make_fake_model(tmp_path, "large", megabytes=50))
    assert (backend.resident(), backend.cost(first)) == (0, 0)
    backend.load(first)
    backend.load(large)

    assert backend.cost(first) > 20_000_000  # Python and numpy with it
    assert 45_000_000 < backend.cost(large) < 60_000_000
    assert backend.resident() >= backend.cost(first) + backend.cost(large) - 10_000_000


def test_a_process_that_nobody_asks_is_ended(tmp_path: Path, backend: Backend) -> None:
    home = make_fake_model(tmp_path)
    entry = entry_of(home)
    assert not backend.stop_if_idle(0)  # none runs
    backend.load(entry)

    assert not backend.stop_if_idle(60)
    assert backend.state(entry) == "ready"
    assert backend.stop_if_idle(0)
    assert not Path(f"/proc/{pid_of(home)}").exists()
    assert backend.run(entry, BATCH).shape == (2, 4)


def test_a_process_that_is_asked_is_never_idle(tmp_path: Path, backend: Backend) -> None:
    home = make_fake_model(tmp_path)
    backend.load(entry_of(home))
    with running(backend, home) as run:
        assert not backend.stop_if_idle(0)
        (home / "hold").write_text("go", encoding="utf-8")
        assert run.result().shape == (2, 4)
