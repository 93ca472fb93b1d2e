"""PyTorch checkpoints answer as their own network does, or are refused in words; in a process of its own."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_registry.architectures import ARCHITECTURES
from model_registry.errors import WeightsError
from model_registry.read_entry import read_entry
from tests.support.models.tiny_models import run_python
from twelvelead.inference.engines.backend import Backend

WAYS = ("plain", "state_dict", "model_state_dict", "model", "data_parallel", "compiled")
HEADS = ("dropout_first", "no_dropout", "four_of_a_width", "bare_linear")
NETWORKS = (
    "resnet50_stock",
    "resnet50_pooled",
    "inception_v3_stock",
    "vgg16_pooled",
    "vgg19_pooled",
)
CONVERT = "torch.save(model.state_dict(), 'weights.pth')"
BUILT: dict[str, tuple[str, str]] = {  # test's name -> architecture, head
    **{name: (name, "Head()") for name in ARCHITECTURES},
    "hidden": ("vgg16", "Head((512,))"),
    "pooled": ("vgg19", "Head((), (1, 2))"),
    "two hidden": ("inception_v3", "Head((32, 16))"),
}
BUILD = """
import json, torch
from twelvelead.inference.engines.pytorch_models import build
from twelvelead.inference.engines.torchvision_import import torchvision
from model_registry.entry import Head
said = {}
for key, (name, head) in BUILT.items():
    options = {"aux_logits": False, "init_weights": False} if name == "inception_v3" else {}
    with torch.device("meta"):
        ours = build(name, eval(head), 4)
        theirs = getattr(torchvision.models, name)(weights=None, num_classes=4, **options)
    shapes, stock = ([[n, [*t.shape]] for n, t in net.state_dict().items()] for net in (ours, theirs))
    said[key] = {"shapes": shapes, "stock": stock}
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def built() -> dict[str, dict[str, list[Any]]]:
    """Names and shapes of what `build` makes, and of torchvision's own, without their numbers."""
    said: dict[str, dict[str, list[Any]]] = json.loads(
        run_python("-c", f"BUILT = {BUILT!r}{BUILD}")
    )
    return said


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints")
    run_python("-m", "tests.support.models.pytorch_checkpoints", folder)
    return folder


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    backend = Backend("twelvelead.inference.engines.pytorch_models", threads=1)
    yield backend
    backend.close()


def agree(backend: Backend, home: Path) -> None:
    """Holds a served model to what its own network said."""
    entry = read_entry(home / "model.toml")
    height, width = entry.picture.size
    batch = np.random.default_rng(3).normal(size=(2, height, width, 3)).astype(np.float32)
    answers = np.load(home / "answers.npy")

    assert answers.std() > 1e-3
    np.testing.assert_allclose(backend.run(entry, batch), answers, rtol=1e-3, atol=1e-4)


def refusal(backend: Backend, home: Path) -> str:
    with pytest.raises(WeightsError) as refused:
        backend.load(read_entry(home / "model.toml"))
    return str(refused.value)


def test_it_works(checkpoints: Path, backend: Backend) -> None:
    entry = read_entry(checkpoints / "stock" / "model.toml")

    assert backend.load(entry).startswith("torch 2.")
    agree(backend, checkpoints / "stock")


@pytest.mark.parametrize("way", [*WAYS, "compiled_parallel", "half"])
def test_a_state_is_read_however_it_was_saved(
    checkpoints: Path, backend: Backend, way: str
) -> None:
    agree(backend, checkpoints / way)


@pytest.mark.parametrize("head", HEADS)
def test_where_dropout_stands_in_a_head_is_not_held_against_it(
    checkpoints: Path, backend: Backend, head: str
) -> None:
    agree(backend, checkpoints / head)


@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_answers_as_torchvisions(
    checkpoints: Path, backend: Backend, network: str
) -> None:
    agree(backend, checkpoints / network)


def test_one_picture_gets_the_same_answer_as_in_a_batch(
    checkpoints: Path, backend: Backend
) -> None:
    entry = read_entry(checkpoints / "stock" / "model.toml")
    batch = np.random.default_rng(4).normal(size=(3, 32, 64, 3)).astype(np.float32)
    alone = np.concatenate([backend.run(entry, batch[n : n + 1]) for n in range(3)])

    np.testing.assert_allclose(backend.run(entry, batch), alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_a_stock_head_has_torchvisions_names_and_shapes(
    name: str, built: dict[str, dict[str, list[Any]]]
) -> None:
    assert built[name]["shapes"] == built[name]["stock"]


@pytest.mark.parametrize(
    ("case", "widths"),
    [
        ("hidden", [[512, 25088], [512], [4, 512], [4]]),
        ("pooled", [[4, 1024], [4]]),
        ("two hidden", [[32, 2048], [32], [16, 32], [16], [4, 16], [4]]),
    ],
)
def test_a_head_has_the_widths_that_the_entry_gives(
    case: str, widths: list[list[int]], built: dict[str, dict[str, list[Any]]]
) -> None:
    shapes = [shape for _, shape in built[case]["shapes"]]

    assert shapes[-len(widths) :] == widths


def test_its_process_never_imports_tensorflow(checkpoints: Path) -> None:
    modules = (checkpoints / "modules.txt").read_text("utf-8").split()

    assert "twelvelead.inference.engines.pytorch_models" in modules
    assert "torch" in modules
    assert not {"tensorflow", "keras"} & {*modules}


def test_a_whole_pickled_model_is_refused_with_how_to_convert_it(
    checkpoints: Path, backend: Backend
) -> None:
    told = refusal(backend, checkpoints / "whole_model")

    assert "whole_model/weights.pth" in told
    assert "holds pickled objects, which could run code" in told
    assert CONVERT in told


@pytest.mark.parametrize(
    "key", ["cut_safetensors", "cut_pth", "html_safetensors", "html_pth", "empty_pth"]
)
def test_a_damaged_file_is_called_damaged(checkpoints: Path, backend: Backend, key: str) -> None:
    told = refusal(backend, checkpoints / key)

    assert f"{key}/weights" in told
    assert "is damaged or in another format" in told


@pytest.mark.parametrize("key", ["list", "numbered"])
def test_a_file_without_a_state_is_refused(checkpoints: Path, backend: Backend, key: str) -> None:
    assert "holds no state (tensor by name)" in refusal(backend, checkpoints / key)


def test_another_head_is_refused_with_both_counts(checkpoints: Path, backend: Backend) -> None:
    told = refusal(backend, checkpoints / "another_head")

    assert "its head has 2 tensors, the entry describes 4" in told
    assert "Correct 'architecture', 'head', 'pooling' or 'labels' in model.toml" in told


def test_another_count_of_labels_is_refused(checkpoints: Path, backend: Backend) -> None:
    told = refusal(backend, checkpoints / "three_labels")

    assert "with 3 labels" in told
    assert "torch.Size([4, 1280])" in told


def test_weights_of_another_network_are_refused(checkpoints: Path, backend: Backend) -> None:
    assert "was not made for 'resnet50'" in refusal(backend, checkpoints / "another_network")
