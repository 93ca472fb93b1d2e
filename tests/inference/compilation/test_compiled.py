"""A compiled form is served while it is of the model as it is now, and whole."""

import shutil
from pathlib import Path

import pytest

from model_registry.errors import EntryError, WeightsError
from tests.support.models.fixtures_compiled import entry_of
from twelvelead.inference.compilation.compiled import (
    NAME,
    RECORD,
    freshness,
    hold_onnx,
    read_compiled,
)

TORCH = "tiny_torch"


def rewrite(folder: Path, old: str, new: str) -> None:
    """Changes the model's entry."""
    file = folder / TORCH / "model.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_it_works(compiled: Path) -> None:
    entry = entry_of(compiled, TORCH)
    assert freshness(entry) == "fresh"
    assert hold_onnx(entry) == entry.folder / NAME


def test_a_model_that_nobody_compiled_has_none(models_dir: Path) -> None:
    entry = entry_of(models_dir, TORCH)
    assert read_compiled(entry) is None
    assert freshness(entry) == "none"
    with pytest.raises(WeightsError, match="twelvelead compile tiny_torch"):
        hold_onnx(entry)


def test_other_weights_make_it_stale(compiled: Path) -> None:
    entry = entry_of(compiled, TORCH)
    rewrite(compiled, entry.weights.sha256, "0" * 64)
    changed = entry_of(compiled, TORCH)
    assert freshness(changed) == "stale"
    with pytest.raises(WeightsError, match="not compiled as it is now"):
        hold_onnx(changed)


@pytest.mark.parametrize(
    ("old", "new"), [('"logits"', '"probabilities"'), ("[32, 56]", "[64, 56]")]
)
def test_another_way_to_read_the_page_or_the_answer_makes_it_stale(
    compiled: Path, old: str, new: str
) -> None:
    rewrite(compiled, old, new)
    assert freshness(entry_of(compiled, TORCH)) == "stale"


def test_another_title_leaves_it_fresh(compiled: Path) -> None:
    rewrite(compiled, "title", 'runtime = "auto"\ntitle')
    assert freshness(entry_of(compiled, TORCH)) == "fresh"


def test_changed_weight_bytes_are_never_served(compiled: Path) -> None:
    entry = entry_of(compiled, TORCH)
    data = bytearray(entry.weights.path.read_bytes())
    data[len(data) // 2] ^= 1
    entry.weights.path.write_bytes(data)
    with pytest.raises(WeightsError, match="sha256"):
        hold_onnx(entry)


def test_a_corrupt_file_is_refused(compiled: Path) -> None:
    entry = entry_of(compiled, TORCH)
    data = bytearray((entry.folder / NAME).read_bytes())
    data[len(data) // 2] ^= 1
    (entry.folder / NAME).write_bytes(data)
    with pytest.raises(WeightsError, match=r"compiled\.onnx has the sha256"):
        hold_onnx(entry)


def test_a_truncated_file_is_refused(compiled: Path) -> None:
    file = compiled / TORCH / NAME
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(WeightsError, match=r"compiled\.onnx has the sha256"):
        hold_onnx(entry_of(compiled, TORCH))


def test_the_file_of_another_model_is_refused(compiled: Path) -> None:
    shutil.copy(compiled / "tiny_keras" / NAME, compiled / TORCH / NAME)
    with pytest.raises(WeightsError, match=r"compiled\.onnx has the sha256"):
        hold_onnx(entry_of(compiled, TORCH))


def test_file_and_record_of_another_model_are_stale(compiled: Path) -> None:
    for name in (NAME, RECORD):
        shutil.copy(compiled / "tiny_keras" / name, compiled / TORCH / name)
    assert freshness(entry_of(compiled, TORCH)) == "stale"


def test_a_record_without_its_file_is_told(compiled: Path) -> None:
    (compiled / TORCH / NAME).unlink()
    with pytest.raises(WeightsError, match=r"compiled\.onnx is missing"):
        freshness(entry_of(compiled, TORCH))


@pytest.mark.parametrize("text", ["{", "[]", '{"sha256": "x"}', '{"more": 1}'])
def test_a_record_that_is_none_is_told(compiled: Path, text: str) -> None:
    (compiled / TORCH / RECORD).write_text(text, "utf-8")
    with pytest.raises(WeightsError, match=r"compiled\.json can't be read"):
        freshness(entry_of(compiled, TORCH))


def test_where_the_weights_are_left_out_the_compiled_form_is_enough(compiled: Path) -> None:
    (compiled / TORCH / "weights.safetensors").unlink()
    entry = entry_of(compiled, TORCH)
    assert freshness(entry) == "fresh"
    assert hold_onnx(entry) == entry.folder / NAME


def test_without_weights_and_compiled_form_there_is_no_model(compiled: Path) -> None:
    for name in ("weights.safetensors", NAME):
        (compiled / TORCH / name).unlink()
    with pytest.raises(EntryError, match=r"weights\.safetensors is missing"):
        entry_of(compiled, TORCH)
