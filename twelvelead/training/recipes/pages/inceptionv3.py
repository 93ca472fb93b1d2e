"""Trains InceptionV3 on ECG pages, in PyTorch: cut after Mixed_7a, all of it fine-tuned.

Reads from top to bottom: the knobs, the frozen stem that all folds share, three steps.
    step 1: the head alone, as a logistic regression on the ImageNet network's cells
    step 2: all layers from Mixed_5b on, on cached outputs of the stem
    step 3: all layers, at a lower rate
A good head first keeps fine-tuning from bending good features (Kumar 2022, "LP-FT"). The head reads
4 x 4 cells of three depths: a 12-lead page has its leads in 4 rows and 4 columns. On frozen features
the cells of Mixed_5d alone did better than those of any deeper layer. Batch normalisation keeps its
ImageNet statistics throughout.
"""

from dataclasses import dataclass
from pathlib import Path

import torch

from model_registry.entry import Framework, Head
from model_registry.preprocessing import Preprocessing
from twelvelead.datasets.pages import DataError, PageDataset
from twelvelead.inference.engines.pytorch_models import build
from twelvelead.inference.engines.tapped import Tapped
from twelvelead.inference.engines.torchvision_import import torchvision
from twelvelead.training.card_words import CARD_WORDS, CardWords
from twelvelead.training.loops.pytorch_loop import PyTorchNetwork, load_into
from twelvelead.training.loops.tapped_loop import FineTuned, build_tapped, fine_tune
from twelvelead.training.recipe import PageFit, PageRecipe


@dataclass(frozen=True, kw_only=True)
class InceptionV3(PageRecipe, FineTuned):
    """The recipe: its knobs, its network, its run."""

    title: str = "InceptionV3 (fine-tuned to Mixed_7a, 4 x 4 cells)"
    framework: Framework = "pytorch"
    architecture: str = "inception_v3"
    labels: tuple[str, ...] = (
        *("history_of_mi", "normal", "myocardial_infarction", "abnormal_heartbeat"),
    )
    preprocessing: Preprocessing = Preprocessing(
        size=(256, 448), colour="grey", scale="standard", channels=3
    )
    head: Head = Head(  # taps: what it reads, at 1/8, 1/16 and 1/32
        hidden=(), pooling=(4, 4), taps=("Mixed_5d", "Mixed_6c", "Mixed_7a")
    )
    origin: str = "Inception v3 of Szegedy 2015 (Google, Apache-2.0), trained on ImageNet"
    words: CardWords = CARD_WORDS["inceptionv3"]

    variants: int = 6  # random variants of each page, drawn once
    batch: int = 16
    inverse_penalty: float = 1e-3  # of the logistic regression
    epochs_top: int = 8  # step 2
    rate_top: float = 1e-4
    epochs_all: int = 2  # step 3
    rate_all: float = 2e-5
    weight_decay: float = 1e-2
    dropout: float = 0.5  # on the cells
    smoothing: float = 0.05  # of the labels: they are coarse
    average: float = 0.03  # share of each step in the running average of the weights, which is kept
    clip: float = 1.0  # of the gradient's norm
    balance: float = 1.0  # how far rare classes count more: 1 fully, 0 not
    seed: int = 0
    stem: str = "maxpool2"  # the last layer of the stem, at 1/8 of the input

    TAKES_BACKBONE = True
    LEAST_SIDE = 75  # px: torchvision's own

    def prepare(self, pages: PageDataset, work: Path, backbone: Path | None) -> PageFit:
        """Runs the stem once over every variant of every page; returns the function that fits."""
        return fine_tune(self, self._pretrained(backbone), pages, work)

    def load(self, file: Path) -> PyTorchNetwork:
        return load_into(build(self.architecture, self.head, len(self.labels)), file)

    def untrained(self, folder: Path) -> Path:
        file = folder / "untrained.pth"
        network = torchvision.models.inception_v3(
            weights=None, aux_logits=False, init_weights=False
        )
        torch.save(network.state_dict(), file)
        return file

    def _pretrained(self, backbone: Path | None) -> Tapped:
        """The cut network, from ImageNet: from a state-dict file, or torchvision's download."""
        network = build_tapped(self.architecture, self.head, len(self.labels))
        if backbone is None:
            state = torchvision.models.inception_v3(weights="IMAGENET1K_V1").state_dict()
        else:
            state = torch.load(backbone, map_location="cpu", weights_only=True)
        wanted = {n: state[n].float() for n in network.trunk.state_dict() if n in state}
        try:
            network.trunk.load_state_dict(wanted, strict=True)
        except RuntimeError as error:
            raise DataError(f"{backbone} holds no InceptionV3: give its state dict.") from error
        return network


RECIPE = InceptionV3()
