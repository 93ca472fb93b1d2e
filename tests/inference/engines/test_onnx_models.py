"""Compiled models run in this process, side by side, on ONNX Runtime."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from model_registry.errors import Busy, NoUsableAnswer, WeightsError
from tests.support.models.fixtures_compiled import entry_of, pages
from tests.support.models.tiny_models import run_python
from twelvelead.inference.compilation.compiled import NAME, RECORD
from twelvelead.inference.engines.onnx_models import RUNTIME, OnnxModels, open_session


def test_it_works(compiled_dir: Path) -> None:
    entry = entry_of(compiled_dir, "tiny_keras")
    models = OnnxModels(threads=1)
    assert models.load(entry) == RUNTIME
    batch = np.stack([entry.picture(page) for page in pages(2)])
    found = models.run(entry, batch)
    assert found.shape == (2, 4)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert models.cost(entry) >= (entry.folder / NAME).stat().st_size


def test_it_runs_from_many_threads_without_mixing_answers(compiled_dir: Path) -> None:
    entry = entry_of(compiled_dir, "tiny_torch")
    models = OnnxModels(threads=1)
    models.load(entry)
    tensors = [entry.picture(page)[np.newaxis] for page in pages(4)] * 8
    alone = [models.run(entry, tensor) for tensor in tensors]
    with ThreadPoolExecutor(8) as pool:
        beside = list(pool.map(lambda tensor: models.run(entry, tensor), tensors))
    np.testing.assert_array_equal(beside, alone)


def test_a_model_that_was_put_out_is_gone_until_it_is_loaded(compiled_dir: Path) -> None:
    entry = entry_of(compiled_dir, "tiny_keras")
    batch = np.zeros((1, *entry.preprocessing.shape), np.float32)
    models = OnnxModels(threads=1)
    models.load(entry)
    models.unload(entry)
    with pytest.raises(Busy, match="'tiny_keras' was just put out of memory; ask again"):
        models.run(entry, batch)
    models.load(entry)
    assert models.run(entry, batch).shape == (1, 4)


def test_a_run_that_onnxruntime_refuses_is_told_by_class_and_the_next_one_works(
    compiled_dir: Path,
) -> None:
    entry = entry_of(compiled_dir, "tiny_keras")
    models = OnnxModels(threads=1)
    models.load(entry)
    with pytest.raises(
        NoUsableAnswer, match=r"^The model 'tiny_keras' failed in onnxruntime \S+ \("
    ):
        models.run(entry, np.zeros((1, 3, 3, 1), np.float32))
    assert models.run(entry, np.zeros((1, *entry.preprocessing.shape), np.float32)).shape == (1, 4)


def test_a_form_that_gives_not_one_output_a_label_is_refused(compiled_dir: Path) -> None:
    entry = entry_of(compiled_dir, "tiny_keras")
    fewer = dataclasses.replace(entry, labels=entry.labels[:3])
    with pytest.raises(WeightsError, match=r"can't be loaded by onnxruntime .*ValueError"):
        open_session(entry.folder / NAME, fewer)


def test_a_file_that_is_no_model_is_refused(compiled_dir: Path, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"no model")
    with pytest.raises(WeightsError, match=r"can't be loaded by onnxruntime .*compile tiny_keras"):
        open_session(tmp_path / NAME, entry_of(compiled_dir, "tiny_keras"))


def test_a_model_that_reads_pages_of_another_size_is_refused(compiled_dir: Path) -> None:
    file = compiled_dir / "tiny_torch" / NAME
    with pytest.raises(WeightsError, match=r"can't be loaded by onnxruntime"):
        open_session(file, entry_of(compiled_dir, "tiny_keras"))


def test_the_runtime_names_a_precision_that_is_not_float32(compiled: Path) -> None:
    entry = entry_of(compiled, "tiny_keras")
    text = (entry.folder / RECORD).read_text("utf-8")
    (entry.folder / RECORD).write_text(text.replace("float32", "int8"), "utf-8")
    assert OnnxModels(threads=1).load(entry) == f"{RUNTIME} int8"


def test_it_needs_no_framework(compiled_dir: Path) -> None:
    code = (
        "import sys; from pathlib import Path; import numpy as np\n"
        "from twelvelead.inference.engines.onnx_models import OnnxModels\n"
        "from model_registry.read_entry import read_entry\n"
        f"entry = read_entry(Path({str(compiled_dir / 'tiny_keras' / 'model.toml')!r}))\n"
        "models = OnnxModels(1); models.load(entry)\n"
        "models.run(entry, np.zeros((1, *entry.preprocessing.shape), np.float32))\n"
        "print(sorted({'tensorflow', 'keras', 'torch'} & set(sys.modules)))"
    )
    assert run_python("-c", code).splitlines()[-1] == "[]"
