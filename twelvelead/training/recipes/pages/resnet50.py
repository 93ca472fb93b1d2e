"""Trains ResNet50 on ECG pages, in PyTorch: first on simulated pages, then on real ones.

No ImageNet weights of it are at hand where this was made, so it begins with random numbers and learns
what an ECG page is from pages that the project draws: which of the simulated findings is shown.
Reads from top to bottom: the knobs, the pretraining that all folds share, two steps.
    step 0: all layers on simulated pages, to tell their findings apart
    step 1: a new head for the four classes, as a logistic regression on the cells of real pages
    step 2: all layers on real pages
With `--backbone FILE`, a state dict of torchvision's resnet50 takes the place of step 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from ecg.page.frame import Box
from ecg.simulate.paint import PageLayout, paint_page
from ecg.simulate.twelve_leads import FINDINGS, simulate
from model_registry.entry import Framework, Head
from model_registry.preprocessing import Preprocessing
from twelvelead.datasets.augment import augment
from twelvelead.datasets.pages import DataError, Indices, PageDataset
from twelvelead.inference.engines.pytorch_models import build
from twelvelead.inference.resources.machine import cores
from twelvelead.training.card_words import CARD_WORDS, CardWords
from twelvelead.training.loops.pytorch_loop import (
    LoopSettings,
    Phase,
    PyTorchNetwork,
    TrainingLoop,
    load_into,
    run_frozen,
)
from twelvelead.training.loops.tapped_loop import answer, build_tapped, fit_head, read_cells
from twelvelead.training.recipe import Note, PageFit, PageRecipe


@dataclass(frozen=True, kw_only=True)
class ResNet50(PageRecipe, LoopSettings):
    """The recipe: its knobs, its network, its run."""

    title: str = "ResNet50 (pretrained on simulated pages, 4 x 4 cells)"
    framework: Framework = "pytorch"
    architecture: str = "resnet50"
    labels: tuple[str, ...] = (
        *("abnormal_heartbeat", "normal", "history_of_mi", "myocardial_infarction"),
    )
    preprocessing: Preprocessing = Preprocessing(
        size=(192, 336), colour="grey", scale="standard", channels=3
    )
    head: Head = Head(  # taps: what it reads, at 1/8, 1/16 and 1/32
        hidden=(), pooling=(4, 4), taps=("layer2", "layer3", "layer4")
    )
    origin: str = (
        "none: every weight was trained here, from random numbers, first on simulated pages"
    )
    words: CardWords = CARD_WORDS["resnet50"]

    findings: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: FINDINGS)  # simulated
    drawn: int = 1500  # simulated pages
    drawn_variants: int = 2  # random variants of each, besides the page itself
    epochs_drawn: int = 6  # step 0
    rate_drawn: float = 1e-3
    variants: int = 6  # random variants of each real page, drawn once
    batch: int = 16
    inverse_penalty: float = 1e-3  # of the logistic regression
    epochs_all: int = 4  # step 2
    rate_all: float = 1e-4
    weight_decay: float = 1e-2
    dropout: float = 0.5  # on the cells
    smoothing: float = 0.05  # of the labels: they are coarse
    average: float = 0.03  # share of each step in the running average of the weights, which is kept
    clip: float = 1.0  # of the gradient's norm
    balance: float = 1.0  # how far rare classes count more: 1 fully, 0 not
    seed: int = 0
    layout: PageLayout = PageLayout(  # half the usual size: twice what the network reads is enough
        size=(1107, 786),
        frame=Box(36, 143, 1087, 757),
        px_per_mm=4,
        border_width=2,
        trace_width=2,
        text_size=13,
    )
    first: str = "maxpool"  # the last layer before the residual ones, at 1/4 of the input

    TAKES_BACKBONE = True

    def prepare(self, pages: PageDataset, work: Path, backbone: Path | None) -> PageFit:
        """Trains on simulated pages once, or reads the backbone; returns the function that fits."""
        torch.set_num_threads(cores())
        start = build_tapped(self.architecture, self.head, len(self.labels))
        start.trunk.load_state_dict(self._read(backbone) if backbone else self._pretrain(work))
        first = nn.Sequential(*list(start.trunk.children())[:4])
        early = run_frozen(first, pages.pixels, self, work / f"first-{pages.digest}.npy")
        cells = read_cells(start, early, self.first, self.batch)

        def fit(train: Indices, note: Note) -> PyTorchNetwork:
            torch.manual_seed(self.seed)
            network = build_tapped(self.architecture, self.head, len(self.labels))
            network.trunk.load_state_dict(start.trunk.state_dict())
            fit_head(network, cells[:, train], pages.targets[train], self.inverse_penalty)
            network.eval()  # batch normalisation keeps what it learnt on simulated pages
            parts = list(network.trunk.parameters()), list(network.head.parameters())
            phase = Phase("all", self.epochs_all, self.rate_all, self.rate_all)
            loop = TrainingLoop(pages, train, self, note)
            loop.run(phase, pages.pixels, parts, answer(network, self.dropout))
            return PyTorchNetwork(network)

        return fit

    def load(self, file: Path) -> PyTorchNetwork:
        return load_into(build(self.architecture, self.head, len(self.labels)), file)

    def _pretrain(self, work: Path) -> dict[str, torch.Tensor]:
        """Step 0: the trunk's state; kept in `work`, and gone on with where it was stopped."""
        drawn = self._draw(work)
        torch.manual_seed(self.seed)
        network = build_tapped(self.architecture, self.head, len(drawn.labels))
        kept = work / f"drawn-{drawn.digest}.pth"
        if not kept.is_file():
            network.train()
            network.scaled.eval()
            loop = TrainingLoop(drawn, np.arange(len(drawn)), self, tqdm.write)
            loop.checkpoint = kept.with_suffix(".unfinished")
            loop.buffers = list(network.buffers())
            parts = list(network.trunk.parameters()), list(network.head.parameters())
            phase = Phase("drawn", self.epochs_drawn, self.rate_drawn, self.rate_drawn)
            loop.run(phase, drawn.pixels, parts, answer(network, self.dropout))
            torch.save(network.trunk.state_dict(), kept)
        state: dict[str, torch.Tensor] = torch.load(kept, weights_only=True)
        return state

    def _draw(self, work: Path) -> PageDataset:
        """Simulated pages, each labelled with its finding."""
        findings = tuple(name for names in self.findings.values() for name in names)
        targets = np.arange(self.drawn) % len(findings)
        size = self.preprocessing.size[0]
        digest = f"{self.drawn}-{self.drawn_variants}-{size}-{self.epochs_drawn}"
        kept = work / f"drawn-{digest}.npy"
        if not kept.is_file():
            bar = enumerate(tqdm(targets, desc="drawing pages", unit="page"))
            np.save(kept, np.stack([self._draw_one(findings[t], i) for i, t in bar], axis=1))
        names = tuple(f"simulated-{number}" for number in range(self.drawn))
        pixels = np.load(kept, mmap_mode="r")
        return PageDataset(pixels, targets, np.array(names), names, findings, 0, digest)

    def _draw_one(self, finding: str, number: int) -> np.ndarray:
        """One simulated page and its variants: uint8 (1 + variants, height, width)."""
        rng, box = np.random.default_rng(number), self.layout.frame
        ecg = simulate(finding, seed=self.seed + 10_000 + number)
        page = np.asarray(paint_page(ecg, layout=self.layout).convert("L"))
        trace = page[box.top : box.bottom, box.left : box.right]
        shown = [trace, *(augment(trace, rng) for _ in range(self.drawn_variants))]
        return np.stack([self.preprocessing.shrink(one) for one in shown])

    def _read(self, file: Path) -> dict[str, torch.Tensor]:
        """The trunk's state from a state dict of torchvision's resnet50."""
        state = torch.load(file, map_location="cpu", weights_only=True)
        wanted = build_tapped(self.architecture, self.head, len(self.labels)).trunk.state_dict()
        try:
            return {name: state[name].float() for name in wanted}
        except KeyError as error:
            raise DataError(f"{file} holds no ResNet50: give its state dict.") from error


RECIPE = ResNet50()
