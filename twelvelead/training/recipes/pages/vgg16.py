"""Trains VGG16 on ECG pages, in PyTorch: pooled features, one linear layer, every layer fine-tuned.

Reads from top to bottom: the knobs, the frozen early stages that all folds share, the two phases.
    phase 1: blocks 4 and 5 and the head, on cached outputs of blocks 1 to 3 (as ImageNet left them)
    phase 2: all layers, at a lower rate
The features are averaged to 4 x 4 cells, not to one: a 12-lead page has its leads in 4 rows and 4
columns, and which lead shows a finding is half of what it means.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from model_registry.entry import Head
from model_registry.preprocessing import Preprocessing
from twelvelead.datasets.pages import DataError, Indices, LabelledPages
from twelvelead.inference.engines.pytorch_models import build
from twelvelead.inference.engines.torchvision_import import torchvision
from twelvelead.inference.resources.machine import cores
from twelvelead.training.loops.pytorch_loop import (
    PRECISION,
    Course,
    Phase,
    PyTorchNetwork,
    Settings,
    load_into,
    run_frozen,
)
from twelvelead.training.recipe import Fit

TITLE = "VGG16 (fine-tuned, pooled 4 x 4)"
FRAMEWORK = "pytorch"
ARCHITECTURE = "vgg16"
LABELS = ("normal", "abnormal_heartbeat", "myocardial_infarction", "history_of_mi")
PREPROCESSING = Preprocessing(size=(256, 448), colour="grey", scale="imagenet", channels=3)
HEAD = Head(hidden=(), pooling=(4, 4))
HEAD_TOML = "head = []\npooling = [4, 4]\n"
ORIGIN = "VGG16 convolutions of Simonyan & Zisserman 2014 (Oxford, CC BY 4.0), trained on ImageNet"

VARIANTS = 6  # random variants of each page, drawn once
BATCH = 16
EPOCHS_TOP, RATE_TOP = 14, 1e-4  # phase 1: blocks 4 and 5
HEAD_FASTER = 10  # how many times as fast the head learns in phase 1
EPOCHS_ALL, RATE_ALL = 2, 2e-5  # phase 2: everything
WEIGHT_DECAY = 1e-2
DROPOUT = 0.3  # on the pooled features
SMOOTHING = 0.05  # of the labels: they are coarse
AVERAGE = 0.03  # share of each step in the running average of the weights, which is what is kept
CLIP = 1.0  # of the gradient's norm
BALANCE = 0.5  # how far rare classes count more: 1 fully, 0 not
SEED = 0
FROZEN = 17  # layers of vgg16().features up to the pooling after block 3


def knobs() -> dict[str, str]:
    """All of the above, by name, as it is set now."""
    return {name: str(value) for name, value in globals().items() if name.isupper()}


def load(file: Path) -> PyTorchNetwork:
    """The network from a file that `save` wrote."""
    return load_into(build(ARCHITECTURE, HEAD, len(LABELS)), file)


def untrained(folder: Path) -> Path:
    """A backbone file of random numbers, for trying the run out without a download."""
    file = folder / "untrained.pth"
    features = torchvision.models.vgg16(weights=None).features.state_dict()
    torch.save({f"features.{name}": tensor for name, tensor in features.items()}, file)
    return file


def prepare(pages: LabelledPages, work: Path, backbone: Path | None) -> Fit:
    """Runs the frozen blocks once over every variant of every page; returns the function that fits."""
    torch.set_num_threads(cores())
    start = pretrained(backbone)
    settings = Settings(
        *(PREPROCESSING, BATCH, WEIGHT_DECAY, SMOOTHING, AVERAGE, CLIP, SEED, BALANCE)
    )
    frozen = nn.Sequential(*list(start.children())[:FROZEN])
    early = run_frozen(frozen, pages.pixels, settings, work / f"early-{pages.digest}.npy")

    def fit(train: Indices, note: Callable[[str], None]) -> PyTorchNetwork:
        torch.manual_seed(SEED)
        network = build(ARCHITECTURE, HEAD, len(LABELS))
        features, head = network.get_submodule("features"), network.get_submodule("classifier")
        features.load_state_dict(start.state_dict())
        network = network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
        later = nn.Sequential(*list(features.children())[FROZEN:])
        course = Course(pages, train, settings, note)
        top = Phase("top", EPOCHS_TOP, RATE_TOP, HEAD_FASTER * RATE_TOP)
        last = list(head.parameters())
        course.run(top, early, (list(later.parameters()), last), _answer(network, later))
        everything = Phase("all", EPOCHS_ALL, RATE_ALL, RATE_ALL)
        layers = list(features.parameters())
        course.run(everything, pages.pixels, (layers, last), _answer(network, features))
        return PyTorchNetwork(network)

    return fit


def _answer(network: nn.Module, layers: nn.Module) -> Callable[[torch.Tensor], torch.Tensor]:
    """From what `layers` read to logits, with dropout on the pooled features."""
    pool, head = network.get_submodule("avgpool"), network.get_submodule("classifier")

    def answer(maps: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", dtype=PRECISION):
            features = layers(maps)
        pooled = pool(features.float()).flatten(1)
        logits: torch.Tensor = head(functional.dropout(pooled, DROPOUT))
        return logits

    return answer


def pretrained(backbone: Path | None) -> nn.Module:
    """VGG16's convolutions from ImageNet: from a state-dict file, or torchvision's download."""
    if backbone is None:
        features: nn.Module = torchvision.models.vgg16(weights="IMAGENET1K_V1").features
        return features
    state = torch.load(backbone, map_location="cpu", weights_only=True)
    features = torchvision.models.vgg16(weights=None).features
    wanted = {n.removeprefix("features."): t.float() for n, t in state.items() if "features." in n}
    try:
        features.load_state_dict(wanted)
    except RuntimeError as error:
        raise DataError(f"{backbone} holds no VGG16 convolutions: give its state dict.") from error
    return features
