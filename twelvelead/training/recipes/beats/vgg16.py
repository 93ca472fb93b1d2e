"""Trains VGG16 on beat pictures, in PyTorch: from its ImageNet convolutions, every layer fine-tuned.

Reads from top to bottom: the knobs, the run. At first classes are drawn almost evenly, at last nearly as
often as they are; what the last draw changed is then put right in the head.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from model_registry.entry import Head
from twelvelead.datasets import records as beat_records
from twelvelead.inference.engines.pytorch_models import build
from twelvelead.inference.resources.machine import cores
from twelvelead.training.batches.drawings import DRAWING, PREPROCESSING, Variation
from twelvelead.training.batches.draws import DrawnBeats, Draws, Schedule
from twelvelead.training.beat_recipe import BeatFit, MarkedBeats
from twelvelead.training.loops.beat_picture_loop import PictureNetwork, in_bfloat16, train_pictures
from twelvelead.training.recipes.beats.picture_recipe import (
    CODES,
    DATA,
    EXTRA,
    HELD_OUT,
    LABELS,
    LICENCE,
    NOTES,
    PROTOCOL,
    SETTLE,
    TASK,
    TEST,
    TRAIN,
    reading_toml,
    tensors,
)
from twelvelead.training.recipes.pages import vgg16

TITLE = "VGG16 on beat pictures (fine-tuned)"
FRAMEWORK = "pytorch"
ARCHITECTURE = "vgg16"
HEAD = Head(hidden=(), pooling=(1, 1))
HEAD_TOML = "head = []\npooling = [1, 1]\n"
ORIGIN = vgg16.ORIGIN
SCHEDULE = (
    "All layers train for a fixed number of epochs on beats that are drawn anew each time, with other "
    "lines, margins and stretches of time; a running average of the weights is kept."
)

EVEN, EPOCHS_EVEN = (5000, 1800, 3000, 700, 16), 4  # beats of N S V F Q in an epoch, at first
RATE, HEAD_RATE, SMOOTHING = 1.5e-4, 1e-3, 0.05  # then
NATURAL, EPOCHS_NATURAL = (6500, 400, 2500, 100, 8), 1  # at last
RATE_LATER = 5e-5
BATCH = 64
WEIGHT_DECAY = 1e-2
DROPOUT = 0.3  # on the pooled features
AVERAGE = 0.02  # share of each step in the running average of the weights
CLIP = 1.0  # of the gradient's norm
SPREAD = 0.5  # a record counts as its number of beats of a class to this power
PRIOR = 1.0  # how far the logits are put right for the last draw
SEED = 0

__all__ = ["CODES", "DATA", "EXTRA", "HELD_OUT", "LABELS", "LICENCE", "NOTES", "PROTOCOL", "SETTLE"]
__all__ += ["TASK", "TEST", "TRAIN", "read_records", "reading_toml", "tensors"]
read_records = beat_records.read_records


def knobs() -> dict[str, str]:
    """All of the above, by name, as it is set now."""
    return {name: str(value) for name, value in globals().items() if name.isupper()}


def load(file: Path) -> PictureNetwork:
    """The network from a file that `save` wrote."""
    return PictureNetwork.read(file, ARCHITECTURE, HEAD, len(LABELS))


def prepare(work: Path, backbone: Path | None) -> BeatFit:
    """Nothing is shared between runs; returns the function that fits."""
    del work

    def fit(train: Sequence[MarkedBeats], note: Callable[[str], None]) -> PictureNetwork:
        beats = DrawnBeats.of(train)
        found = PictureNetwork(train_vgg16(beats, backbone, note))
        found.shift(at_last().correction(beats, PRIOR))
        return found

    return fit


def train_vgg16(beats: DrawnBeats, backbone: Path | None, note: Callable[[str], None]) -> nn.Module:
    """The trained network, logits as the last draw made them."""
    torch.set_num_threads(cores())
    torch.manual_seed(SEED)
    network = build(ARCHITECTURE, HEAD, len(LABELS))
    network.get_submodule("features").load_state_dict(vgg16.pretrained(backbone).state_dict())
    for schedule in (at_first(), at_last()):
        draws = Draws(beats, Variation(DRAWING, PREPROCESSING), schedule)
        run_vgg(network, draws, DROPOUT, note)
    return network


def at_first() -> Schedule:
    """The run on an even draw."""
    shared = WEIGHT_DECAY, SMOOTHING, AVERAGE, CLIP, SPREAD, SEED
    return Schedule(EVEN, EPOCHS_EVEN, BATCH, RATE, HEAD_RATE, *shared)


def at_last() -> Schedule:
    """The run on a draw near to how often classes are."""
    later = replace(at_first(), per_epoch=NATURAL, epochs=EPOCHS_NATURAL, seed=SEED + 1)
    return replace(later, rate=RATE_LATER, head_rate=RATE_LATER, smoothing=0.0)


def run_vgg(network: nn.Module, draws: Draws, dropout: float, note: Callable[[str], None]) -> None:
    """Trains every layer of a VGG, in place."""
    network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    features, head = network.get_submodule("features"), network.get_submodule("classifier")
    pool = network.get_submodule("avgpool")

    def answer(pixels: torch.Tensor) -> torch.Tensor:
        pooled = pool(features(pixels).float()).flatten(1)
        logits: torch.Tensor = head(functional.dropout(pooled, dropout))
        return logits

    parts = list(features.parameters()), list(head.parameters())
    train_pictures(draws, parts, in_bfloat16(answer), note)
