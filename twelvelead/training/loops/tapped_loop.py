"""What the recipes of tapped networks share: reading cells, a logistic regression as the first head."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.nn import functional

from model_registry.entry import Head
from twelvelead.datasets.pages import Indices, PageDataset
from twelvelead.inference.engines.pytorch_models import build
from twelvelead.inference.engines.tapped import Tapped
from twelvelead.inference.resources.machine import cores
from twelvelead.training.loops.pytorch_loop import (
    PRECISION,
    LoopSettings,
    Phase,
    PyTorchNetwork,
    TrainingLoop,
    run_frozen,
)
from twelvelead.training.recipe import Note, PageFit

LEAST_DEVIATION = 1e-3  # of a cell: one that never changes is not blown up
ITERATIONS = 200


@dataclass(frozen=True, kw_only=True)
class FineTuned(LoopSettings):
    """A recipe's fine-tuning of a tapped network; see its knobs for what each is.

    stem: the last of the layers that stay frozen through the first phase.
    """

    inverse_penalty: float
    epochs_top: int
    rate_top: float
    epochs_all: int
    rate_all: float
    dropout: float
    stem: str


def build_tapped(architecture: str, head: Head, outputs: int) -> Tapped:
    """A tapped network without weights. Raises ValueError for a head without taps."""
    network = build(architecture, head, outputs).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if not isinstance(network, Tapped):
        raise ValueError("a tapped network needs a head with taps")
    return network


def fine_tune(recipe: FineTuned, start: Tapped, pages: PageDataset, work: Path) -> PageFit:
    """Runs the stem of `start` once over every variant of every page; returns the function that fits."""
    torch.set_num_threads(cores())
    names = [name for name, _ in start.trunk.named_children()]
    behind = names.index(recipe.stem) + 1
    stem = nn.Sequential(*list(start.trunk.children())[:behind])
    early = run_frozen(stem, pages.pixels, recipe, work / f"stem-{pages.digest}.npy")
    cells = read_cells(start, early, recipe.stem, recipe.batch)

    def fit(train: Indices, note: Note) -> PyTorchNetwork:
        torch.manual_seed(recipe.seed)
        network = copy.deepcopy(start).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        fit_head(network, cells[:, train], pages.targets[train], recipe.inverse_penalty)
        network.eval()  # batch normalisation keeps its statistics; dropout is done in `answer`
        loop = TrainingLoop(pages, train, recipe, note)
        head = list(network.head.parameters())
        later = [p for layer in list(network.trunk.children())[behind:] for p in layer.parameters()]
        top = Phase("top", recipe.epochs_top, recipe.rate_top, recipe.rate_top)
        loop.run(top, early, (later, head), answer(network, recipe.dropout, recipe.stem))
        everything = Phase("all", recipe.epochs_all, recipe.rate_all, recipe.rate_all)
        layers = list(network.trunk.parameters())
        loop.run(everything, pages.pixels, (layers, head), answer(network, recipe.dropout))
        return PyTorchNetwork(network)

    return fit


def answer(
    network: Tapped, dropout: float, after: str | None = None
) -> Callable[[torch.Tensor], torch.Tensor]:
    """From pages, or from what the layer `after` gave, to logits, with dropout on the cells."""

    def run(maps: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", dtype=PRECISION):
            cells = network.cells(maps, after)
        scaled = network.scaled(cells.float())
        logits: torch.Tensor = network.head(functional.dropout(scaled, dropout))
        return logits

    return run


def read_cells(
    network: Tapped, maps: npt.NDArray[np.float16], after: str, batch: int
) -> npt.NDArray[np.float32]:
    """What the head would read, (variants, n, features), from outputs of the layer `after`."""
    network.eval()

    def read(some: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        return np.asarray(network.cells(torch.from_numpy(some).float(), after).numpy())

    with torch.inference_mode(), torch.autocast("cpu", dtype=PRECISION):
        rows = [
            np.concatenate(
                [read(one[begin : begin + batch]) for begin in range(0, len(one), batch)]
            )
            for one in maps
        ]
    return np.stack(rows).astype(np.float32)


def fit_head(
    network: Tapped, cells: npt.NDArray[np.float32], targets: Indices, inverse_penalty: float
) -> None:
    """Sets the scaling and the linear layer from cells (variants, n, features) of labelled pages."""
    rows = cells.reshape(-1, cells.shape[-1])
    mean, deviation = rows.mean(axis=0), rows.std(axis=0) + LEAST_DEVIATION
    found = LogisticRegression(C=inverse_penalty, max_iter=ITERATIONS, class_weight="balanced").fit(
        (rows - mean) / deviation, np.tile(targets, len(cells))
    )
    linear = network.head.get_submodule(str(len(network.head) - 1))
    stored = {
        "running_mean": mean,
        "running_var": deviation**2,
        "num_batches_tracked": np.array(0),
    }
    network.scaled.load_state_dict({n: torch.as_tensor(v) for n, v in stored.items()})
    state = {"weight": found.coef_, "bias": found.intercept_}
    linear.load_state_dict({n: torch.as_tensor(v).float() for n, v in state.items()})
