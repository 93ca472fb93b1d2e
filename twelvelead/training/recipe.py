"""What every recipe offers, and the table of recipes. A recipe is one readable run in one module."""

import ctypes
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from model_registry.entry import Average
from model_registry.preprocessing import Preprocessing
from twelvelead.datasets.pages import DataError, Indices, LabelledPages

Logits = npt.NDArray[np.float64]

RECIPES: Mapping[str, str] = MappingProxyType(
    {
        "custom_cnn": "twelvelead.training.recipes.pages.custom_cnn",
        "inceptionv3": "twelvelead.training.recipes.pages.inceptionv3",
        "mobilenetv2": "twelvelead.training.recipes.pages.mobilenetv2",
        "resnet50": "twelvelead.training.recipes.pages.resnet50",
        "small_cnn": "twelvelead.training.recipes.pages.small_cnn",
        "vgg16": "twelvelead.training.recipes.pages.vgg16",
    }
)


_FINE_TUNED = (
    "A logistic regression on the ImageNet network's features is the first head; then the later layers "
    "are fine-tuned, then all, for a fixed number of epochs, and a running average of the weights is "
    "kept: with so few infarctions an inner validation set would be noise to stop early by."
)
_FROM_SCRATCH = (
    "It begins with random numbers and stops when the loss on a sixth of its training patients has not "
    "fallen for some epochs; the weights of the least loss are kept."
)
SCHEDULES: Mapping[str, str] = MappingProxyType(
    {
        "custom_cnn": _FROM_SCRATCH,
        "inceptionv3": _FINE_TUNED,
        "mobilenetv2": _FINE_TUNED,
        "resnet50": "It begins with random numbers and first learns to tell the findings of simulated "
        "pages apart; then a logistic regression on its features of real pages is the head, and all "
        "layers are fine-tuned for a fixed number of epochs.",
        "small_cnn": _FROM_SCRATCH,
        "vgg16": "Its later blocks are fine-tuned under a new head, then all layers, for a fixed number of "
        "epochs, and a running average of the weights is kept: with so few infarctions an inner "
        "validation set would be noise to stop early by.",
    }
)


@dataclass(frozen=True)
class Ensemble:
    """What `twelvelead.training.ensemble.assemble` makes of models that are trained.

    weights: a positive number a member; empty counts all alike. average: of "probabilities" or of
    their "logarithms".
    """

    title: str
    members: tuple[str, ...]
    weights: tuple[float, ...] = ()
    average: Average = "probabilities"


ENSEMBLES: Mapping[str, Ensemble] = MappingProxyType(
    {
        "page_best": Ensemble(
            "Best of the pages (three networks averaged)",
            ("vgg16", "inceptionv3", "custom_cnn"),
            (1.0, 1.0, 1.0),
        )
    }
)


class Network(Protocol):
    """A trained network, in its own framework."""

    def logits(self, tensors: npt.NDArray[np.float32]) -> Logits:
        """Raw outputs, float64 (n, labels), for preprocessed pages (n, height, width, channels)."""

    def parameters(self) -> int:
        """How many numbers were trained."""

    def save(self, folder: Path) -> Path:
        """Writes the weights as they will be served and keeps on with just those; the file."""


class Fit(Protocol):
    """One training run over some of the pages."""

    def __call__(self, train: Indices, note: Callable[[str], None]) -> Network: ...


class Recipe(Protocol):
    """A recipe module: what it trains, in constants, and how, in `prepare` and `load`."""

    TITLE: str
    FRAMEWORK: str
    ARCHITECTURE: str
    PREPROCESSING: Preprocessing
    LABELS: tuple[str, ...]
    VARIANTS: int
    HEAD_TOML: str
    ORIGIN: str

    def knobs(self) -> dict[str, str]:
        """Every setting of the run, by name."""

    def untrained(self, folder: Path) -> Path | None:
        """Writes a backbone of random numbers, for a trial without a download; None needs none."""

    def prepare(self, pages: LabelledPages, work: Path, backbone: Path | None) -> Fit:
        """Computes once what all folds share; what is returned fits a network."""

    def load(self, file: Path) -> Network:
        """The network from saved weights."""


def find_recipe(key: str) -> Recipe:
    """The recipe of a model. Raises DataError naming those that there are."""
    if key not in RECIPES:
        known = ", ".join([*RECIPES, *ENSEMBLES])
        raise DataError(f"There is no recipe for this model; recipes: {known}.")
    keep_memory()
    recipe: Any = importlib.import_module(RECIPES[key])
    return recipe  # type: ignore[no-any-return]


def schedule_of(key: str) -> str:
    """How long a recipe trains and what of it is kept, in words; empty for a key without recipe."""
    return SCHEDULES.get(key, "")


def keep_memory() -> None:
    """Tells glibc to keep freed memory: half of a torch step is otherwise spent on page faults."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, TypeError, OSError):
        return  # another C library: nothing to tell
    trim_threshold, mmap_threshold = -1, -3
    mallopt(trim_threshold, 2**31 - 1)
    mallopt(mmap_threshold, 2**30)
