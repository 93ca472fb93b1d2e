"""An entry that is written reads as an equal one, and its text is such as people write."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from model_registry.entry import BeatExample, EnsembleEntry, Entry, Example, ModelEntry, Weights
from model_registry.read_entry import read_any_entry
from model_registry.registry import read_registry
from model_registry.write_entry import SCHEMA, entry_text, write_entry
from tests.support.models.any_entry import entries
from tests.support.project import ROOT

REGISTRY = read_registry(ROOT / "models")
each_model = pytest.mark.parametrize("entry", REGISTRY.values(), ids=list(REGISTRY))


def moved(entry: Entry, folder: Path) -> Entry:
    """The same entry of another folder, in which all files that it names lie, empty."""
    home = folder / entry.key
    home.mkdir()
    example = entry.example
    if isinstance(example, Example):
        example = replace(example, image=home / example.image.name)
        example.image.touch()
    elif isinstance(example, BeatExample):
        example = replace(example, signal=home / example.signal.name)
        example.signal.touch()
    if isinstance(entry, EnsembleEntry):
        return replace(entry, folder=home, example=example, metrics=None)
    weights = Weights(home / entry.weights.path.name, entry.weights.sha256)
    weights.path.touch()
    return replace(entry, weights=weights, example=example, metrics=None)


@each_model
def test_a_shipped_entry_is_written_and_read_to_an_equal_one(entry: Entry, tmp_path: Path) -> None:
    again = moved(entry, tmp_path)
    assert read_any_entry(write_entry(again)) == again
    assert not list(again.folder.glob("*.part"))


@settings(max_examples=150, deadline=None)
@given(entry=entries())
def test_any_entry_is_written_and_read_to_an_equal_one(entry: Entry) -> None:
    with tempfile.TemporaryDirectory() as folder:
        again = moved(entry, Path(folder))
        assert read_any_entry(write_entry(again)) == again


@each_model
def test_the_schema_is_named_first_and_lines_stay_readable(entry: Entry) -> None:
    first, *lines = entry_text(entry).splitlines()
    assert first == f"#:schema {SCHEMA}"
    assert max(map(len, lines)) <= 100


def test_short_lists_stay_on_their_line_and_long_ones_have_an_item_a_line() -> None:
    text = entry_text(REGISTRY["beat_signal_cnn"])
    assert 'labels = ["N", "S", "V", "F", "Q"]\n' in text
    assert '\ncontext = [\n    "rr_before_to_near",\n' in text
    assert '\n    "height_share",\n]\nrate = 360\n' in text


def test_numbers_are_written_as_people_write_them() -> None:
    text = entry_text(REGISTRY["beat_signal_cnn"])
    assert "rate = 360\n" in text
    assert "band = [0.5, 45]\n" in text
    assert "probabilities = [0.000024, 0.000051," in text


def test_a_text_is_written_with_all_that_is_in_it(tmp_path: Path) -> None:
    entry = moved(replace(REGISTRY["small_cnn"], title='a "b" = [\n    1,\n] \\ é'), tmp_path)
    assert read_any_entry(write_entry(entry)).title == entry.title


def test_shares_that_differ_are_written_as_weights_and_equal_ones_are_left_out() -> None:
    entry = REGISTRY["page_best"]
    assert isinstance(entry, EnsembleEntry)
    assert "weights" not in entry_text(entry)
    assert "weights = [0.5, 0.25, 0.25]" in entry_text(replace(entry, shares=(0.5, 0.25, 0.25)))


def test_what_is_usual_is_left_out_and_what_is_not_is_said() -> None:
    entry = REGISTRY["vgg16"]
    assert isinstance(entry, ModelEntry)
    assert "runtime" not in entry_text(entry)
    assert "dropout" not in entry_text(entry)
    changed = replace(entry, runtime="onnx", head=replace(entry.head, dropout=0.0))
    assert 'runtime = "onnx"\n' in entry_text(changed)
    assert "dropout = 0\n" in entry_text(changed)


def test_a_written_entry_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    entry = moved(REGISTRY["page_best"], tmp_path)
    before = replace(entry, example=None)
    assert read_any_entry(write_entry(before)) == before
    assert read_any_entry(write_entry(entry)) == entry
