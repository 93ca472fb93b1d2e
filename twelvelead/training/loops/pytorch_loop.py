"""What the PyTorch recipes share: a trained network as recipes give it, and one phase of training."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.torch
import torch
from torch import nn
from torch.nn import functional
from tqdm import tqdm

from model_registry.preprocessing import Preprocessing
from twelvelead.datasets.pages import Indices, PageDataset
from twelvelead.training.recipe import Logits, Note

PRECISION = torch.bfloat16  # of forward and backward in training; weights and answers are float32
PARTS = 8  # pages that are answered at once


class PyTorchNetwork:
    """A trained network; see `twelvelead.training.recipe.Network`."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def logits(self, tensors: npt.NDArray[np.float32]) -> Logits:
        with torch.inference_mode():
            parts = channels_first(tensors).split(PARTS)
            return np.concatenate([self.network(part).double().numpy() for part in parts])

    def parameters(self) -> int:
        return sum(weights.numel() for weights in self.network.parameters())

    def save(self, folder: Path) -> Path:
        file = folder / "weights.safetensors"
        self.network.half().float()  # what is served is what is kept
        state = {n: _halved(t) for n, t in self.network.state_dict().items()}
        safetensors.torch.save_file(state, file)
        return file


def load_into(network: nn.Module, file: Path) -> PyTorchNetwork:
    """`network` with the weights from a file that `save` wrote."""
    state = safetensors.torch.load_file(file)
    network.load_state_dict(
        {n: t.float() if t.is_floating_point() else t for n, t in state.items()}
    )
    return PyTorchNetwork(network)


def channels_first(tensors: npt.NDArray[np.float32]) -> torch.Tensor:
    """(n, height, width, channels) as PyTorch wants it."""
    pixels = torch.from_numpy(np.ascontiguousarray(tensors)).permute(0, 3, 1, 2)
    return pixels.contiguous(memory_format=torch.channels_last)


@dataclass(frozen=True)
class Phase:
    """One stretch of training: the name in the log, epochs, peak rates of layers and head."""

    name: str
    epochs: int
    rate: float
    head_rate: float


@dataclass(frozen=True, kw_only=True)
class LoopSettings:
    """What all phases of a run share: recipes are such; see their knobs for what each is."""

    preprocessing: Preprocessing
    batch: int
    weight_decay: float
    smoothing: float
    average: float
    clip: float
    balance: float
    seed: int


@dataclass(frozen=True)
class _Living:
    """What changes from step to step."""

    weights: list[torch.Tensor]  # and buffers
    average: list[torch.Tensor]
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler

    def state(self) -> dict[str, Any]:
        return {
            "weights": [weight.detach() for weight in self.weights],
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
        }

    def restore(self, kept: dict[str, Any]) -> None:
        for ours, theirs in zip(self.weights, kept["weights"], strict=True):
            ours.data.copy_(theirs)
        for mean, theirs in zip(self.average, kept["average"], strict=True):
            mean.copy_(theirs)
        self.optimiser.load_state_dict(kept["optimiser"])
        self.schedule.load_state_dict(kept["schedule"])


