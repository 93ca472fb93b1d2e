"""One model as its folder describes it: frozen data, nothing loaded, nothing run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from ecg.beats.drawing import BeatDrawing
from ecg.tasks import Task
from model_registry import Runtime
from model_registry.errors import WrongInput
from model_registry.preprocessing import Preprocessing
from model_registry.segments import SegmentReading

Framework = Literal["keras", "pytorch"]
Output = Literal["probabilities", "logits"]
Average = Literal["probabilities", "logarithms"]
Reads = Literal["page", "beat_picture", "segment"]

COMPILED = (
    "compiled.onnx"  # made by `twelvelead compile`; it stands in for weights that are missing
)

FRAMEWORK_TITLES: Mapping[str, str] = MappingProxyType(
    {"keras": "Keras", "pytorch": "PyTorch", "ensemble": "Ensemble"}
)


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
class BeatExample:
    """A signal at `rate` Hz that comes with the model, which of its beats is meant, and its answer."""

    signal: Path
    rate: float
    beat: int
    probabilities: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class _Described:
    """What is said about every model in `models/<key>/model.toml`.

    labels stand in the model's own OUTPUT ORDER. leads: which ones a model of beats was trained on, out
    of `ecg.signal.lead_names.LEADS`; empty: not told. temperature (> 0) divides the logits (Guo 2017).
    accept_from (0..1): below this probability of its most probable label an answer is called uncertain.
    keep_from (0..1, one a label): from which probability on a label can't be ruled out; empty: never
    measured. accepts: whether its answers are ever accepted. never: labels that are not.
    """

    key: str
    title: str
    task: Task
    labels: tuple[str, ...]
    leads: tuple[str, ...] = ()
    temperature: float = 1.0
    accept_from: float = 0.5
    keep_from: tuple[float, ...] = ()
    accepts: bool = True
    never: tuple[str, ...] = ()
    example: Example | BeatExample | None = None
    metrics: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class ModelEntry(_Described):
    """One network. output: what it gives, "logits" or "probabilities".

    runtime: "onnx" serves its compiled form only, "native" its framework, "auto" the compiled form
    where there is a fresh one. preprocessing: of a page or a beat's picture, or how segments of a
    signal are read; drawing: how beats of a signal become the pictures that it reads.
    """

    framework: Framework
    output: Output
    weights: Weights
    preprocessing: Preprocessing | SegmentReading
    drawing: BeatDrawing | None = None
    architecture: str = ""
    head: Head = Head()
    runtime: Runtime = "auto"

    @property
    def folder(self) -> Path:
        return self.weights.path.parent

    @property
    def reads(self) -> Reads:
        """What it is given: an ECG page, the picture of a beat, or a segment of a signal."""
        if isinstance(self.preprocessing, SegmentReading):
            return "segment"
        return "beat_picture" if self.drawing else "page"

    @property
    def picture(self) -> Preprocessing:
        """How it reads pictures. Raises WrongInput for a network that reads segments of a signal."""
        if isinstance(self.preprocessing, SegmentReading):
            raise WrongInput(
                f"The model '{self.key}' reads beats of a signal, not pictures: "
                "give it a CSV or a WFDB record."
            )
        return self.preprocessing


@dataclass(frozen=True, kw_only=True)
class EnsembleEntry(_Described):
    """Networks of the same registry whose answers are averaged; it has no weights of its own.

    members: their keys. shares (0..1, one a member, adding up to 1): how much each counts.
    average: of what, "probabilities" or their "logarithms". Each member keeps its own order of
    labels, preprocessing and temperature; the temperature here divides the logarithm of the average.
    consensus: whether it leads the verdict where several models are asked.
    """

    folder: Path
    members: tuple[str, ...]
    shares: tuple[float, ...]
    average: Average
    consensus: bool = False
    framework: Literal["ensemble"] = "ensemble"


Entry = ModelEntry | EnsembleEntry
