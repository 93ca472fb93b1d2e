"""Trains VGG16 on ECG pages, in PyTorch: pooled features, one linear layer, every layer fine-tuned.

Reads from top to bottom: the knobs, the frozen early stages that all folds share, the two phases.
    phase 1: blocks 4 and 5 and the head, on cached outputs of blocks 1 to 3 (as ImageNet left them)
    phase 2: all layers, at a lower rate
The features are averaged to 4 x 4 cells, not to one: a 12-lead page has its leads in 4 rows and 4
columns, and which lead shows a finding is half of what it means.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.torch
import torch
from torch import nn
from torch.nn import functional
from tqdm import tqdm

from inference.pytorch_models import build
from inference.torchvision_import import torchvision
from model_registry.entry import Head
from model_registry.preprocessing import Preprocessing
from training.data import DataError, Indices, LabelledPages
from training.recipe import Fit, Logits, cores

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
EPOCHS_TOP, RATE_TOP = 14, 1e-4  # phase 1: blocks 4 and 5; the head learns ten times as fast
EPOCHS_ALL, RATE_ALL = 2, 2e-5  # phase 2: everything
WEIGHT_DECAY = 1e-2
DROPOUT = 0.3  # on the pooled features
SMOOTHING = 0.05  # of the labels: they are coarse
AVERAGE = 0.03  # share of each step in the running average of the weights, which is what is kept
CLIP = 1.0  # of the gradient's norm
SEED = 0
FROZEN = 17  # layers of vgg16().features up to the pooling after block 3
PRECISION = torch.bfloat16  # of forward and backward in training; weights and answers are float32


def knobs() -> dict[str, str]:
    """All of the above, by name, as it is set now."""
    return {name: str(value) for name, value in globals().items() if name.isupper()}


class Vgg16Network:
    """A trained VGG16; see `training.recipe.Network`."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network.eval()

    def logits(self, tensors: npt.NDArray[np.float32]) -> Logits:
        with torch.inference_mode():
            pixels = _channels_first(tensors)
            return np.concatenate([self.network(part).double().numpy() for part in pixels.split(8)])

    def parameters(self) -> int:
        return sum(weights.numel() for weights in self.network.parameters())

    def save(self, folder: Path) -> Path:
        file = folder / "weights.safetensors"
        self.network.half().float()  # what is served is what is kept
        state = {n: t.half().contiguous() for n, t in self.network.state_dict().items()}
        safetensors.torch.save_file(state, file)
        return file


def load(file: Path) -> Vgg16Network:
    """The network from a file that `save` wrote."""
    network = build(ARCHITECTURE, HEAD, len(LABELS))
    network.load_state_dict({n: t.float() for n, t in safetensors.torch.load_file(file).items()})
    return Vgg16Network(network.to(memory_format=torch.channels_last))  # type: ignore[call-overload]


def untrained(folder: Path) -> Path:
    """A backbone file of random numbers, for trying the run out without a download."""
    file = folder / "untrained.pth"
    features = torchvision.models.vgg16(weights=None).features.state_dict()
    torch.save({f"features.{name}": tensor for name, tensor in features.items()}, file)
    return file


def prepare(pages: LabelledPages, work: Path, backbone: Path | None) -> Fit:
    """Runs the frozen blocks once over every variant of every page; returns the function that fits."""
    torch.set_num_threads(cores())
    start = _pretrained(backbone)
    early = _early_features(start, pages, work)

    def fit(train: Indices, note: Callable[[str], None]) -> Vgg16Network:
        torch.manual_seed(SEED)
        network = build(ARCHITECTURE, HEAD, len(LABELS))
        network.features.load_state_dict(start.state_dict())  # type: ignore[union-attr]
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        run = _Run(network, pages, train, note)
        run.phase("top", early, list(network.features)[FROZEN:], (EPOCHS_TOP, RATE_TOP))
        run.phase("all", pages.pixels, list(network.features), (EPOCHS_ALL, RATE_ALL))
        return Vgg16Network(network)

    return fit


