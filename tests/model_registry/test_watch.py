"""What was found wrong with a model counts until its files change."""

import os
from pathlib import Path

import pytest

from model_registry.watch import Watch, state_of


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_registry.watch.PAUSE", 0.0)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("model.toml", "weights.keras"):
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def test_it_works(home: Path) -> None:
    watch = Watch([home])
    assert not watch.changed()
    (home / "weights.keras").write_bytes(b"restored")
    assert watch.changed()


def test_a_file_that_comes_goes_or_is_exchanged_is_a_change(home: Path) -> None:
    (home / "new.csv").touch()
    came = Watch([home])
    (home / "new.csv").unlink()
    gone = Watch([home])
    (home / "other").write_bytes(b"weights.keras")
    (home / "other").replace(home / "weights.keras")
    assert (came.changed(), gone.changed()) == (True, True)


def test_bytes_exchanged_under_an_old_date_are_a_change(home: Path) -> None:
    file = home / "weights.keras"
    before, watch = file.stat(), Watch([home])
    file.write_bytes(b"WEIGHTS.KERAS")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert watch.changed()


def test_what_is_no_part_of_a_model_is_no_change(home: Path) -> None:
    watch = Watch([home])
    for name in ("lock", "compiled.onnx.part"):
        (home / name).touch()
    os.mkfifo(home / "pipe.csv")
    assert not watch.changed()


def test_a_change_that_was_seen_stays_one(home: Path) -> None:
    watch = Watch([home])
    (home / "new.csv").touch()
    assert watch.changed()
    (home / "new.csv").unlink()
    assert watch.changed()


def test_a_file_may_be_said_to_have_been_otherwise_before(home: Path) -> None:
    file = home / "model.toml"
    before = state_of(file)
    file.write_bytes(b"changed before the watch began")
    watch, missing = Watch([home]), Watch([home])
    watch.assume(file, before)
    missing.assume(home / "gone.toml", ())
    assert (watch.changed(), missing.changed()) == (True, False)


def test_a_folder_that_is_gone_is_a_change(home: Path) -> None:
    watch = Watch([home, home / "nowhere"])
    assert not watch.changed()
    for file in home.iterdir():
        file.unlink()
    home.rmdir()
    assert watch.changed()


def test_files_are_looked_at_once_in_a_while(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_registry.watch.PAUSE", 3600.0)
    watch = Watch([home])
    (home / "new.csv").touch()
    assert not watch.changed()
    monkeypatch.setattr("model_registry.watch.PAUSE", 0.0)
    assert watch.changed()
