"""What every recipe is, and the tables of them. A recipe is a frozen value, in a module of its own."""

import ctypes
import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from ecg.beats.drawing import BeatDrawing
from ecg.tasks import CARDIAC_PAGE_4, Task
from model_registry.entry import Average, Framework, Head, ModelEntry, Weights
from model_registry.preprocessing import Preprocessing
from model_registry.segments import SegmentReading
from twelvelead.datasets.pages import DataError, Indices, PageDataset
from twelvelead.training.card_words import CardWords

Logits = npt.NDArray[np.float64]
Note = Callable[[str], None]  # takes a line for the log

NO_WORDS = CardWords()
FROM_SCRATCH = "none: every weight was trained here, from random numbers"


class Network(Protocol):
    """A trained network, in its own framework."""

    def logits(self, tensors: npt.NDArray[np.float32]) -> Logits:
        """Raw outputs, float64 (n, labels), for what it reads, (n, height, width, channels)."""

    def parameters(self) -> int:
        """How many numbers were trained."""

    def save(self, folder: Path) -> Path:
        """Writes the weights as they will be served and keeps on with just those; the file."""


PageFit = Callable[[Indices, Note], Network]  # one training run over some of the pages


@dataclass(frozen=True, kw_only=True)
class Recipe(ABC):
    """A network, what it reads and every knob of its training: `replace(recipe, epochs=1)` trains so.

    labels stand in the network's own output order. origin: whose weights it begins with. folds: of the
    cross-validation, where nobody asks for another number. words: for the card.
    """

    title: str
    framework: Framework
    architecture: str
    task: Task
    labels: tuple[str, ...]
    preprocessing: Preprocessing | SegmentReading
    drawing: BeatDrawing | None = None
    head: Head | None = None
    origin: str = FROM_SCRATCH
    folds: int = 5
    words: CardWords = NO_WORDS

    NO_KNOBS: ClassVar[frozenset[str]] = frozenset({"folds", "words"})
    TAKES_BACKBONE: ClassVar[bool] = False  # whether it may begin with a file of weights

    @abstractmethod
    def load(self, file: Path) -> Network:
        """The network from saved weights."""

    @property
    def entry(self) -> ModelEntry:
        """It as the registry will read it, still without key, weights, calibration and example."""
        return ModelEntry(
            key="",
            title=self.title,
            task=self.task,
            labels=self.labels,
            framework=self.framework,
            output="logits",
            weights=Weights(Path(), ""),
            preprocessing=self.preprocessing,
            drawing=self.drawing,
            architecture=self.architecture,
            head=self.head or Head(),
        )

    def knobs(self) -> dict[str, str]:
        """Every setting of the run by name, as metrics.json tells them."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        told = {
            name.upper(): str(value)
            for name, value in values.items()
            if value is not None and name not in self.NO_KNOBS and not isinstance(value, Recipe)
        }
        for name, value in values.items():
            if isinstance(value, Recipe):  # another one that it goes on from
                told |= {f"{name}_{n}".upper(): v for n, v in value.knobs().items()}
        return told | _head_knobs(self.head)

    def fit_knobs(self) -> dict[str, str]:
        """The knobs by the names that its finished fits are known by: for the names of their folders."""
        return self.knobs()


@dataclass(frozen=True, kw_only=True)
class PageRecipe(Recipe):
    """Of a model of pages. variants: random ones of each page, drawn once."""

    preprocessing: Preprocessing
    task: Task = CARDIAC_PAGE_4
    variants: int

    NO_KNOBS: ClassVar[frozenset[str]] = Recipe.NO_KNOBS | {"task"}
    LEAST_SIDE: ClassVar[int] = 64  # px of a page: below that the network's pools leave nothing

    def __post_init__(self) -> None:
        if min(self.preprocessing.size) < self.LEAST_SIDE:
            height, width = self.preprocessing.size
            raise DataError(
                f"{self.title} pools pages of {height} x {width} px down to nothing: "
                f"give each side {self.LEAST_SIDE} px at least."
            )

    @abstractmethod
    def prepare(self, pages: PageDataset, work: Path, backbone: Path | None) -> PageFit:
        """Computes once what all folds share; what is returned fits a network."""

    def untrained(self, folder: Path) -> Path | None:
        """Writes a backbone of random numbers, for a trial without a download; None needs none."""
        del folder
        return None


def _head_knobs(head: Head | None) -> dict[str, str]:
    """A head's lines of model.toml, under the name that finished folds know."""
    if head is None:
        return {"HEAD_TOML": ""}
    text = f"head = {list(head.hidden or ())}\npooling = {list(head.pooling or ())}\n"
    if not head.taps:
        return {"HEAD_TOML": text}
    taps = ", ".join(f'"{name}"' for name in head.taps)
    return {"HEAD_TOML": f"{text}taps = [{taps}]\n", "TAPS": str(head.taps)}


@dataclass(frozen=True)
class Ensemble:
    """What `twelvelead.training.ensemble.assemble` makes of models that are trained.

    weights: a positive number a member; empty counts all alike. average: of "probabilities" or of
    their "logarithms". consensus: whether it leads the verdict where several models are asked.
    """

    title: str
    members: tuple[str, ...]
    weights: tuple[float, ...] = ()
    average: Average = "probabilities"
    consensus: bool = True


HERE = "twelvelead.training.recipes"
RECIPES: Mapping[str, str] = MappingProxyType(  # key -> module, whose RECIPE it is
    {
        "custom_cnn": f"{HERE}.pages.custom_cnn",
        "inceptionv3": f"{HERE}.pages.inceptionv3",
        "mobilenetv2": f"{HERE}.pages.mobilenetv2",
        "resnet50": f"{HERE}.pages.resnet50",
        "small_cnn": f"{HERE}.pages.small_cnn",
        "vgg16": f"{HERE}.pages.vgg16",
        "beat_infarction": f"{HERE}.beats.infarction",
        "beat_resnet50": f"{HERE}.beats.resnet50",
        "beat_signal_cnn": f"{HERE}.beats.signal_cnn",
        "beat_six": f"{HERE}.beats.six",
        "beat_vgg16": f"{HERE}.beats.vgg16",
        "beat_vgg19": f"{HERE}.beats.vgg19",
    }
)
ENSEMBLES: Mapping[str, Ensemble] = MappingProxyType(
    {
        "page_best": Ensemble(
            "Best of the pages (three networks averaged)",
            ("vgg16", "inceptionv3", "custom_cnn"),
            (1.0, 1.0, 1.0),
        ),
        "beat_ensemble": Ensemble(
            "Beat pictures (three networks averaged)", ("beat_vgg16", "beat_vgg19", "beat_resnet50")
        ),
    }
)


def find_recipe(key: str) -> Recipe:
    """The recipe of a model. Raises DataError naming those that there are."""
    if key not in RECIPES:
        known = ", ".join([*RECIPES, *ENSEMBLES])
        raise DataError(f"There is no recipe for this model; recipes: {known}.")
    keep_memory()
    module: Any = importlib.import_module(RECIPES[key])
    recipe: Recipe = module.RECIPE
    return recipe


def keep_memory() -> None:
    """Tells glibc to keep freed memory: half of a torch step is otherwise spent on page faults."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, TypeError, OSError):
        return  # another C library: nothing to tell
    trim_threshold, mmap_threshold = -1, -3
    mallopt(trim_threshold, 2**31 - 1)
    mallopt(mmap_threshold, 2**30)