class TrainingLoop:
    """Phases over one set of training pages; weights are a running average of the steps."""

    def __init__(
        self, pages: PageDataset, train: Indices, settings: LoopSettings, note: Note
    ) -> None:
        self.pages, self.train, self.settings, self.note = pages, train, settings, note
        self.checkpoint: Path | None = None  # where each epoch is kept, to go on from after a kill
        self.buffers: list[torch.Tensor] = []  # what changes beside weights: running statistics
        self.rng = np.random.default_rng(settings.seed)
        counts = np.bincount(pages.targets[train], minlength=len(pages.labels))
        weight = (counts.sum() / counts / len(pages.labels)) ** settings.balance
        self.weight = torch.tensor(weight, dtype=torch.float32)

    def run(
        self,
        phase: Phase,
        inputs: npt.NDArray[Any],
        parts: tuple[list[nn.Parameter], list[nn.Parameter]],
        answer: Callable[[torch.Tensor], torch.Tensor],
    ) -> None:
        """Trains `parts` (of the trunk, of the head).

        inputs: (variants, n, ..), pages or features; answer: a batch of them -> logits (n, labels).
        """
        weights = [*parts[0], *parts[1]]
        optimiser, schedule = self._optimiser(phase, parts)
        average = [weight.detach().clone() for weight in weights]
        living = _Living([*weights, *self.buffers], average, optimiser, schedule)
        for epoch in range(self._resume(phase, living), phase.epochs):
            total = 0.0
            shown = f"{phase.name} {epoch + 1}/{phase.epochs}"
            for some in tqdm(list(self._batches()), desc=shown, leave=False):
                loss = self._loss(answer, inputs, some)
                optimiser.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(weights, self.settings.clip)
                optimiser.step()
                schedule.step()
                for kept, weight in zip(average, weights, strict=True):
                    kept.lerp_(weight.detach(), self.settings.average)
                total += float(loss.detach()) * len(some)
            self.note(f"{phase.name},{epoch + 1},{total / len(self.train):.4f}")
            self._keep(phase, living, epoch + 1)
        for weight, kept in zip(weights, average, strict=True):
            weight.data.copy_(kept)

    def _keep(self, phase: Phase, living: "_Living", done: int) -> None:
        if self.checkpoint is not None:
            part = self.checkpoint.with_suffix(".part")
            drawn = self.rng.bit_generator.state
            torch.save({"phase": phase.name, "done": done, "rng": drawn} | living.state(), part)
            part.rename(self.checkpoint)

    def _resume(self, phase: Phase, living: "_Living") -> int:
        """How many epochs of this phase an earlier run had done; their state is put back."""
        if self.checkpoint is None or not self.checkpoint.is_file():
            return 0
        kept = torch.load(self.checkpoint, weights_only=True)
        if kept["phase"] != phase.name:
            return 0
        living.restore(kept)
        self.rng.bit_generator.state = kept["rng"]
        return int(kept["done"])

    def _optimiser(
        self, phase: Phase, parts: tuple[list[nn.Parameter], list[nn.Parameter]]
    ) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
        groups = [{"params": parts[0]}, {"params": parts[1]}]
        decay = self.settings.weight_decay
        optimiser = torch.optim.AdamW(groups, lr=phase.rate, weight_decay=decay)
        steps = phase.epochs * -(-len(self.train) // self.settings.batch)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, [phase.rate, phase.head_rate], total_steps=steps, pct_start=0.2
        )
        return optimiser, schedule

    def _batches(self) -> Iterator[Indices]:
        shuffled = self.rng.permutation(self.train)
        for begin in range(0, len(shuffled), self.settings.batch):
            yield shuffled[begin : begin + self.settings.batch]

    def _loss(
        self,
        answer: Callable[[torch.Tensor], torch.Tensor],
        inputs: npt.NDArray[Any],
        some: Indices,
    ) -> torch.Tensor:
        variants = self.rng.integers(0, len(inputs), len(some))
        chosen = np.stack([inputs[v, i] for v, i in zip(variants, some, strict=True)])
        if chosen.dtype == np.uint8:
            batch = channels_first(self.settings.preprocessing.normalise(chosen))
        else:
            batch = torch.from_numpy(chosen).float().contiguous(memory_format=torch.channels_last)
        logits = answer(batch)
        targets = torch.from_numpy(self.pages.targets[some])
        return functional.cross_entropy(
            logits, targets, weight=self.weight, label_smoothing=self.settings.smoothing
        )


def run_frozen(
    layers: nn.Module, inputs: npt.NDArray[np.uint8], settings: LoopSettings, file: Path
) -> npt.NDArray[np.float16]:
    """What frozen layers give for pages (variants, n, ..): float16, on disk, computed once."""
    if file.is_file():
        return np.load(file, mmap_mode="c")  # type: ignore[no-any-return]
    layers = layers.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    part = file.with_suffix(".part.npy")
    held: np.memmap[Any, Any] | None = None
    variants, count = inputs.shape[:2]
    with torch.inference_mode(), torch.autocast("cpu", dtype=PRECISION):
        for variant in tqdm(range(variants), desc="frozen layers", unit="variant"):
            for begin in range(0, count, settings.batch):
                some = slice(begin, begin + settings.batch)
                pixels = settings.preprocessing.normalise(inputs[variant, some])
                maps = layers(channels_first(pixels)).half().numpy()
                if held is None:
                    shape = (variants, count, *maps.shape[1:])
                    held = np.lib.format.open_memmap(part, "w+", dtype=np.float16, shape=shape)
                held[variant, some] = maps
    if held is not None:
        held.flush()
    part.rename(file)
    return np.load(file, mmap_mode="c")  # type: ignore[no-any-return]


def _halved(tensor: torch.Tensor) -> torch.Tensor:
    return (tensor.half() if tensor.is_floating_point() else tensor).contiguous()