class _Run:
    """The two phases over one set of training pages."""

    def __init__(
        self, network: nn.Module, pages: LabelledPages, train: Indices, note: Callable[[str], None]
    ) -> None:
        self.network, self.pages, self.train, self.note = network, pages, train, note
        self.rng = np.random.default_rng(SEED)
        counts = np.bincount(pages.targets[train], minlength=len(LABELS))
        weight = np.sqrt(counts.sum() / counts / len(LABELS))  # rare classes count more, not fully
        self.weight = torch.tensor(weight, dtype=torch.float32)

    def phase(
        self, name: str, inputs: npt.NDArray[Any], layers: list[nn.Module], plan: tuple[int, float]
    ) -> None:
        """Trains `layers` and the head on `inputs` (variants, n, ...); plan: epochs and rate."""
        epochs, rate = plan
        body, head = nn.Sequential(*layers), self.network.get_submodule("classifier")
        weights = [*body.parameters(), *head.parameters()]
        steps = epochs * -(-len(self.train) // BATCH)
        head_rate = 10 * rate if name == "top" else rate
        groups = [{"params": weights[:-2]}, {"params": weights[-2:]}]
        optimiser = torch.optim.AdamW(groups, lr=rate, weight_decay=WEIGHT_DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, [rate, head_rate], total_steps=steps, pct_start=0.2
        )
        average = [w.detach().clone() for w in weights]
        self.network.train()
        for epoch in range(epochs):
            total = 0.0
            for some in tqdm(
                list(self._batches()), desc=f"{name} {epoch + 1}/{epochs}", leave=False
            ):
                loss = self._loss(body, inputs, some)
                optimiser.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(weights, CLIP)
                optimiser.step()
                schedule.step()
                average = [
                    torch.lerp(a, w.detach(), AVERAGE)
                    for a, w in zip(average, weights, strict=True)
                ]
                total += float(loss) * len(some)
            self.note(f"{name},{epoch + 1},{total / len(self.train):.4f}")
        for weight, kept in zip(weights, average, strict=True):
            weight.data.copy_(kept)

    def _batches(self) -> Iterator[Indices]:
        shuffled = self.rng.permutation(self.train)
        for begin in range(0, len(shuffled), BATCH):
            yield shuffled[begin : begin + BATCH]

    def _loss(self, body: nn.Module, inputs: npt.NDArray[Any], some: Indices) -> torch.Tensor:
        variants = self.rng.integers(0, len(inputs), len(some))
        chosen = np.stack([inputs[v, i] for v, i in zip(variants, some, strict=True)])
        batch = _pixels(chosen) if chosen.dtype == np.uint8 else torch.from_numpy(chosen).float()
        with torch.autocast("cpu", dtype=PRECISION):
            features = body(batch.contiguous(memory_format=torch.channels_last))
        pooled = self.network.avgpool(features.float()).flatten(1)  # type: ignore[operator]
        logits = self.network.classifier(functional.dropout(pooled, DROPOUT))  # type: ignore[operator]
        targets = torch.from_numpy(self.pages.targets[some])
        return functional.cross_entropy(
            logits, targets, weight=self.weight, label_smoothing=SMOOTHING
        )


def _pretrained(backbone: Path | None) -> nn.Sequential:
    """VGG16's convolutions from ImageNet: from a state-dict file, or torchvision's download."""
    if backbone is None:
        features: nn.Sequential = torchvision.models.vgg16(weights="IMAGENET1K_V1").features
        return features
    state = torch.load(backbone, map_location="cpu", weights_only=True)
    features = torchvision.models.vgg16(weights=None).features
    wanted = {n: t.float() for n, t in state.items() if n.startswith("features.")}
    try:
        features.load_state_dict({n.removeprefix("features."): t for n, t in wanted.items()})
    except RuntimeError as error:
        raise DataError(f"{backbone} holds no VGG16 convolutions: give its state dict.") from error
    return features


def _early_features(
    start: nn.Sequential, pages: LabelledPages, work: Path
) -> npt.NDArray[np.float16]:
    """Outputs of the frozen blocks, float16 (variants, n, 256, height / 8, width / 8), on disk."""
    variants, count, height, width = pages.pixels.shape
    name = work / f"early-{pages.digest}.npy"
    if name.is_file():
        return np.load(name, mmap_mode="c")  # type: ignore[no-any-return]
    shape = (variants, count, 256, height // 8, width // 8)
    part = name.with_suffix(".part.npy")
    held = np.lib.format.open_memmap(part, "w+", dtype=np.float16, shape=shape)
    frozen = start[:FROZEN].eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    with torch.inference_mode(), torch.autocast("cpu", dtype=PRECISION):
        for variant in tqdm(range(variants), desc="frozen blocks", unit="variant"):
            for begin in range(0, count, BATCH):
                some = slice(begin, begin + BATCH)
                held[variant, some] = frozen(_pixels(pages.pixels[variant, some])).half().numpy()
    held.flush()
    part.rename(name)
    return np.load(name, mmap_mode="c")  # type: ignore[no-any-return]


def _pixels(pages: npt.NDArray[np.uint8]) -> torch.Tensor:
    return _channels_first(PREPROCESSING.normalise(pages))


def _channels_first(tensors: npt.NDArray[np.float32]) -> torch.Tensor:
    pixels = torch.from_numpy(np.ascontiguousarray(tensors)).permute(0, 3, 1, 2)
    return pixels.contiguous(memory_format=torch.channels_last)
