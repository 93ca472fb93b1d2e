"""Keras files answer as Keras itself does, or are refused in words; in a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from model_registry.errors import WeightsError
from model_registry.read_entry import read_entry
from tests.support.models.tiny_models import run_python
from twelvelead.inference.engines.backend import Backend

BATCH = np.random.default_rng(3).normal(size=(2, 32, 48, 3)).astype(np.float32)
LAMBDAS = ("lambda", "lambda_h5", "lambda_inside")
DAMAGED = ("cut", "cut_h5", "html", "html_h5", "flipped")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    run_python("-m", "tests.support.models.keras_files", folder)
    return folder


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    backend = Backend("twelvelead.inference.engines.keras_models", threads=1)
    yield backend
    backend.close()


def refusal(backend: Backend, home: Path) -> str:
    with pytest.raises(WeightsError) as refused:
        backend.load(read_entry(home / "model.toml"))
    told = str(refused.value)
    assert f"{home.name}/weights" in told
    return told


def test_it_works(files: Path, backend: Backend) -> None:
    entry = read_entry(files / "native" / "model.toml")

    assert backend.load(entry).startswith("tensorflow 2.")
    found = backend.run(entry, BATCH)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("key", ["native", "legacy", "any_size"])
def test_a_model_answers_as_in_keras(files: Path, backend: Backend, key: str) -> None:
    answers = np.load(files / key / "answers.npy")
    entry = read_entry(files / key / "model.toml")

    assert np.abs(answers[0] - answers[1]).max() > 1e-4
    np.testing.assert_allclose(backend.run(entry, BATCH), answers, atol=1e-5)


def test_one_picture_gets_the_same_answer_as_in_a_batch(files: Path, backend: Backend) -> None:
    entry = read_entry(files / "native" / "model.toml")

    np.testing.assert_allclose(
        backend.run(entry, BATCH)[:1], backend.run(entry, BATCH[:1]), atol=1e-6
    )


def test_its_process_never_imports_pytorch(files: Path) -> None:
    modules = (files / "modules.txt").read_text("utf-8").split()

    assert "twelvelead.inference.engines.keras_models" in modules
    assert "tensorflow" in modules
    assert "torch" not in modules


@pytest.mark.parametrize("key", LAMBDAS)
def test_a_lambda_layer_is_refused_with_what_to_do(files: Path, backend: Backend, key: str) -> None:
    told = refusal(backend, files / key)

    assert "has a Lambda layer, which runs code from the file" in told
    assert "rebuild the model from Keras' own layers" in told


def test_a_lambda_as_activation_is_refused(files: Path, backend: Backend) -> None:
    refusal(backend, files / "lambda_activation")


def test_a_file_of_keras_2_is_refused_with_how_to_convert_it(files: Path, backend: Backend) -> None:
    told = refusal(backend, files / "keras_2")

    assert "if Keras 2 wrote it, open it with the Keras that wrote it and save it again" in told
    assert "with Keras 3 as .keras" in told


@pytest.mark.parametrize("key", DAMAGED)
def test_a_damaged_file_is_refused(files: Path, backend: Backend, key: str) -> None:
    assert "can't be loaded by Keras 3" in refusal(backend, files / key)


def test_a_file_of_weights_alone_is_named_as_such(files: Path, backend: Backend) -> None:
    told = refusal(backend, files / "weights_only")

    assert "weights alone" in told
    assert "model.save" in told


def test_another_input_size_is_refused_with_both_sizes(files: Path, backend: Backend) -> None:
    told = refusal(backend, files / "other_size")

    assert "reads (height, width, channels) (32, 48, 3), model.toml says (40, 48, 3)" in told
    assert "correct 'preprocessing.size' or 'channels'" in told


def test_another_count_of_labels_is_refused_with_both_counts(files: Path, backend: Backend) -> None:
    told = refusal(backend, files / "three_labels")

    assert "has 4 outputs, model.toml lists 3 labels: correct 'labels'" in told


def test_several_outputs_are_refused(files: Path, backend: Backend) -> None:
    assert "several inputs or outputs" in refusal(backend, files / "two_outputs")


def test_a_map_of_answers_is_refused(files: Path, backend: Backend) -> None:
    refusal(backend, files / "a_map")
