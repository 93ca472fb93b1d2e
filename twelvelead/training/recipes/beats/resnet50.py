"""Trains ResNet50 on beat pictures, in PyTorch, from random numbers."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import nn

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

TITLE = "ResNet50 on beat pictures (from scratch)"
FRAMEWORK = "pytorch"
ARCHITECTURE = "resnet50"
HEAD = Head(hidden=(), pooling=(1, 1))
HEAD_TOML = "head = []\npooling = [1, 1]\n"
ORIGIN = "none: every weight was trained here, from random numbers"
SCHEDULE = (
    "It begins with random numbers and trains for a fixed number of epochs on beats that are drawn anew "
    "each time, with other lines, margins and stretches of time; the last weights are kept."
)

PER_EPOCH = (6000, 600, 2500, 150, 8)  # beats of N S V F Q
EPOCHS = 6
BATCH = 64
RATE, HEAD_RATE = 1.5e-3, 1.5e-3
WEIGHT_DECAY = 5e-2
SMOOTHING = 0.02
AVERAGE = 1.0  # the last step is what is kept: running statistics belong to it
CLIP = 2.0  # of the gradient's norm
SPREAD = 0.5  # a record counts as its number of beats of a class to this power
PRIOR = 1.0  # how far the logits are put right for the draw
SEED = 2

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
    del work, backbone

    def fit(train: Sequence[MarkedBeats], note: Callable[[str], None]) -> PictureNetwork:
        torch.set_num_threads(cores())
        torch.manual_seed(SEED)
        network, beats = build(ARCHITECTURE, HEAD, len(LABELS)), DrawnBeats.of(train)
        _begin_shallow(network)
        network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
        head = network.get_submodule("fc")
        trunk = [w for name, w in network.named_parameters() if not name.startswith("fc.")]
        draws = Draws(beats, Variation(DRAWING, PREPROCESSING), schedule())
        train_pictures(draws, (trunk, list(head.parameters())), in_bfloat16(network), note)
        found = PictureNetwork(network)
        found.shift(schedule().correction(beats, PRIOR))
        return found

    return fit


def schedule() -> Schedule:
    """The run."""
    shared = WEIGHT_DECAY, SMOOTHING, AVERAGE, CLIP, SPREAD, SEED
    return Schedule(PER_EPOCH, EPOCHS, BATCH, RATE, HEAD_RATE, *shared)


def _begin_shallow(network: nn.Module) -> None:
    """The last scale of each residual branch begins at 0 (Goyal 2017)."""
    for block in network.modules():
        last = getattr(block, "bn3", None)
        if isinstance(last, nn.BatchNorm2d):
            nn.init.zeros_(last.weight)
