"""A compiled model answers as the native one does, or is not kept."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest

from model_registry.errors import WeightsError
from tests.support.models.fixtures_compiled import entry_of, export_as, pages
from tests.support.models.tiny_models import run_python
from tests.support.project import ROOT
from twelvelead.inference.compilation.compile import (
    AT_ONCE,
    Agreement,
    CompileError,
    compare,
    compile_model,
)
from twelvelead.inference.compilation.compiled import NAME, RECORD, freshness, read_compiled
from twelvelead.inference.engines.onnx_models import open_session, run_session

KEYS = ("tiny_keras", "tiny_torch")


@pytest.mark.parametrize("key", KEYS)
def test_it_works(compiled_dir: Path, key: str) -> None:
    entry = entry_of(compiled_dir, key)
    record = read_compiled(entry)

    assert record is not None
    assert freshness(entry) == "fresh"
    assert record.pages == 3
    assert 0 < record.max_difference < 1e-3
    assert record.exporter.startswith("torch ")
    model = onnx.load(entry.folder / NAME)
    onnx.checker.check_model(model)
    assert {one.domain: one.version for one in model.opset_import}[""] == record.opset
    assert not list(entry.folder.glob("*.part"))


@pytest.mark.parametrize("key", KEYS)
def test_it_runs_pages_alone_and_in_any_batch(compiled_dir: Path, key: str) -> None:
    entry = entry_of(compiled_dir, key)
    session = open_session(entry.folder / NAME, entry, threads=1)
    tensors = np.stack([entry.picture(page) for page in pages(AT_ONCE + 1)])
    together = run_session(session, tensors)

    assert together.shape == (AT_ONCE + 1, len(entry.labels))
    alone = np.concatenate([run_session(session, tensor[np.newaxis]) for tensor in tensors])
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-5)


CELLS = """
import torch
from torch import nn
from twelvelead.inference.compilation.onnx_export import WithActivation
torch.manual_seed(1)
trunk = nn.Sequential(nn.Conv2d(3, 5, 3), nn.AdaptiveAvgPool2d((2, 3)), nn.Flatten())
network = WithActivation(trunk, nn.Linear(30, 4), (2, 3)).eval()
pages = torch.rand(2, 16, 24, 3)
pages[:, :, :8] = 0.5
outputs, added = network(pages)
assert added.shape == (2, 4, 2, 3), added.shape
torch.testing.assert_close(added.sum((2, 3)) + network.last.bias, outputs)
torch.testing.assert_close(outputs, network.last(trunk(pages.permute(0, 3, 1, 2))))
other = pages.clone()
other[:, :6, :6] = 0
changed = (network(other)[1] - added).abs().amax((0, 1))
assert changed[0, 0] > 0.01 and changed[0, 2] == changed[1, 2] == 0, changed
"""


def test_each_cell_says_what_it_adds_to_each_label() -> None:
    run_python("-c", CELLS)


def test_another_networks_answers_are_refused_with_the_numbers(
    compiled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = entry_of(compiled, "tiny_torch")
    before = (entry.folder / NAME).read_bytes()
    model = onnx.load(entry.folder / NAME)
    (bias,) = (one for one in model.graph.initializer if one.name.endswith("classifier.0.bias"))
    other = onnx.numpy_helper.to_array(bias) + np.array([0.2, 0, 0, 0], np.float32)
    bias.CopyFrom(onnx.numpy_helper.from_array(other, bias.name))
    (tmp_path / "others" / entry.key).mkdir(parents=True)
    onnx.save(model, tmp_path / "others" / entry.key / NAME)

    export_as(tmp_path / "others", monkeypatch)
    with pytest.raises(CompileError, match=r"probability is 0\.\d+ .*on \d of 3 pages"):
        compile_model(entry, pages())
    assert (entry.folder / NAME).read_bytes() == before
    assert not list(entry.folder.glob("*.part"))


def test_labels_that_change_are_counted() -> None:
    found = Agreement()
    found.add(np.array([0.6, 0.4]), np.array([0.6, 0.4]))
    found.add(np.array([0.5005, 0.4995]), np.array([0.4998, 0.5002]))

    assert (found.pages, found.other_labels) == (2, 1)
    assert found.max_difference == pytest.approx(0.0007)


def test_the_example_is_among_the_pages(compiled: Path) -> None:
    entry = entry_of(compiled, "tiny_keras")

    def uniform(batch: np.ndarray) -> np.ndarray:
        return np.full((len(batch), 4), 0.25, np.float32)

    alone = compare(entry, pages(2), uniform, uniform).pages
    shutil.copy(ROOT / "models/small_cnn/example.png", entry.folder)
    text = (entry.folder / "model.toml").read_text("utf-8")
    example = '\n[example]\nimage = "example.png"\nprobabilities = [0.25, 0.25, 0.25, 0.25]\n'
    (entry.folder / "model.toml").write_text(text + example, "utf-8")
    with_example = compare(entry_of(compiled, "tiny_keras"), pages(2), uniform, uniform).pages
    assert (alone, with_example) == (2, 3)


def test_damaged_weights_are_told_and_nothing_is_left(compiled: Path) -> None:
    entry = entry_of(compiled, "tiny_torch")
    entry.weights.path.write_bytes(b"other")
    with pytest.raises(WeightsError, match="sha256"):
        compile_model(entry, pages())
    assert not list(entry.folder.glob("*.part"))


def test_the_record_never_stands_beside_another_file(
    compiled: Path, compiled_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = entry_of(compiled, "tiny_torch")
    export_as(compiled_dir, monkeypatch)
    monkeypatch.setattr("twelvelead.inference.compilation.compiled.Compiled.write", _fails)
    with pytest.raises(OSError, match="disk full"):
        compile_model(entry, pages())
    assert not (entry.folder / RECORD).exists()
    assert freshness(entry) == "none"


def _fails(*_: object) -> None:
    raise OSError(28, "disk full")


def test_the_record_is_plain_json(compiled_dir: Path) -> None:
    record = json.loads((compiled_dir / "tiny_keras" / RECORD).read_text("utf-8"))
    assert set(record) == {
        "sha256",
        "made_from",
        "opset",
        "exporter",
        "pages",
        "max_difference",
        "precision",
    }
