"""Trains ResNet50 on ECG pages, in PyTorch: first on simulated pages, then on real ones.

No ImageNet weights of it are at hand where this was made, so it begins with random numbers and learns
what an ECG page is from pages that the project draws: which of the simulated findings is shown.
Reads from top to bottom: the knobs, the pretraining that all folds share, two steps.
    step 0: all layers on simulated pages, to tell their findings apart
    step 1: a new head for the four classes, as a logistic regression on the cells of real pages
    step 2: all layers on real pages
With `--backbone FILE`, a state dict of torchvision's resnet50 takes the place of step 0.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from ecg.page.frame import Box
from ecg.simulate.paint import PageLayout, paint_page
from ecg.simulate.twelve_leads import FINDINGS, simulate
from model_registry.entry import Head
from model_registry.preprocessing import Preprocessing
from twelvelead.datasets.augment import augment
from twelvelead.datasets.pages import DataError, Indices, LabelledPages
from twelvelead.inference.engines.pytorch_models import build
from twelvelead.inference.resources.machine import cores
from twelvelead.training.loops.pytorch_loop import (
    Course,
    Phase,
    PyTorchNetwork,
    Settings,
    load_into,
    run_frozen,
)
from twelvelead.training.loops.tapped_loop import answer, build_tapped, fit_head, read_cells
from twelvelead.training.recipe import Fit

TITLE = "ResNet50 (pretrained on simulated pages, 4 x 4 cells)"
FRAMEWORK = "pytorch"
ARCHITECTURE = "resnet50"
LABELS = ("abnormal_heartbeat", "normal", "history_of_mi", "myocardial_infarction")
PREPROCESSING = Preprocessing(size=(192, 336), colour="grey", scale="standard", channels=3)
TAPS = ("layer2", "layer3", "layer4")  # what the head reads, at 1/8, 1/16 and 1/32
HEAD = Head(hidden=(), pooling=(4, 4), taps=TAPS)
HEAD_TOML = f'head = []\npooling = [4, 4]\ntaps = ["{TAPS[0]}", "{TAPS[1]}", "{TAPS[2]}"]\n'
ORIGIN = "none: every weight was trained here, from random numbers, first on simulated pages"

DRAWN = 1500  # simulated pages
DRAWN_VARIANTS = 2  # random variants of each, besides the page itself
EPOCHS_DRAWN, RATE_DRAWN = 6, 1e-3  # step 0
VARIANTS = 6  # random variants of each real page, drawn once
BATCH = 16
INVERSE_PENALTY = 1e-3  # of the logistic regression
EPOCHS_ALL, RATE_ALL = 4, 1e-4  # step 2
WEIGHT_DECAY = 1e-2
DROPOUT = 0.5  # on the cells
SMOOTHING = 0.05  # of the labels: they are coarse
AVERAGE = 0.03  # share of each step in the running average of the weights, which is what is kept
CLIP = 1.0  # of the gradient's norm
BALANCE = 1.0  # how far rare classes count more: 1 fully, 0 not
SEED = 0
LAYOUT = PageLayout(  # half the usual size: twice what the network reads is enough
    size=(1107, 786),
    frame=Box(36, 143, 1087, 757),
    px_per_mm=4,
    border_width=2,
    trace_width=2,
    text_size=13,
)
FIRST = "maxpool"  # the last layer before the residual ones, at 1/4 of the input


def knobs() -> dict[str, str]:
    """All of the above, by name, as it is set now."""
    return {name: str(value) for name, value in globals().items() if name.isupper()}


def load(file: Path) -> PyTorchNetwork:
    """The network from a file that `save` wrote."""
    return load_into(build(ARCHITECTURE, HEAD, len(LABELS)), file)


def untrained(folder: Path) -> None:
    """No backbone is needed."""
    del folder


def prepare(pages: LabelledPages, work: Path, backbone: Path | None) -> Fit:
    """Trains on simulated pages once, or reads the backbone; returns the function that fits."""
    torch.set_num_threads(cores())
    settings = _settings()
    start = build_tapped(ARCHITECTURE, HEAD, len(LABELS))
    start.trunk.load_state_dict(_backbone(backbone) if backbone else _pretrain(work, settings))
    first = nn.Sequential(*list(start.trunk.children())[:4])
    early = run_frozen(first, pages.pixels, settings, work / f"first-{pages.digest}.npy")
    cells = read_cells(start, early, FIRST, BATCH)

    def fit(train: Indices, note: Callable[[str], None]) -> PyTorchNetwork:
        torch.manual_seed(SEED)
        network = build_tapped(ARCHITECTURE, HEAD, len(LABELS))
        network.trunk.load_state_dict(start.trunk.state_dict())
        fit_head(network, cells[:, train], pages.targets[train], INVERSE_PENALTY)
        network.eval()  # batch normalisation keeps what it learnt on simulated pages
        parts = list(network.trunk.parameters()), list(network.head.parameters())
        course = Course(pages, train, settings, note)
        phase = Phase("all", EPOCHS_ALL, RATE_ALL, RATE_ALL)
        course.run(phase, pages.pixels, parts, answer(network, DROPOUT))
        return PyTorchNetwork(network)

    return fit


def _settings() -> Settings:
    return Settings(PREPROCESSING, BATCH, WEIGHT_DECAY, SMOOTHING, AVERAGE, CLIP, SEED, BALANCE)


def _pretrain(work: Path, settings: Settings) -> dict[str, torch.Tensor]:
    """Step 0: the trunk's state; kept in `work`, and gone on with where it was stopped."""
    drawn = _draw(work)
    torch.manual_seed(SEED)
    network = build_tapped(ARCHITECTURE, HEAD, len(drawn.labels))
    kept = work / f"drawn-{drawn.digest}.pth"
    if not kept.is_file():
        network.train()
        network.scaled.eval()
        course = Course(drawn, np.arange(len(drawn)), settings, tqdm.write)
        course.checkpoint, course.buffers = kept.with_suffix(".unfinished"), list(network.buffers())
        parts = list(network.trunk.parameters()), list(network.head.parameters())
        phase = Phase("drawn", EPOCHS_DRAWN, RATE_DRAWN, RATE_DRAWN)
        course.run(phase, drawn.pixels, parts, answer(network, DROPOUT))
        torch.save(network.trunk.state_dict(), kept)
    state: dict[str, torch.Tensor] = torch.load(kept, weights_only=True)
    return state


