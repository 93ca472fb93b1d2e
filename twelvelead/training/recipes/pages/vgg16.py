"""Trains VGG16 on ECG pages, in PyTorch: pooled features, one linear layer, every layer fine-tuned.

Reads from top to bottom: the knobs, the frozen early stages that all folds share, the two phases.
    phase 1: blocks 4 and 5 and the head, on cached outputs of blocks 1 to 3 (as ImageNet left them)
    phase 2: all layers, at a lower rate
The features are averaged to 4 x 4 cells, not to one: a 12-lead page has its leads in 4 rows and 4
columns, and which lead shows a finding is half of what it means.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from model_registry.entry import Framework, Head
from model_registry.preprocessing import Preprocessing
from twelvelead.datasets.pages import DataError, Indices, PageDataset
from twelvelead.inference.engines.pytorch_models import build
from twelvelead.inference.engines.torchvision_import import torchvision
from twelvelead.inference.resources.machine import cores
from twelvelead.training.card_words import CARD_WORDS, CardWords
from twelvelead.training.loops.pytorch_loop import (
    PRECISION,
    LoopSettings,
    Phase,
    PyTorchNetwork,
    TrainingLoop,
    load_into,
    run_frozen,
)
from twelvelead.training.recipe import Note, PageFit, PageRecipe


@dataclass(frozen=True, kw_only=True)
class VGG16(PageRecipe, LoopSettings):
    """The recipe: its knobs, its network, its run."""

    title: str = "VGG16 (fine-tuned, pooled 4 x 4)"
    framework: Framework = "pytorch"
    architecture: str = "vgg16"
    labels: tuple[str, ...] = (
        *("normal", "abnormal_heartbeat", "myocardial_infarction", "history_of_mi"),
    )
    preprocessing: Preprocessing = Preprocessing(
        size=(256, 448), colour="grey", scale="imagenet", channels=3
    )
    head: Head = Head(hidden=(), pooling=(4, 4))
    origin: str = (
        "VGG16 convolutions of Simonyan & Zisserman 2014 (Oxford, CC BY 4.0), trained on ImageNet"
    )
    words: CardWords = CARD_WORDS["vgg16"]

    variants: int = 6  # random variants of each page, drawn once
    batch: int = 16
    epochs_top: int = 14  # phase 1: blocks 4 and 5
    rate_top: float = 1e-4
    head_faster: int = 10  # how many times as fast the head learns in phase 1
    epochs_all: int = 2  # phase 2: everything
    rate_all: float = 2e-5
    weight_decay: float = 1e-2
    dropout: float = 0.3  # on the pooled features
    smoothing: float = 0.05  # of the labels: they are coarse
    average: float = 0.03  # share of each step in the running average of the weights, which is kept
    clip: float = 1.0  # of the gradient's norm
    balance: float = 0.5  # how far rare classes count more: 1 fully, 0 not
    seed: int = 0
    frozen: int = 17  # layers of vgg16().features up to the pooling after block 3
    precision: torch.dtype = PRECISION  # of the features, forward and backward

    TAKES_BACKBONE = True

    def prepare(self, pages: PageDataset, work: Path, backbone: Path | None) -> PageFit:
        """Runs the frozen blocks once over every variant of every page; returns the function that fits."""
        torch.set_num_threads(cores())
        start = pretrained(backbone)
        frozen = nn.Sequential(*list(start.children())[: self.frozen])
        early = run_frozen(frozen, pages.pixels, self, work / f"early-{pages.digest}.npy")

        def fit(train: Indices, note: Note) -> PyTorchNetwork:
            torch.manual_seed(self.seed)
            network = build(self.architecture, self.head, len(self.labels))
            features, head = network.get_submodule("features"), network.get_submodule("classifier")
            features.load_state_dict(start.state_dict())
            network = network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
            later = nn.Sequential(*list(features.children())[self.frozen :])
            loop, last = TrainingLoop(pages, train, self, note), list(head.parameters())
            top = Phase("top", self.epochs_top, self.rate_top, self.head_faster * self.rate_top)
            loop.run(top, early, (list(later.parameters()), last), self._answer(network, later))
            everything = Phase("all", self.epochs_all, self.rate_all, self.rate_all)
            parts = list(features.parameters()), last
            loop.run(everything, pages.pixels, parts, self._answer(network, features))
            return PyTorchNetwork(network)

        return fit

    def load(self, file: Path) -> PyTorchNetwork:
        return load_into(build(self.architecture, self.head, len(self.labels)), file)

    def untrained(self, folder: Path) -> Path:
        file = folder / "untrained.pth"
        features = torchvision.models.vgg16(weights=None).features.state_dict()
        torch.save({f"features.{name}": tensor for name, tensor in features.items()}, file)
        return file

    def _answer(
        self, network: nn.Module, layers: nn.Module
    ) -> Callable[[torch.Tensor], torch.Tensor]:
        """From what `layers` read to logits, with dropout on the pooled features."""
        pool, head = network.get_submodule("avgpool"), network.get_submodule("classifier")

        def answer(maps: torch.Tensor) -> torch.Tensor:
            with torch.autocast("cpu", dtype=self.precision):
                features = layers(maps)
            pooled = pool(features.float()).flatten(1)
            logits: torch.Tensor = head(functional.dropout(pooled, self.dropout))
            return logits

        return answer


def pretrained(backbone: Path | None) -> nn.Module:
    """VGG16's convolutions from ImageNet: from a state-dict file, or torchvision's download."""
    if backbone is None:
        features: nn.Module = torchvision.models.vgg16(weights="IMAGENET1K_V1").features
        return features
    state = torch.load(backbone, map_location="cpu", weights_only=True)
    features = _convolutions()
    wanted = {n.removeprefix("features."): t.float() for n, t in state.items() if "features." in n}
    try:
        features.load_state_dict(wanted)
    except RuntimeError as error:
        raise DataError(f"{backbone} holds no VGG16 convolutions: give its state dict.") from error
    return features


def _convolutions() -> nn.Module:
    """VGG16's, without the classifier: nine tenths of its numbers, which nobody asks for."""
    of = torchvision.models.vgg
    layers: nn.Module = of.make_layers(of.cfgs["D"])
    return layers


RECIPE = VGG16()
