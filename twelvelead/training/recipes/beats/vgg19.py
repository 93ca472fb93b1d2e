"""Trains VGG19 on beat pictures, in PyTorch: grown from the VGG16 that was trained on the same beats.

No ImageNet weights of VGG19 are at hand, so its three further convolutions begin as the identity: the
grown network then answers just as the smaller one did, and goes on learning from there (Net2Net:
T. Chen, I. Goodfellow and J. Shlens, ICLR 2016).
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import nn

from twelvelead.datasets import records as beat_records
from twelvelead.inference.engines.pytorch_models import build
from twelvelead.inference.resources.machine import cores
from twelvelead.training.batches.drawings import DRAWING, PREPROCESSING, Variation
from twelvelead.training.batches.draws import DrawnBeats, Draws, Schedule
from twelvelead.training.beat_recipe import BeatFit, MarkedBeats
from twelvelead.training.loops.beat_picture_loop import PictureNetwork
from twelvelead.training.recipes.beats import vgg16 as beat_vgg16
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

TITLE = "VGG19 on beat pictures (grown from VGG16)"
FRAMEWORK = "pytorch"
ARCHITECTURE = "vgg19"
HEAD, HEAD_TOML = beat_vgg16.HEAD, beat_vgg16.HEAD_TOML
ORIGIN = f"the network of beat_vgg16, grown (Net2Net); that began from: {beat_vgg16.ORIGIN}"
SCHEDULE = (
    "The recipe of beat_vgg16 runs first; then the grown network trains on, every layer, for a fixed "
    "number of epochs; a running average of the weights is kept."
)

PER_EPOCH = beat_vgg16.NATURAL
EPOCHS = 1
BATCH = 64
RATE, HEAD_RATE = 7e-5, 1e-4
WEIGHT_DECAY = 1e-2
SMOOTHING = 0.0
DROPOUT = 0.3
AVERAGE = 0.02
CLIP = 1.0
SPREAD = 0.5
PRIOR = 1.0
SEED = 11

__all__ = ["CODES", "DATA", "EXTRA", "HELD_OUT", "LABELS", "LICENCE", "NOTES", "PROTOCOL", "SETTLE"]
__all__ += ["TASK", "TEST", "TRAIN", "read_records", "reading_toml", "tensors"]
read_records = beat_records.read_records


def knobs() -> dict[str, str]:
    """All of the above and those of beat_vgg16, by name, as they are set now."""
    own = {name: str(value) for name, value in globals().items() if name.isupper()}
    return own | {f"VGG16_{name}": value for name, value in beat_vgg16.knobs().items()}


def load(file: Path) -> PictureNetwork:
    """The network from a file that `save` wrote."""
    return PictureNetwork.read(file, ARCHITECTURE, HEAD, len(LABELS))


def prepare(work: Path, backbone: Path | None) -> BeatFit:
    """Nothing is shared between runs; returns the function that fits."""
    del work

    def fit(train: Sequence[MarkedBeats], note: Callable[[str], None]) -> PictureNetwork:
        torch.set_num_threads(cores())
        beats = DrawnBeats.of(train)
        smaller = beat_vgg16.train_vgg16(beats, backbone, note)
        torch.manual_seed(SEED)
        network = build(ARCHITECTURE, HEAD, len(LABELS))
        grow(smaller, network)
        draws = Draws(beats, Variation(DRAWING, PREPROCESSING), schedule())
        beat_vgg16.run_vgg(network, draws, DROPOUT, note)
        found = PictureNetwork(network)
        found.shift(schedule().correction(beats, PRIOR))
        return found

    return fit


def schedule() -> Schedule:
    """The run after growing."""
    shared = WEIGHT_DECAY, SMOOTHING, AVERAGE, CLIP, SPREAD, SEED
    return Schedule(PER_EPOCH, EPOCHS, BATCH, RATE, HEAD_RATE, *shared)


def grow(smaller: nn.Module, larger: nn.Module) -> None:
    """Gives `larger` (VGG19) the function of `smaller` (VGG16) under the same head."""
    head = smaller.get_submodule("classifier").state_dict()
    larger.get_submodule("classifier").load_state_dict(head)
    for mine, given in zip(_blocks(larger), _blocks(smaller), strict=True):
        for convolution, known in zip(mine, given, strict=False):
            convolution.load_state_dict(known.state_dict())
        for convolution in mine[len(given) :]:
            nn.init.dirac_(convolution.weight)
            nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]


def _blocks(network: nn.Module) -> list[list[nn.Conv2d]]:
    """The convolutions of a VGG, those between two poolings together."""
    blocks: list[list[nn.Conv2d]] = [[]]
    for layer in network.get_submodule("features").children():
        if isinstance(layer, nn.Conv2d):
            blocks[-1].append(layer)
        elif isinstance(layer, nn.MaxPool2d):
            blocks.append([])
    return blocks[:-1]
