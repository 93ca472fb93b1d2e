"""Trains VGG16 on beat pictures, in PyTorch: from its ImageNet convolutions, every layer fine-tuned.

Reads from top to bottom: the knobs, the run. At first classes are drawn almost evenly, at last nearly as
often as they are; what the last draw changed is then put right in the head.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from twelvelead.inference.engines.pytorch_models import build
from twelvelead.inference.resources.machine import cores
from twelvelead.training.batches.draws import DrawnBeats, Draws, Schedule
from twelvelead.training.batches.marked_beats import MarkedBeats
from twelvelead.training.beat_recipe import BeatFit
from twelvelead.training.card_words import CARD_WORDS, CardWords
from twelvelead.training.loops.beat_picture_loop import PictureNetwork, in_bfloat16, train_pictures
from twelvelead.training.recipe import Note
from twelvelead.training.recipes.beats.pictures import BeatPictures
from twelvelead.training.recipes.pages import vgg16


@dataclass(frozen=True, kw_only=True)
class BeatVGG16(BeatPictures):
    """The recipe: its knobs, its network, its run."""

    title: str = "VGG16 on beat pictures (fine-tuned)"
    architecture: str = "vgg16"
    origin: str = vgg16.RECIPE.origin
    words: CardWords = CARD_WORDS["beat_vgg16"]

    even: tuple[int, ...] = (5000, 1800, 3000, 700, 16)  # beats of N S V F Q in an epoch, at first
    epochs_even: int = 4
    rate: float = 1.5e-4  # then
    head_rate: float = 1e-3
    smoothing: float = 0.05
    natural: tuple[int, ...] = (6500, 400, 2500, 100, 8)  # at last
    epochs_natural: int = 1
    rate_later: float = 5e-5
    batch: int = 64
    weight_decay: float = 1e-2
    dropout: float = 0.3  # on the pooled features
    average: float = 0.02  # share of each step in the running average of the weights
    clip: float = 1.0  # of the gradient's norm
    spread: float = 0.5  # a record counts as its number of beats of a class to this power
    prior: float = 1.0  # how far the logits are put right for the last draw
    seed: int = 0

    TAKES_BACKBONE = True

    def prepare(self, work: Path, backbone: Path | None) -> BeatFit:
        """Nothing is shared between runs; returns the function that fits."""
        del work

        def fit(train: Sequence[MarkedBeats], note: Note) -> PictureNetwork:
            beats = DrawnBeats.of(train)
            found = PictureNetwork(self.run(beats, backbone, note))
            found.shift(self.at_last().correction(beats, self.prior))
            return found

        return fit

    def run(self, beats: DrawnBeats, backbone: Path | None, note: Note) -> nn.Module:
        """The trained network, logits as the last draw made them."""
        torch.set_num_threads(cores())
        torch.manual_seed(self.seed)
        network = build(self.architecture, self.head, len(self.labels))
        pretrained = vgg16.pretrained(backbone).state_dict()
        network.get_submodule("features").load_state_dict(pretrained)
        for schedule in (self.at_first(), self.at_last()):
            run_vgg(network, Draws(beats, self.variation, schedule), self.dropout, note)
        return network

    def at_first(self) -> Schedule:
        """The run on an even draw."""
        return Schedule.of(self, per_epoch=self.even, epochs=self.epochs_even)

    def at_last(self) -> Schedule:
        """The run on a draw near to how often classes are."""
        drawn = Schedule.of(self, per_epoch=self.natural, epochs=self.epochs_natural)
        rate = self.rate_later
        return replace(drawn, rate=rate, head_rate=rate, smoothing=0.0, seed=self.seed + 1)


def run_vgg(network: nn.Module, draws: Draws, dropout: float, note: Note) -> None:
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


RECIPE = BeatVGG16()
