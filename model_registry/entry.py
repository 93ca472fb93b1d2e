"""One model as its folder describes it: frozen data, nothing loaded, nothing run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ecg.tasks import Task
from model_registry.preprocessing import Preprocessing

Framework = Literal["keras", "pytorch"]
Output = Literal["probabilities", "logits"]


@dataclass(frozen=True)
class Weights:
    """The file that holds a model's numbers, and the sha256 that it must have."""

    path: Path
    sha256: str


@dataclass(frozen=True)
class Head:
    """What stands on a PyTorch network's features.

    hidden: widths of the hidden linear layers, each with ReLU and dropout, before the last linear
    layer of one output a label; None leaves torchvision's classifier, its last layer replaced.
    pooling: (rows, columns) that the feature map is averaged to, (1, 1) being global average
    pooling; None leaves the network's own.
    taps: names of layers (see `Architecture.taps`), in order, whose outputs are each averaged to
    `pooling` cells, scaled together and read by the head; layers after the last one are left out.
    Empty reads the last layer only.
    """

    hidden: tuple[int, ...] | None = None
    pooling: tuple[int, int] | None = None
    dropout: float = 0.5
    taps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Example:
    """A page that comes with the model, and the probabilities that the model must give for it."""

    image: Path
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class ModelEntry:
    """All that is said about one model in `models/<key>/model.toml`.

    labels stand in the model's own OUTPUT ORDER. output: what the network gives, "logits" or
    "probabilities". temperature (> 0) divides the logits (Guo 2017). accept_from (0..1): below
    this probability of the first label an answer is called uncertain.
    """

    key: str
    title: str
    task: Task
    framework: Framework
    labels: tuple[str, ...]
    output: Output
    weights: Weights
    preprocessing: Preprocessing
    architecture: str = ""
    head: Head = Head()
    temperature: float = 1.0
    accept_from: float = 0.5
    example: Example | None = None
    metrics: Mapping[str, Any] | None = None

    @property
    def folder(self) -> Path:
        return self.weights.path.parent
