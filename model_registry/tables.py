"""The tables of `model.toml` besides those about beats; each key with its meaning, unit and range."""

import math
from pathlib import Path
from typing import Annotated, ClassVar, Self

from pydantic import Discriminator, Field, Tag, ValidationInfo, model_validator

from ecg.page.page import Colour
from ecg.signal.signal import RATES
from model_registry.entry import COMPILED, Average, BeatExample, Example, Weights
from model_registry.preprocessing import STEPS, Preprocessing, Scale
from model_registry.toml_table import PAIR, OneOf, TomlTable, fault, key

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
BEATS = 100_000  # most that an example's signal has
CHANNELS = 'use 3, or 1 with colour = "grey" and another scale'
GREY_STEPS = f'use {", ".join(STEPS)}, with colour = "grey"'
NEVER = "list some of `labels`, each once"
KEEP = "give a probability for each of `labels`, in their order"
SHARES = "give one probability a label; they add up to 1"

Side = Annotated[int, Field(ge=16, le=2048)]
Probability = Annotated[float, Field(ge=0, le=1)]
Step = Annotated[str, OneOf(tuple(STEPS))]


class WeightsTable(TomlTable):
    """The file that holds the network's numbers."""

    file: str
    sha256: str = key(
        "What `sha256sum` prints for the file.",
        "give the 64 hexadecimal digits that `sha256sum` prints",
        pattern="^[0-9a-f]{64}$",
    )

    @model_validator(mode="after")
    def _is_there(self, info: ValidationInfo) -> Self:
        path = Path(info.context or "", self.file)
        if path.is_file():
            with path.open("rb") as opened:
                if opened.read(len(LFS_POINTER)) == LFS_POINTER:
                    told = "is a Git-LFS pointer, not the weights; run `git lfs pull`"
                    raise fault(f"{self.file} {told}", "file")
        elif not path.with_name(COMPILED).is_file():  # as a small image has it, without weights
            raise fault(f"{self.file} is missing; put the weights beside this model.toml", "file")
        return self

    def weights(self, folder: Path) -> Weights:
        """What the table says."""
        return Weights(folder / self.file, self.sha256)


class KerasWeightsTable(WeightsTable):
    """The file that holds a Keras model, whole."""

    file: str = key(
        "A .keras or .h5 file in this folder.",
        "name a file in this folder that ends in .keras or .h5",
        pattern=r"^[^/]*\.(keras|h5)$",
    )


class PyTorchWeightsTable(WeightsTable):
    """The file that holds the state of a PyTorch network."""

    file: str = key(
        "A .safetensors or .pth file in this folder.",
        "name a file in this folder that ends in .safetensors or .pth",
        pattern=r"^[^/]*\.(safetensors|pth)$",
    )


class PreprocessingTable(TomlTable):
    """How a page, or the picture of a beat, becomes what the network reads."""

    size: list[Side] = key(
        "[height, width] in pixels, 16 to 2048 each.",
        "give [height, width] in pixels, 16 to 2048 each",
        **PAIR,
    )
    colour: Colour = key("In which the picture is read.")
    scale: Scale = key(
        'Of pixels: "rescale" to 0..1, "imagenet" by its mean and deviation, "standard" to -1..1.'
    )
    channels: int | None = key(
        "1, or 3, which repeats grey; left out, 3 for rgb and imagenet, else 1.",
        CHANNELS,
        None,
        ge=1,
        le=3,
    )
    steps: list[Step] = key(
        "Done in this order on the grey picture at its final size.", GREY_STEPS, ()
    )

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if self.channels == 2 or (self.channels or 3) < self._least_channels():
            raise fault(CHANNELS, "channels")
        if self.steps and self.colour != "grey":
            raise fault(GREY_STEPS, "steps")
        return self

    def _least_channels(self) -> int:
        return 3 if self.colour == "rgb" or self.scale == "imagenet" else 1

    def preprocessing(self) -> Preprocessing:
        """What the table says."""
        channels = self.channels or self._least_channels()
        size = (self.size[0], self.size[1])
        return Preprocessing(size, self.colour, self.scale, channels, tuple(self.steps))


