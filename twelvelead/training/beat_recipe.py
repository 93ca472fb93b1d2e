"""What every recipe of beats is."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ecg.beats.beats import EVERY, Beats
from model_registry.entry import ModelEntry
from twelvelead.datasets.records import BeatRecord, read_records
from twelvelead.inference.fitting import beat_tensors
from twelvelead.training.batches.marked_beats import MarkedBeats
from twelvelead.training.recipe import Network, Note, Recipe

BeatFit = Callable[[Sequence[MarkedBeats], Note], Network]  # a run over beats that are not left out


@dataclass(frozen=True, kw_only=True)
class BeatRecipe(Recipe):
    """Of a model of beats.

    codes: annotation symbol -> label. extra: symbols beside those of beats that count as beats. train,
    held_out, test: names of records. Without `test` what is trained on is cross-validated; `held_out`
    ones are kept for temperature and threshold, in place of folds, and if `settle` for a bias of each
    class. protocol: the split, in words. known_twice: patients that this split is known to have on both
    sides, as the card's notes tell.
    """

    codes: Mapping[str, str]
    extra: str = ""
    train: tuple[str, ...]
    held_out: tuple[str, ...] = ()
    test: tuple[str, ...]
    settle: bool = False
    protocol: str
    known_twice: frozenset[str] = frozenset()
    folds: int = 4

    LEADS: ClassVar[tuple[str, ...]] = ("MLII", "II")  # what its records hold, and is like it
    NO_KNOBS: ClassVar[frozenset[str]] = Recipe.NO_KNOBS | {"known_twice"}

    @abstractmethod
    def prepare(self, work: Path, backbone: Path | None) -> BeatFit:
        """Brings what all runs share; what is returned fits a network."""

    @property
    def entry(self) -> ModelEntry:
        return replace(super().entry, leads=self.LEADS)

    def read_records(self, folder: Path, names: Sequence[str]) -> list[BeatRecord]:
        """The records with these names, of MIT-BIH if nothing else is said. Raises DataError."""
        return read_records(folder, names, self.extra)

    def tensors(self, beats: Beats, some: slice = EVERY) -> npt.NDArray[np.float32]:
        """What the network reads of `some` beats, (n, height, width, channels), as it is served."""
        return beat_tensors(self.entry, beats, some)

    def knobs(self) -> dict[str, str]:
        return super().knobs() | {n.upper(): str(v) for n, v in vars(self.words).items()}

    def module_knobs(self, **imported: object) -> dict[str, str]:
        """The knobs as told when a recipe was a module, for fits that were finished then.

        Every upper-case name of the module was told, also those that it had imported; HELD_OUT and SETTLE
        only where the recipe made use of them.
        """
        unused = {"HELD_OUT": "()", "SETTLE": "False"}
        told = {name: value for name, value in self.knobs().items() if unused.get(name) != value}
        return told | {name: str(value) for name, value in {"EVERY": EVERY, **imported}.items()}
