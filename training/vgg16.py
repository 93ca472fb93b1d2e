"""Trains VGG16 on ECG pages, in PyTorch: its convolutions, all of them fine-tuned.

Reads from top to bottom: the knobs, the frozen blocks that all folds share, three steps.
    step 1: the head alone, as a logistic regression on the ImageNet network's cells
    step 2: blocks 4 and 5 and the head, on cached outputs of blocks 1 to 3
    step 3: all layers, at a lower rate
A good head first keeps fine-tuning from bending good features (Kumar 2022, "LP-FT"). The head reads
4 x 4 cells of the last three blocks: a 12-lead page has its leads in 4 rows and 4 columns, and which
lead shows a finding is half of what it means.
"""

from pathlib import Path

import torch

from inference.pytorch_models import build
from inference.tapped import Tapped
from inference.torchvision_import import torchvision
from model_registry.entry import Head
from model_registry.preprocessing import Preprocessing
from training.data import DataError, LabelledPages
from training.pytorch_course import Phase, PyTorchNetwork, Settings, load_into
from training.recipe import Fit
from training.tapped_course import FineTuning, build_tapped, fine_tune

TITLE = "VGG16 (fine-tuned, 4 x 4 cells)"
FRAMEWORK = "pytorch"
ARCHITECTURE = "vgg16"
LABELS = ("normal", "abnormal_heartbeat", "myocardial_infarction", "history_of_mi")
PREPROCESSING = Preprocessing(size=(256, 448), colour="grey", scale="imagenet", channels=3)
TAPS = ("16", "23", "30")  # what the head reads: the pooling after blocks 3, 4 and 5
HEAD = Head(hidden=(), pooling=(4, 4), taps=TAPS)
HEAD_TOML = f'head = []\npooling = [4, 4]\ntaps = ["{TAPS[0]}", "{TAPS[1]}", "{TAPS[2]}"]\n'
ORIGIN = "VGG16 convolutions of Simonyan & Zisserman 2014 (Oxford, CC BY 4.0), trained on ImageNet"

VARIANTS = 6  # random variants of each page, drawn once
BATCH = 16
INVERSE_PENALTY = 1e-3  # of the logistic regression
EPOCHS_TOP, RATE_TOP = 12, 1e-4  # step 2
EPOCHS_ALL, RATE_ALL = 2, 2e-5  # step 3
WEIGHT_DECAY = 1e-2
DROPOUT = 0.4  # on the cells
SMOOTHING = 0.05  # of the labels: they are coarse
AVERAGE = 0.03  # share of each step in the running average of the weights, which is what is kept
CLIP = 1.0  # of the gradient's norm
BALANCE = 0.5  # how far rare classes count more: 1 fully, 0 not
SEED = 0
STEM = "16"  # the last frozen layer of step 2


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
    settings = Settings(
        *(PREPROCESSING, BATCH, WEIGHT_DECAY, SMOOTHING, AVERAGE, CLIP, SEED, BALANCE)
    )
    top = Phase("top", EPOCHS_TOP, RATE_TOP, RATE_TOP)
    everything = Phase("all", EPOCHS_ALL, RATE_ALL, RATE_ALL)
    start = _pretrained(backbone)
    plan = FineTuning(start, STEM, INVERSE_PENALTY, DROPOUT, top, everything, settings)
    return fine_tune(plan, pages, work)


def _pretrained(backbone: Path | None) -> Tapped:
    """VGG16's convolutions from ImageNet: from a state-dict file, or torchvision's download."""
    network = build_tapped(ARCHITECTURE, HEAD, len(LABELS))
    if backbone is None:
        state = torchvision.models.vgg16(weights="IMAGENET1K_V1").state_dict()
    else:
        state = torch.load(backbone, map_location="cpu", weights_only=True)
    wanted = {n: state.get(f"features.{n}") for n in network.trunk.state_dict()}
    if any(tensor is None for tensor in wanted.values()):
        raise DataError(f"{backbone} holds no VGG16 convolutions: give its state dict.")
    network.trunk.load_state_dict({n: t.float() for n, t in wanted.items()})
    return network