class ExampleKeys(TomlTable):
    """What the model answers to a file that comes with it; it is held to that when it is loaded."""

    file: ClassVar[str]  # what would be right of the key that names it, which is the tag
    probabilities: list[Probability] = key(
        "Its answer, a probability for each of `labels`, in their order.", SHARES
    )

    @model_validator(mode="after")
    def _fit(self, info: ValidationInfo) -> Self:
        if abs(sum(self.probabilities) - 1) > 0.01:
            raise fault(SHARES, "probabilities")
        name = getattr(self, self.tag)
        if Path(name).name != name or not Path(info.context or "", name).is_file():
            raise fault(self.file, self.tag)
        return self


class PictureExampleTable(ExampleKeys):
    """A picture of no patient, and the model's answer."""

    tag, file = "image", "name a picture in this folder"
    image: str = key("A picture in this folder.")

    def example(self, folder: Path) -> Example:
        """What the table says."""
        return Example(folder / self.image, tuple(self.probabilities))


class SignalExampleTable(ExampleKeys):
    """A signal of no patient, one of its beats, and the model's answer."""

    tag, file = "signal", "name a CSV in this folder: mV and, where R peaks are, 1"
    signal: str = key("A CSV in this folder, a line a sample: mV and, where R peaks are, 1.")
    rate: float = key("Hz, of the signal.", ge=RATES[0], le=RATES[1])
    beat: int = key(
        "Which of the signal's beats is meant, from 0 on.",
        "give which of the signal's beats is meant, from 0 on",
        ge=0,
        lt=BEATS,
    )

    def example(self, folder: Path) -> BeatExample:
        """What the table says."""
        return BeatExample(folder / self.signal, self.rate, self.beat, tuple(self.probabilities))


def _example_tag(says: object) -> str:
    return "signal" if isinstance(says, dict) and "signal" in says else "image"


ExampleTable = Annotated[
    Annotated[PictureExampleTable, Tag("image")] | Annotated[SignalExampleTable, Tag("signal")],
    Discriminator(_example_tag),
]


class EnsembleTable(TomlTable):
    """Models of the same registry whose answers are averaged, label by label."""

    members: list[str] = key(
        "Their keys, none of them an ensemble's.",
        "list the keys of two or more models, each once",
        min_length=2,
    )
    weights: list[float] | None = key(
        "How much each counts, positive, one a member; left out, all alike.", "", None
    )
    average: Average = key(
        'Of what; of "logarithms", it is the geometric mean.', default="probabilities"
    )
    consensus: bool = key(
        "Whether it leads the verdict where several models are asked.", default=False
    )

    @model_validator(mode="after")
    def _fit(self) -> Self:
        count, weights = len(self.members), self.weights
        if len(set(self.members)) != count:
            raise fault("list the keys of two or more models, each once", "members")
        if weights is not None and (
            len(weights) != count or min(weights) <= 0 or not math.isfinite(sum(weights))
        ):
            raise fault(f"give {count} positive numbers, one a member", "weights")
        return self

    def shares(self) -> tuple[float, ...]:
        """The weights, divided by their sum where that is not 1 already; equal where none are given."""
        weights = self.weights or (1.0,) * len(self.members)
        total = sum(weights)
        total = 1.0 if math.isclose(total, 1.0, rel_tol=1e-12) else total  # kept to the last digit
        return tuple(weight / total for weight in weights)


class CalibrationTable(TomlTable):
    """How sure the model may be of itself."""

    temperature: float = key(
        "Divides the logits; above 1 for a model too sure of itself.", "", 1.0, ge=0.01, le=100
    )


class DecisionTable(TomlTable):
    """When an answer counts."""

    accept_from: float = key(
        "Probability of an answer from which on it is not called uncertain.", "", 0.5, ge=0, le=1
    )
    keep_from: list[Probability] | None = key(
        "For each of `labels`, in their order: the probability from which on it can't be ruled out.",
        KEEP,
        None,
    )
    accepts: bool = key("Whether its answers are ever accepted.", "", True)
    never: list[str] = key("Those of `labels` that are never accepted.", NEVER, ())