def _draw(work: Path) -> LabelledPages:
    """Simulated pages, each labelled with its finding."""
    findings = tuple(name for names in FINDINGS.values() for name in names)
    targets = np.arange(DRAWN) % len(findings)
    digest = f"{DRAWN}-{DRAWN_VARIANTS}-{PREPROCESSING.size[0]}-{EPOCHS_DRAWN}"
    kept = work / f"drawn-{digest}.npy"
    if not kept.is_file():
        bar = tqdm(targets, desc="drawing pages", unit="page")
        np.save(kept, np.stack([_draw_one(findings[t], i) for i, t in enumerate(bar)], axis=1))
    names = tuple(f"simulated-{number}" for number in range(DRAWN))
    return LabelledPages(
        np.load(kept, mmap_mode="r"), targets, np.array(names), names, findings, 0, digest
    )


def _draw_one(finding: str, number: int) -> np.ndarray:
    """One simulated page and its variants: uint8 (1 + variants, height, width)."""
    rng = np.random.default_rng(number)
    page = np.asarray(
        paint_page(simulate(finding, seed=SEED + 10_000 + number), layout=LAYOUT).convert("L")
    )
    box = LAYOUT.frame
    trace = page[box.top : box.bottom, box.left : box.right]
    shown = [trace, *(augment(trace, rng) for _ in range(DRAWN_VARIANTS))]
    return np.stack([PREPROCESSING.shrink(one) for one in shown])


def _backbone(file: Path) -> dict[str, torch.Tensor]:
    state = torch.load(file, map_location="cpu", weights_only=True)
    try:
        return {
            n: state[n].float()
            for n in build_tapped(ARCHITECTURE, HEAD, len(LABELS)).trunk.state_dict()
        }
    except KeyError as error:
        raise DataError(f"{file} holds no ResNet50: give its state dict.") from error
