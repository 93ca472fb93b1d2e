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

from pathlib import Path

import torch

from model_registry.entry import Head
from model_registry.preprocessing import Preprocessing
from twelvelead.datasets.pages import DataError, LabelledPages
from twelvelead.inference.engines.pytorch_models import build
from twelvelead.inference.engines.tapped import Tapped
from twelvelead.inference.engines.torchvision_import import torchvision
from twelvelead.training.loops.pytorch_loop import Phase, PyTorchNetwork, Settings, load_into
from twelvelead.training.loops.tapped_loop import FineTuning, build_tapped, fine_tune
from twelvelead.training.recipe import Fit

TITLE = "InceptionV3 (fine-tuned to Mixed_7a, 4 x 4 cells)"
FRAMEWORK = "pytorch"
ARCHITECTURE = "inception_v3"
LABELS = ("history_of_mi", "normal", "myocardial_infarction", "abnormal_heartbeat")
PREPROCESSING = Preprocessing(size=(256, 448), colour="grey", scale="standard", channels=3)
TAPS = ("Mixed_5d", "Mixed_6c", "Mixed_7a")  # what the head reads, at 1/8, 1/16 and 1/32
HEAD = Head(hidden=(), pooling=(4, 4), taps=TAPS)
HEAD_TOML = f'head = []\npooling = [4, 4]\ntaps = ["{TAPS[0]}", "{TAPS[1]}", "{TAPS[2]}"]\n'
ORIGIN = "Inception v3 of Szegedy 2015 (Google, Apache-2.0), trained on ImageNet"

VARIANTS = 6  # random variants of each page, drawn once
BATCH = 16
INVERSE_PENALTY = 1e-3  # of the logistic regression
EPOCHS_TOP, RATE_TOP = 8, 1e-4  # step 2
EPOCHS_ALL, RATE_ALL = 2, 2e-5  # step 3
WEIGHT_DECAY = 1e-2
DROPOUT = 0.5  # on the cells
SMOOTHING = 0.05  # of the labels: they are coarse
AVERAGE = 0.03  # share of each step in the running average of the weights, which is what is kept
CLIP = 1.0  # of the gradient's norm
BALANCE = 1.0  # how far rare classes count more: 1 fully, 0 not
SEED = 0
STEM = "maxpool2"  # the last layer of the stem, at 1/8 of the input


def knobs() -> dict[str, str]:
    """All of the above, by name, as it is set now."""
    return {name: str(value) for name, value in globals().items() if name.isupper()}


def load(file: Path) -> PyTorchNetwork:
    """The network from a file that `save` wrote."""
    return load_into(build(ARCHITECTURE, HEAD, len(LABELS)), file)


def untrained(folder: Path) -> Path:
    """A backbone file of random numbers, for trying the run out without a download."""
    file = folder / "untrained.pth"
    network = torchvision.models.inception_v3(weights=None, aux_logits=False, init_weights=False)
    torch.save(network.state_dict(), file)
    return file


def prepare(pages: LabelledPages, work: Path, backbone: Path | None) -> Fit:
    """Runs the stem once over every variant of every page; returns the function that fits."""
    settings = Settings(
        *(PREPROCESSING, BATCH, WEIGHT_DECAY, SMOOTHING, AVERAGE, CLIP, SEED, BALANCE)
    )
    top = Phase("top", EPOCHS_TOP, RATE_TOP, RATE_TOP)
    everything = Phase("all", EPOCHS_ALL, RATE_ALL, RATE_ALL)
    start = _pretrained(backbone)
    plan = FineTuning(start, STEM, INVERSE_PENALTY, DROPOUT, top, everything, settings)
    return fine_tune(plan, pages, work)


def _pretrained(backbone: Path | None) -> Tapped:
    """The cut network, from ImageNet: from a state-dict file, or torchvision's download."""
    network = build_tapped(ARCHITECTURE, HEAD, len(LABELS))
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
