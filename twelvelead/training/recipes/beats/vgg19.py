"""Trains VGG19 on beat pictures, in PyTorch: grown from the VGG16 that was trained on the same beats.

No ImageNet weights of VGG19 are at hand, so its three further convolutions begin as the identity: the
grown network then answers just as the smaller one did, and goes on learning from there (Net2Net:
T. Chen, I. Goodfellow and J. Shlens, ICLR 2016).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from twelvelead.inference.engines.pytorch_models import build
from twelvelead.inference.resources.machine import cores
from twelvelead.training.batches.draws import DrawnBeats, Draws, Schedule
from twelvelead.training.batches.marked_beats import MarkedBeats
from twelvelead.training.beat_recipe import BeatFit
from twelvelead.training.card_words import CARD_WORDS, CardWords
from twelvelead.training.loops.beat_picture_loop import PictureNetwork
from twelvelead.training.recipe import Note
from twelvelead.training.recipes.beats.pictures import BeatPictures
from twelvelead.training.recipes.beats.vgg16 import RECIPE as SMALLER
from twelvelead.training.recipes.beats.vgg16 import BeatVGG16, run_vgg


@dataclass(frozen=True, kw_only=True)
class BeatVGG19(BeatPictures):
    """The recipe: its knobs, its network, its run."""

    title: str = "VGG19 on beat pictures (grown from VGG16)"
    architecture: str = "vgg19"
    origin: str = f"the network of beat_vgg16, grown (Net2Net); that began from: {SMALLER.origin}"
    words: CardWords = CARD_WORDS["beat_vgg19"]

    vgg16: BeatVGG16 = SMALLER  # what it is grown from
    per_epoch: tuple[int, ...] = SMALLER.natural  # beats of N S V F Q, after growing
    epochs: int = 1
    batch: int = 64
    rate: float = 7e-5
    head_rate: float = 1e-4
    weight_decay: float = 1e-2
    smoothing: float = 0.0
    dropout: float = 0.3  # on the pooled features
    average: float = 0.02  # share of each step in the running average of the weights
    clip: float = 1.0  # of the gradient's norm
    spread: float = 0.5  # a record counts as its number of beats of a class to this power
    prior: float = 1.0  # how far the logits are put right for the draw
    seed: int = 11

    TAKES_BACKBONE = True

    def prepare(self, work: Path, backbone: Path | None) -> BeatFit:
        """Nothing is shared between runs; returns the function that fits."""
        del work

        def fit(train: Sequence[MarkedBeats], note: Note) -> PictureNetwork:
            beats, schedule = DrawnBeats.of(train), Schedule.of(self)
            smaller = self.vgg16.run(beats, backbone, note)
            torch.set_num_threads(cores())
            torch.manual_seed(self.seed)
            network = build(self.architecture, self.head, len(self.labels))
            grow(smaller, network)
            draws = Draws(beats, self.variation, schedule)
            run_vgg(network, draws, self.dropout, note)
            found = PictureNetwork(network)
            found.shift(schedule.correction(beats, self.prior))
            return found

        return fit


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


RECIPE = BeatVGG19()
