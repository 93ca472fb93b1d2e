"""What every recipe for beats offers, and the table of them. A recipe is one readable run in one module."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ecg.beats.beats import EVERY, Beats
from ecg.tasks import Task
from twelvelead.datasets.pages import DataError, Indices
from twelvelead.datasets.records import BeatRecord
from twelvelead.training.recipe import Logits, Network, keep_memory

LEFT_OUT = -1  # a target: this beat is context for others, and neither trained on nor counted
CHUNK = 512  # beats that are answered at once

BEAT_RECIPES: Mapping[str, str] = MappingProxyType(
    {
        "beat_infarction": "twelvelead.training.recipes.beats.infarction",
        "beat_resnet50": "twelvelead.training.recipes.beats.resnet50",
        "beat_signal_cnn": "twelvelead.training.recipes.beats.signal_cnn",
        "beat_six": "twelvelead.training.recipes.beats.six",
        "beat_vgg16": "twelvelead.training.recipes.beats.vgg16",
        "beat_vgg19": "twelvelead.training.recipes.beats.vgg19",
    }
)


@dataclass(frozen=True)
class MarkedBeats:
    """A record with the classes of its beats. targets: (m,) index into the labels, or LEFT_OUT."""

    record: BeatRecord
    targets: Indices

    @property
    def counted(self) -> Indices:
        """Places of the beats that are not left out."""
        return np.flatnonzero(self.targets != LEFT_OUT)

    def only(self, some: npt.NDArray[np.bool_]) -> "MarkedBeats":
        """The same record with all but some beats left out."""
        return MarkedBeats(self.record, np.where(some, self.targets, LEFT_OUT))


class BeatFit(Protocol):
    """One training run over the beats of some records that are not left out."""

    def __call__(self, train: Sequence[MarkedBeats], note: Callable[[str], None]) -> Network: ...


class BeatRecipe(Protocol):
    """A recipe module: what it trains, in constants, and how, in `prepare`."""

    TITLE: str
    FRAMEWORK: str
    ARCHITECTURE: str
    TASK: Task
    LABELS: tuple[str, ...]
    CODES: Mapping[str, str]  # annotation symbol -> label
    EXTRA: str  # symbols beside those of beats that count as beats, as in `read_records`
    TRAIN: tuple[str, ...]  # names of records
    TEST: tuple[str, ...]  # none: what is trained on is cross-validated
    PROTOCOL: str  # the split, in words
    HEAD_TOML: str
    ORIGIN: str
    SCHEDULE: str  # for the card: how it was trained, in words
    DATA: str  # for the card: what it was trained on
    LICENCE: str  # of those data, and so of the weights
    NOTES: tuple[str, ...]  # for the card: what has to be known of the data

    def knobs(self) -> dict[str, str]:
        """Every setting of the run, by name."""

    def read_records(self, folder: Path, names: Sequence[str], extra: str) -> list[BeatRecord]:
        """The records with these names; that of `twelvelead.datasets.records` for MIT-BIH."""

    def reading_toml(self) -> str:
        """`[segment]`, or `[preprocessing]` and `[drawing]`, of model.toml."""

    def tensors(self, beats: Beats, some: slice = EVERY) -> npt.NDArray[np.float32]:
        """What the network reads of `some` beats, (n, height, width, channels), as it is served."""

    def prepare(self, work: Path, backbone: Path | None) -> BeatFit:
        """Brings what all runs share; what is returned fits a network."""

    def load(self, file: Path) -> Network:
        """The network from saved weights."""


def find_beat_recipe(key: str) -> BeatRecipe:
    """The recipe of a beat model. Raises DataError naming those that there are."""
    if key not in BEAT_RECIPES:
        raise DataError(f"There is no recipe for this model; recipes: {', '.join(BEAT_RECIPES)}.")
    keep_memory()
    recipe: Any = importlib.import_module(BEAT_RECIPES[key])
    return recipe  # type: ignore[no-any-return]


def mark(records: Sequence[BeatRecord], recipe: BeatRecipe) -> list[MarkedBeats]:
    """Records with their beats' targets; beats without one of the recipe's labels are left out."""
    place = {label: index for index, label in enumerate(recipe.LABELS)}
    return [
        MarkedBeats(
            record,
            np.array(
                [place.get(label, LEFT_OUT) for label in record.labels(recipe.CODES)], np.intp
            ),
        )
        for record in records
    ]


def answer(recipe: BeatRecipe, network: Network, marked: MarkedBeats) -> Logits:
    """Raw outputs, float64 (counted beats, labels), for a record as it is served."""
    beats, counted = marked.record.beats, marked.counted
    parts = [np.zeros((0, len(recipe.LABELS)))]
    for begin in range(0, len(beats), CHUNK):
        wanted = counted[(counted >= begin) & (counted < begin + CHUNK)] - begin
        if len(wanted):
            tensors = recipe.tensors(beats, slice(begin, begin + CHUNK))
            parts.append(network.logits(tensors[wanted]))
    return np.concatenate(parts)
