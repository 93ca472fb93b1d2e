"""What the PyTorch courses do on tiny networks, as JSON.

python -m tests.support.training.torch_courses FOLDER
"""

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from model_registry.entry import Head
from model_registry.preprocessing import Preprocessing
from twelvelead.datasets.pages import DataError, PageDataset
from twelvelead.inference.engines.tapped import Tapped
from twelvelead.training.loops.pytorch_loop import (
    LoopSettings,
    Phase,
    PyTorchNetwork,
    TrainingLoop,
    load_into,
    run_frozen,
)
from twelvelead.training.loops.tapped_loop import answer, build_tapped, fit_head, read_cells
from twelvelead.training.recipe import PageRecipe, find_recipe

HEAD = Head(hidden=(), pooling=(2, 2), taps=("2", "4"))
PREPROCESSING = Preprocessing((32, 48), "grey", "standard", 3)
SETTINGS = LoopSettings(
    preprocessing=PREPROCESSING,
    batch=4,
    weight_decay=1e-2,
    smoothing=0.0,
    average=0.5,
    clip=1.0,
    balance=1.0,
    seed=0,
)
LABELS = ("dark", "grey", "bright")
COUNT = 12


def main(folder: Path) -> None:
    told = cells() | frozen(folder) | saved(folder) | killed(folder) | refused(folder)
    (folder / "told.json").write_text(json.dumps(told))


def network() -> Tapped:
    torch.manual_seed(1)
    return build_tapped("mobilenet_v2", HEAD, len(LABELS)).eval()


def pages() -> PageDataset:
    """Dark, grey and bright ones, two variants each."""
    rng = np.random.default_rng(0)
    targets = np.arange(COUNT) % 3
    levels = np.array([50, 120, 190])[targets][None, :, None, None]
    pixels = (levels + rng.integers(-40, 40, (2, COUNT, *PREPROCESSING.size))).astype(np.uint8)
    names = tuple(map(str, range(COUNT)))
    return PageDataset(pixels, targets, np.array(names), names, LABELS, 0, "tiny")


def cells() -> dict[str, Any]:
    """From pixels and from the middle the head reads the same."""
    made, pixels = network(), torch.rand(2, 3, 32, 48)
    with torch.inference_mode():
        whole = made.cells(pixels)
        middle = pixels
        for layer in list(made.trunk.children())[:3]:
            middle = layer(middle)
        behind = made.cells(middle, after="2")
        alone = (middle.mean(dim=(2, 3))).flatten()
    first = whole[:, : 4 * middle.shape[1]].reshape(2, middle.shape[1], 4).mean(dim=2).flatten()
    return {
        "middle": torch.equal(whole, behind),
        "average": torch.allclose(first, alone, atol=1e-5),
        "last": list(dict(made.trunk.named_children()))[-1],
    }


def frozen(folder: Path) -> dict[str, Any]:
    """The cache holds what the layers give; a logistic regression on it tells them apart."""
    made, some = network(), pages()
    stem = torch.nn.Sequential(*list(made.trunk.children())[:2])
    early = run_frozen(stem, some.pixels, SETTINGS, folder / "early.npy")
    again = run_frozen(torch.nn.Identity(), some.pixels, SETTINGS, folder / "early.npy")
    read = read_cells(made, early, "1", 5)
    fit_head(made, read, some.targets, 1.0)
    said = PyTorchNetwork(made).logits(PREPROCESSING.normalise(some.pixels[0]))
    stored = made.scaled.state_dict()["running_mean"].numpy()
    centred = (read.reshape(-1, read.shape[-1]) - stored).mean(axis=0)
    return {
        "kept": np.array_equal(early, again),
        "right": float((said.argmax(axis=1) == some.targets).mean()),
        "centred": float(np.abs(centred).max()),
        "no_part_left": not list(folder.glob("*.part*")),
    }


def saved(folder: Path) -> dict[str, Any]:
    """What is saved in half precision is what is answered afterwards."""
    made = PyTorchNetwork(network())
    file = made.save(folder)
    tensors = PREPROCESSING.normalise(pages().pixels[0])
    again = load_into(build_tapped("mobilenet_v2", HEAD, len(LABELS)), file)
    gap = np.abs(made.logits(tensors) - again.logits(tensors)).max()
    return {"gap": float(gap), "parameters": made.parameters() == again.parameters()}


def killed(folder: Path) -> dict[str, Any]:
    """A course that is killed after its first epoch ends as one that ran through."""
    through = course(folder / "a.pth", stop_after=None)
    with contextlib.suppress(KeyboardInterrupt):
        course(folder / "b.pth", stop_after=1)
    resumed = course(folder / "b.pth", stop_after=None)
    return {
        "resumed": all(torch.equal(a, b) for a, b in zip(through[0], resumed[0], strict=True)),
        "lines": [through[1], resumed[1]],
        "trained": not torch.equal(through[0][0], next(network().trunk.parameters())),
    }


def course(checkpoint: Path, stop_after: int | None) -> tuple[list[torch.Tensor], list[str]]:
    """Weights after three epochs, and the lines of the log."""
    made, some, lines = network(), pages(), list[str]()

    def note(line: str) -> None:
        lines.append(",".join(line.split(",")[:2]))

    one = TrainingLoop(some, np.arange(COUNT), SETTINGS, note)
    one.checkpoint = checkpoint
    if stop_after is not None:
        one._keep = stopping(one, stop_after)  # type: ignore[method-assign]  # noqa: SLF001
    parts = list(made.trunk.parameters()), list(made.head.parameters())
    one.run(Phase("all", 3, 1e-3, 1e-3), some.pixels, parts, answer(made, 0.0))
    return [*parts[0], *parts[1]], lines


def stopping(one: TrainingLoop, after: int) -> Any:
    keep = one._keep  # noqa: SLF001

    def keep_and_stop(phase: Phase, living: Any, done: int) -> None:
        keep(phase, living, done)
        if done == after:
            raise KeyboardInterrupt

    return keep_and_stop


def refused(folder: Path) -> dict[str, str]:
    """What recipes say of a backbone that is another network's."""
    other = folder / "other.pth"
    torch.save({"layer": torch.zeros(1)}, other)
    told = {}
    for key in ("inceptionv3", "resnet50", "vgg16"):
        recipe = find_recipe(key)
        assert isinstance(recipe, PageRecipe)
        try:
            recipe.prepare(pages(), folder, other)
        except DataError as error:
            told[key] = str(error)
    return {"refused": json.dumps(told)}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
