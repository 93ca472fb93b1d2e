"""The registry holds every folder with a model.toml; a broken one is named and stops no other."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from model_registry.entry import Entry
from model_registry.errors import EntryError, ModelUnavailable, UnknownModel
from model_registry.read_entry import read_any_entry
from model_registry.registry import read_registry
from tests.support.models.ensemble_files import make_ensemble
from tests.support.models.entry_files import KERAS, PYTORCH, changed, write_entry


def test_it_works(tmp_path: Path) -> None:
    write_entry(tmp_path, PYTORCH, "second")
    write_entry(tmp_path, KERAS, "first")
    registry = read_registry(tmp_path)

    assert list(registry) == ["first", "second"]
    assert len(registry) == 2
    assert registry["first"].framework == "keras"
    assert registry["second"].framework == "pytorch"
    assert registry.broken == {}


def test_a_broken_entry_stops_no_other(tmp_path: Path) -> None:
    write_entry(tmp_path, KERAS, "good")
    write_entry(tmp_path, changed(KERAS, "title", "titel"), "bad")
    registry = read_registry(tmp_path)

    assert list(registry) == ["good"]
    assert registry.broken["bad"].startswith("bad/model.toml: key 'title'")


def test_a_broken_model_is_unavailable_with_its_reason(tmp_path: Path) -> None:
    write_entry(tmp_path, changed(KERAS, "title", "titel"), "bad")

    with pytest.raises(ModelUnavailable, match=r"'bad' can't be used: .*key 'title'"):
        read_registry(tmp_path)["bad"]


def test_an_unknown_model_is_refused_with_the_known_keys(tmp_path: Path) -> None:
    write_entry(tmp_path, KERAS, "good")
    write_entry(tmp_path, "", "bad")

    with pytest.raises(UnknownModel, match="Known models: bad, good") as refused:
        read_registry(tmp_path)["<b>other</b>"]
    assert "other" not in str(refused.value)


def test_a_broken_model_is_not_in_the_registry(tmp_path: Path) -> None:
    write_entry(tmp_path, KERAS, "good")
    write_entry(tmp_path, "", "bad")
    registry = read_registry(tmp_path)

    assert "good" in registry
    assert "bad" not in registry
    assert "other" not in registry


def test_an_empty_folder_is_an_empty_registry(tmp_path: Path) -> None:
    registry = read_registry(tmp_path)

    assert len(registry) == 0
    with pytest.raises(UnknownModel, match="none is registered"):
        registry["anything"]


def test_files_and_hidden_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".cache").mkdir()
    (tmp_path / "README.md").write_text("models", encoding="utf-8")

    assert len(read_registry(tmp_path)) == 0
    assert read_registry(tmp_path).broken == {}


def test_a_folder_without_an_entry_is_named(tmp_path: Path) -> None:
    (tmp_path / "half_made").mkdir()

    assert "half_made/model.toml" in read_registry(tmp_path).broken["half_made"]


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EntryError, match="is not a folder"):
        read_registry(tmp_path / "models")


def test_an_entry_is_read_when_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        write_entry(tmp_path, KERAS, f"model{number}")
    read: list[str] = []

    def noted(file: Path) -> Entry:
        read.append(file.parent.name)
        return read_any_entry(file)

    monkeypatch.setattr("model_registry.registry.read_any_entry", noted)
    registry = read_registry(tmp_path)
    assert registry.known == {f"model{number}" for number in range(5)}
    assert read == []
    assert registry["model3"] is registry["model3"]
    assert "model3" in registry
    assert read == ["model3"]
    assert not registry.is_read
    assert len(registry) == 5
    assert sorted(read) == sorted(registry.known)
    assert registry.is_read


def test_many_threads_read_an_entry_once(tmp_path: Path) -> None:
    write_entry(tmp_path, KERAS, "one")
    registry = read_registry(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: registry["one"], range(32)))

    assert len({id(entry) for entry in found}) == 1


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are looked at whenever somebody asks."""
    monkeypatch.setattr("model_registry.watch.PAUSE", 0.0)


@pytest.mark.usefixtures("_at_once")
def test_a_broken_entry_is_read_again_once_it_is_mended(tmp_path: Path) -> None:
    file = write_entry(tmp_path, changed(KERAS, "title", "titel"), "bad")
    registry = read_registry(tmp_path)
    with pytest.raises(ModelUnavailable, match=r"It is read again when its files change\.$"):
        registry["bad"]
    assert list(registry) == []
    file.write_text(KERAS, encoding="utf-8")

    assert registry["bad"].framework == "keras"
    assert (list(registry), dict(registry.broken)) == (["bad"], {})


@pytest.mark.usefixtures("_at_once")
def test_weights_that_were_missing_mend_an_entry_and_its_ensembles(tmp_path: Path) -> None:
    for key in ("one", "two"):
        write_entry(tmp_path, KERAS, key)
    make_ensemble(tmp_path)
    weights = tmp_path / "two" / "weights.keras"
    weights.rename(tmp_path / "aside")
    registry = read_registry(tmp_path)
    assert list(registry.broken) == ["both", "two"]
    (tmp_path / "aside").rename(weights)

    assert registry["both"].task == registry["one"].task
    assert (dict(registry.broken), registry.is_read) == ({}, True)


@pytest.mark.usefixtures("_at_once")
def test_an_entry_that_is_broken_in_another_way_says_so(tmp_path: Path) -> None:
    file = write_entry(tmp_path, changed(KERAS, "title", "titel"), "bad")
    registry = read_registry(tmp_path)
    assert "title" in registry.broken["bad"]
    file.write_text(changed(KERAS, "rgb", "red"), encoding="utf-8")
    assert "colour" in registry.broken["bad"]
    file.unlink()
    assert "can't be read" in registry.broken["bad"]


@pytest.mark.usefixtures("_at_once")
def test_a_usable_entry_is_read_again_where_that_is_asked(tmp_path: Path) -> None:
    file = write_entry(tmp_path, KERAS, "good")
    registry = read_registry(tmp_path)
    before = registry["good"]
    file.write_text(changed(KERAS, "A model", "Another"), encoding="utf-8")
    assert registry["good"] is before
    assert registry.watch("good").changed()
    registry.read_again("good")
    assert registry["good"].title == "Another"
    assert not registry.watch("good").changed()
