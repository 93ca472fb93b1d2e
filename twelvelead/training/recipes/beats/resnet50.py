"""Trains ResNet50 on beat pictures, in PyTorch, from random numbers.

Reads from top to bottom: the knobs, the run.
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
from twelvelead.training.loops.beat_picture_loop import PictureNetwork, in_bfloat16, train_pictures
from twelvelead.training.recipe import Note
from twelvelead.training.recipes.beats.pictures import BeatPictures


@dataclass(frozen=True, kw_only=True)
class BeatResNet50(BeatPictures):
    """The recipe: its knobs, its network, its run."""

    title: str = "ResNet50 on beat pictures (from scratch)"
    architecture: str = "resnet50"
    words: CardWords = CARD_WORDS["beat_resnet50"]

    per_epoch: tuple[int, ...] = (6000, 600, 2500, 150, 8)  # beats of N S V F Q
    epochs: int = 6
    batch: int = 64
    rate: float = 1.5e-3
    head_rate: float = 1.5e-3
    weight_decay: float = 5e-2
    smoothing: float = 0.02
    average: float = 1.0  # the last step is what is kept: running statistics belong to it
    clip: float = 2.0  # of the gradient's norm
    spread: float = 0.5  # a record counts as its number of beats of a class to this power
    prior: float = 1.0  # how far the logits are put right for the draw
    seed: int = 2

    def prepare(self, work: Path, backbone: Path | None) -> BeatFit:
        """Nothing is shared between runs; returns the function that fits."""
        del work, backbone

        def fit(train: Sequence[MarkedBeats], note: Note) -> PictureNetwork:
            torch.set_num_threads(cores())
            torch.manual_seed(self.seed)
            network = build(self.architecture, self.head, len(self.labels))
            _begin_shallow(network)
            network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
            head = list(network.get_submodule("fc").parameters())
            trunk = [w for name, w in network.named_parameters() if not name.startswith("fc.")]
            schedule, beats = Schedule.of(self), DrawnBeats.of(train)
            draws = Draws(beats, self.variation, schedule)
            train_pictures(draws, (trunk, head), in_bfloat16(network), note)
            found = PictureNetwork(network)
            found.shift(schedule.correction(beats, self.prior))
            return found

        return fit


def _begin_shallow(network: nn.Module) -> None:
    """The last scale of each residual branch begins at 0 (Goyal 2017)."""
    for block in network.modules():
        last = getattr(block, "bn3", None)
        if isinstance(last, nn.BatchNorm2d):
            nn.init.zeros_(last.weight)


RECIPE = BeatResNet50()
