"""What the PyTorch recipes of beat pictures share: a run over draws of beats, and the trained network."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from model_registry.entry import Head
from twelvelead.datasets.pages import Indices
from twelvelead.inference.engines.pytorch_models import build
from twelvelead.training.batches.draws import Draws
from twelvelead.training.loops.pytorch_loop import (
    PRECISION,
    PyTorchNetwork,
    channels_first,
    load_into,
)
from twelvelead.training.recipe import Logits, Note

Answer = Callable[[torch.Tensor], torch.Tensor]
Parts = tuple[Sequence[nn.Parameter], Sequence[nn.Parameter]]
FEW = 16  # beats that are answered in float32
PARTS = 128  # beats that are answered at once


class PictureNetwork(PyTorchNetwork):
    """A trained network that answers many beats in bfloat16, which is three times as fast."""

    @classmethod
    def read(cls, file: Path, architecture: str, head: Head, labels: int) -> "PictureNetwork":
        """The network from a file that `save` wrote."""
        return cls(load_into(build(architecture, head, labels), file).network)

    def logits(self, tensors: npt.NDArray[np.float32]) -> Logits:
        """As `twelvelead.training.recipe.Network`; a few beats in float32, as they are served."""
        if len(tensors) <= FEW:
            return super().logits(tensors)
        with torch.inference_mode(), torch.autocast("cpu", dtype=PRECISION):
            parts = channels_first(tensors).split(PARTS)
            return np.concatenate([self.network(part).double().numpy() for part in parts])

    def shift(self, bias: npt.NDArray[np.float64]) -> None:
        """Adds (labels,) to the logits for good."""
        head = [layer for layer in self.network.modules() if isinstance(layer, nn.Linear)][-1]
        with torch.no_grad():
            head.bias.add_(torch.from_numpy(bias).float())


def train_pictures(draws: Draws, parts: Parts, answer: Answer, note: Note) -> None:
    """Trains (trunk, head) of the network behind `answer`; a running average of the steps is what stays."""
    plan = draws.schedule
    weights = [weight for part in parts for weight in part]
    optimiser, schedule = _optimiser(draws, parts)
    average = [weight.detach().clone() for weight in weights]
    for epoch in range(plan.epochs):
        losses = []
        for pixels, targets in draws.epoch():
            batch = channels_first(draws.variation.preprocessing.normalise(pixels))
            loss = _loss(answer(batch), targets, plan.smoothing)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(weights, plan.clip)
            optimiser.step()
            schedule.step()
            torch._foreach_lerp_(average, [w.detach() for w in weights], plan.average)
            losses.append(float(loss.detach()))
        note(f"fit,{epoch + 1},{np.mean(losses):.4f}")
    for weight, kept in zip(weights, average, strict=True):
        weight.data.copy_(kept)


def in_bfloat16(layers: Callable[[torch.Tensor], torch.Tensor]) -> Answer:
    """The same layers, computed in bfloat16 as far as that is safe; what comes out is float32."""

    def answer(pixels: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", dtype=PRECISION):
            found = layers(pixels)
        return found.float()

    return answer


def _optimiser(
    draws: Draws, parts: Parts
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    plan = draws.schedule
    groups = [{"params": list(part)} for part in parts]
    optimiser = torch.optim.AdamW(groups, lr=plan.rate, weight_decay=plan.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, [plan.rate, plan.head_rate], total_steps=draws.steps, pct_start=0.2
    )
    return optimiser, schedule


def _loss(logits: torch.Tensor, targets: Indices, smoothing: float) -> torch.Tensor:
    return functional.cross_entropy(logits, torch.from_numpy(targets), label_smoothing=smoothing)
