"""What the recipes of beat pictures with five classes share: the records, and how a beat is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ecg.beats.drawing import DRAWING, BeatDrawing
from ecg.tasks import BEAT_AAMI_5, Task
from model_registry.entry import Framework, Head
from model_registry.preprocessing import Preprocessing
from twelvelead.datasets.records import AAMI, DS1, DS2
from twelvelead.training.batches.drawings import Variation
from twelvelead.training.beat_recipe import BeatRecipe
from twelvelead.training.loops.beat_picture_loop import PictureNetwork

HELD_OUT = ("114", "119", "201", "220")  # of DS1


@dataclass(frozen=True, kw_only=True)
class BeatPictures(BeatRecipe):
    """In PyTorch; trained on DS1 but four records, which settle bias and temperature; tested on DS2."""

    framework: Framework = "pytorch"
    task: Task = BEAT_AAMI_5
    labels: tuple[str, ...] = ("N", "S", "V", "F", "Q")
    codes: Mapping[str, str] = field(default_factory=lambda: AAMI)
    drawing: BeatDrawing = DRAWING
    preprocessing: Preprocessing = Preprocessing(
        size=(32, 48), colour="grey", scale="imagenet", channels=3
    )
    head: Head = Head(hidden=(), pooling=(1, 1))
    train: tuple[str, ...] = tuple(name for name in DS1 if name not in HELD_OUT)
    held_out: tuple[str, ...] = HELD_OUT
    test: tuple[str, ...] = DS2
    settle: bool = True
    known_twice: frozenset[str] = frozenset({"201"})
    protocol: str = (
        "trained on 18 records of DS1, its other four (114, 119, 201, 220) kept for temperature and "
        "threshold; tested on DS2 of de Chazal 2004 (22 records, paced ones left out), one lead, beats "
        "at their reference places, answers computed in bfloat16"
    )

    @property
    def variation(self) -> Variation:
        """How training draws beats."""
        return Variation(self.drawing, self.preprocessing)

    def load(self, file: Path) -> PictureNetwork:
        return PictureNetwork.read(file, self.architecture, self.head, len(self.labels))
