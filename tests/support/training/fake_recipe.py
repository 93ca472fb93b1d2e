"""A recipe for tests that needs no framework: its network answers by how dark a page is."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model_registry.entry import Framework
from model_registry.preprocessing import Preprocessing, Tensor
from twelvelead.datasets.pages import Indices, PageDataset
from twelvelead.training.recipe import Logits, Note, PageFit, PageRecipe


class Network:
    """Logits that grow with the class's number times the page's darkness, over the level it saw."""

    def __init__(self, level: float, labels: int) -> None:
        self.level, self.labels = level, labels

    def logits(self, tensors: Tensor) -> Logits:
        dark = (self.level - tensors.mean(axis=(1, 2, 3))) * 100
        return np.outer(dark, np.arange(self.labels)).astype(np.float64)

    def parameters(self) -> int:
        return 1

    def save(self, folder: Path) -> Path:
        file = folder / "weights.keras"
        file.write_text(str(self.level), encoding="utf-8")
        return file


@dataclass(frozen=True, kw_only=True)
class FakePages(PageRecipe):
    title: str = "Fake"
    framework: Framework = "keras"
    architecture: str = ""
    labels: tuple[str, ...] = (
        *("normal", "abnormal_heartbeat", "history_of_mi", "myocardial_infarction"),
    )
    preprocessing: Preprocessing = Preprocessing((32, 56), "grey", "rescale", 1)
    variants: int = 0

    LEAST_SIDE = 32

    def prepare(self, pages: PageDataset, work: Path, backbone: Path | None) -> PageFit:
        del work, backbone

        def fit(train: Indices, note: Note) -> Network:
            note("fit,1,0.0")
            return Network(float(pages.pixels[0, train].mean()) / 255, len(self.labels))

        return fit

    def load(self, file: Path) -> Network:
        return Network(float(file.read_text(encoding="utf-8")), len(self.labels))


RECIPE = FakePages()
