"""A recipe for beats that needs no framework: its network answers by how early a beat comes."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ecg.beats.beats import EVERY, Beats
from ecg.tasks import BEAT_AAMI_5
from model_registry.segments import SegmentReading
from twelvelead.datasets.records import AAMI, read_records
from twelvelead.training.beat_recipe import BeatFit, MarkedBeats
from twelvelead.training.recipe import Logits
from twelvelead.training.shipping.beat_ship import segment_toml

TITLE = "Fake beats"
FRAMEWORK = "keras"
ARCHITECTURE = ""
TASK = BEAT_AAMI_5
LABELS = ("N", "S", "V", "F", "Q")
CODES: Mapping[str, str] = AAMI
EXTRA = ""
TRAIN: tuple[str, ...] = ("r0", "r1", "r2", "r3")
TEST: tuple[str, ...] = ("t0", "t1")
PROTOCOL = "trained on r, tested on t"
HEAD_TOML = ""
ORIGIN = "none"
SCHEDULE = "At once."
DATA, LICENCE = "Drawn beats.", "no licence"
NOTES = ("None of it is real.",)
READING = SegmentReading("row", None, "minmax", ("rr_before_to_near",))
SEEN: list[set[str]] = []  # records of each fit

__all__ = ["read_records"]


def knobs() -> dict[str, str]:
    return {"READING": str(READING)}


def reading_toml() -> str:
    return segment_toml(READING)


def tensors(beats: Beats, some: slice = EVERY) -> npt.NDArray[np.float32]:
    return READING(beats, some)


class Network:
    """The earlier, the likelier S."""

    def logits(self, tensors: npt.NDArray[np.float32]) -> Logits:
        early = -tensors[:, 0, 0, 1].astype(np.float64)
        return np.stack([0.3 - early, early, early - 2, early - 3, early - 3], axis=1) * 10

    def parameters(self) -> int:
        return 1

    def save(self, folder: Path) -> Path:
        file = folder / "weights.keras"
        file.write_text("fake", encoding="utf-8")
        return file


def prepare(work: Path, backbone: Path | None) -> BeatFit:
    del work, backbone

    def fit(train: Sequence[MarkedBeats], note: Callable[[str], None]) -> Network:
        note("fitted")
        SEEN.append({one.record.name for one in train})
        return Network()

    return fit


def load(file: Path) -> Network:
    del file
    return Network()
