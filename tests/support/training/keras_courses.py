"""What the Keras courses do on tiny networks, of pages and of beats, as JSON.

python -m tests.support.training.keras_courses FOLDER
"""

import contextlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from model_registry.entry import Framework
from model_registry.preprocessing import Preprocessing
from tests.support.training import beat_courses
from twelvelead.datasets.pages import PageDataset
from twelvelead.datasets.splits import hold_out
from twelvelead.training.loops.keras_loop import FromScratch, load
from twelvelead.training.recipes.pages import custom_cnn, small_cnn

PREPROCESSING = Preprocessing((16, 24), "grey", "rescale", 1)
LABELS = ("dark", "grey", "bright")
COUNT = 36


def main(folder: Path) -> None:
    told = learnt(folder) | stopped(folder) | killed(folder)
    told["small_cnn"] = small_cnn.RECIPE.build().count_params()
    told["custom_cnn"] = custom_cnn.RECIPE.build().count_params()
    (folder / "beats").mkdir()
    both = {"pages": told, "beats": beat_courses.tell(folder / "beats")}
    (folder / "told.json").write_text(json.dumps(both))


@dataclass(frozen=True, kw_only=True)
class Tiny(FromScratch):
    title: str = "Tiny"
    framework: Framework = "keras"
    architecture: str = "tiny"
    labels: tuple[str, ...] = LABELS
    preprocessing: Preprocessing = PREPROCESSING
    variants: int = 1
    epochs: int
    patience: int = 50
    held_out_part: int = 3
    rate: float = 0.02
    batch: int = 8
    weight_decay: float = 0.0
    smoothing: float = 0.0
    balance: float = 1.0
    seed: int = 0

    LEAST_SIDE = 16

    def build(self) -> Any:
        page = keras.Input(self.preprocessing.shape)
        maps = keras.layers.Conv2D(4, 3, activation="tanh")(page)
        return keras.Model(page, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(maps)))


def pages(levels: tuple[int, ...] = (50, 120, 190)) -> PageDataset:
    """Pages of three kinds, two variants each, every page a patient of its own."""
    rng = np.random.default_rng(0)
    targets = np.arange(COUNT) % 3
    noise = rng.integers(-40, 40, (2, COUNT, *PREPROCESSING.size))
    pixels = (np.array(levels)[targets][None, :, None, None] + noise).astype(np.uint8)
    names = tuple(map(str, range(COUNT)))
    return PageDataset(pixels, targets, np.array(names), names, LABELS, 0, "tiny")


def learnt(folder: Path) -> dict[str, Any]:
    """A course tells three kinds of pages apart, and saves what it answers with."""
    some, lines = pages(), list[str]()
    made = Tiny(epochs=60).prepare(some, folder, None)(np.arange(COUNT), lines.append)
    tensors = PREPROCESSING.normalise(some.pixels[0])
    before = made.logits(tensors)
    again = load(made.save(folder)).logits(tensors)
    return {
        "right": float((before.argmax(axis=1) == some.targets).mean()),
        "gap": float(np.abs(before - again).max()),
        "line": lines[0].split(",")[:2],
        "left": [path.name for path in folder.glob("unfinished*")],
    }


def stopped(folder: Path) -> dict[str, Any]:
    """Pages that nothing tells apart: the held-out loss soon grows, and the best weights are kept."""
    some, lines = pages((120, 120, 120)), list[str]()
    tiny = Tiny(epochs=200, patience=3, rate=0.5)
    made = tiny.prepare(some, folder, None)(np.arange(COUNT), lines.append)
    inner = hold_out(some, np.arange(COUNT), 3).test
    logits = made.logits(PREPROCESSING.normalise(some.pixels[0][inner]))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    kept = -np.log(shares[np.arange(len(inner)), some.targets[inner]]).mean()
    losses = [float(line.split(",")[3]) for line in lines]
    return {"epochs": len(lines), "kept": float(kept), "least": min(losses)}


def killed(folder: Path) -> dict[str, Any]:
    """A course that is killed goes on behind its last whole epoch."""
    some, lines = pages(), list[str]()
    fit = Tiny(epochs=4).prepare(some, folder, None)

    def kill(line: str) -> None:
        if line.startswith("fit,3"):
            raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        fit(np.arange(COUNT), kill)
    fit(np.arange(COUNT), lines.append)
    return {"went_on_with": [line.split(",")[1] for line in lines]}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
