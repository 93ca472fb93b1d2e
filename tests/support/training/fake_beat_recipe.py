"""A recipe for beats that needs no framework: its network answers by how early a beat comes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ecg.tasks import BEAT_AAMI_5, Task
from model_registry.entry import Framework
from model_registry.segments import SegmentReading
from twelvelead.datasets.records import AAMI
from twelvelead.training.batches.marked_beats import MarkedBeats
from twelvelead.training.beat_recipe import BeatFit, BeatRecipe
from twelvelead.training.card_words import CardWords
from twelvelead.training.recipe import Logits, Note


class Network:
    """The earlier, the likelier S. shifted: what was added to its logits."""

    def __init__(self) -> None:
        self.shifted = np.zeros(5)

    def logits(self, tensors: npt.NDArray[np.float32]) -> Logits:
        early = -tensors[:, 0, 0, 1].astype(np.float64)
        told = np.stack([0.3 - early, early, early - 2, early - 3, early - 3], axis=1) * 10
        return np.asarray(told + self.shifted)

    def shift(self, bias: npt.NDArray[np.float64]) -> None:
        self.shifted = self.shifted + bias

    def parameters(self) -> int:
        return 1

    def save(self, folder: Path) -> Path:
        file = folder / "weights.keras"
        file.write_text("fake", encoding="utf-8")
        return file


@dataclass(frozen=True, kw_only=True)
class FakeBeats(BeatRecipe):
    """seen: records of each fit, as it goes."""

    title: str = "Fake beats"
    framework: Framework = "keras"
    architecture: str = ""
    task: Task = BEAT_AAMI_5
    labels: tuple[str, ...] = ("N", "S", "V", "F", "Q")
    codes: Mapping[str, str] = field(default_factory=lambda: AAMI)
    train: tuple[str, ...] = ("r0", "r1", "r2", "r3")
    test: tuple[str, ...] = ("t0", "t1")
    protocol: str = "trained on r, tested on t"
    origin: str = "none"
    preprocessing: SegmentReading = SegmentReading("row", None, "minmax", ("rr_before_to_near",))
    words: CardWords = CardWords("At once.", "Drawn beats.", "no licence", ("None of it is real.",))
    seen: list[set[str]] = field(default_factory=list)

    NO_KNOBS = BeatRecipe.NO_KNOBS | {"seen"}

    def prepare(self, work: Path, backbone: Path | None) -> BeatFit:
        del work, backbone

        def fit(train: Sequence[MarkedBeats], note: Note) -> Network:
            note("fitted")
            self.seen.append({one.record.name for one in train})
            return Network()

        return fit

    def load(self, file: Path) -> Network:
        del file
        return Network()
