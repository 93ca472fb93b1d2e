"""A recipe for tests that needs no framework: its network answers by how dark a page is."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from model_registry.preprocessing import Preprocessing, Tensor
from twelvelead.datasets.pages import Indices, LabelledPages
from twelvelead.training.recipe import Fit, Logits

TITLE = "Fake"
FRAMEWORK = "keras"
ARCHITECTURE = ""
LABELS = ("normal", "abnormal_heartbeat", "history_of_mi", "myocardial_infarction")
PREPROCESSING = Preprocessing((32, 56), "grey", "rescale", 1)
VARIANTS = 0
HEAD_TOML = ""
ORIGIN = "none"


def knobs() -> dict[str, str]:
    return {"SIZE": str(PREPROCESSING.size)}


class Network:
    """Logits that grow with the class's number times the page's darkness, over the level it saw."""

    def __init__(self, level: float) -> None:
        self.level = level

    def logits(self, tensors: Tensor) -> Logits:
        dark = (self.level - tensors.mean(axis=(1, 2, 3))) * 100
        return np.outer(dark, np.arange(len(LABELS))).astype(np.float64)

    def parameters(self) -> int:
        return 1

    def save(self, folder: Path) -> Path:
        file = folder / "weights.txt"
        file.write_text(str(self.level), encoding="utf-8")
        return file


def untrained(folder: Path) -> None:
    del folder


def prepare(pages: LabelledPages, work: Path, backbone: Path | None) -> Fit:
    del work, backbone

    def fit(train: Indices, note: Callable[[str], None]) -> Network:
        note("fit,1,0.0")
        return Network(float(pages.pixels[0, train].mean()) / 255)

    return fit


def load(file: Path) -> Network:
    return Network(float(file.read_text(encoding="utf-8")))
