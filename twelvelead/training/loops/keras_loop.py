"""What the Keras recipes share: a trained network as recipes give it, and training from scratch."""

import hashlib
import math
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from twelvelead.datasets.pages import Indices, PageDataset
from twelvelead.datasets.splits import Fold, hold_out
from twelvelead.training.recipe import Logits, Note, PageFit, PageRecipe

PARTS = 16  # pages that are answered at once


class KerasNetwork:
    """A trained network; see `twelvelead.training.recipe.Network`."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def logits(self, tensors: npt.NDArray[np.float32]) -> Logits:
        parts = [
            np.asarray(self.model(tensors[begin : begin + PARTS], training=False))
            for begin in range(0, len(tensors), PARTS)
        ]
        return np.concatenate(parts).astype(np.float64)

    def parameters(self) -> int:
        return int(self.model.count_params())

    def save(self, folder: Path) -> Path:
        file = folder / "weights.keras"
        plain = keras.Model(self.model.inputs, self.model.outputs)  # without the optimiser's state
        plain.save(file)
        self.model = keras.saving.load_model(file, compile=False)
        return file


def load(file: Path) -> KerasNetwork:
    """The network from a file that `save` wrote."""
    return KerasNetwork(keras.saving.load_model(file, compile=False))


class KerasRecipe:
    """A recipe whose network is one Keras file."""

    def load(self, file: Path) -> KerasNetwork:
        return load(file)


@dataclass(frozen=True, kw_only=True)
class FromScratch(KerasRecipe, PageRecipe):
    """Training with early stopping; goes on where it was killed. See a recipe's knobs for what each is."""

    epochs: int
    patience: int
    held_out_part: int
    rate: float
    batch: int
    weight_decay: float
    smoothing: float
    balance: float
    seed: int

    @abstractmethod
    def build(self) -> Any:
        """The untrained network: pages as they are preprocessed -> logits (n, labels)."""

    def prepare(self, pages: PageDataset, work: Path, backbone: Path | None) -> PageFit:
        """Nothing is shared between folds; returns the function that fits."""
        del backbone

        def fit(train: Indices, note: Note) -> KerasNetwork:
            keras.utils.set_random_seed(self.seed)
            model = self.build()
            name = hashlib.sha256(np.sort(train).tobytes()).hexdigest()[:12]
            unfinished = keras.callbacks.BackupAndRestore(work / f"unfinished-{name}")
            self._run(
                model,
                pages,
                hold_out(pages, train, self.held_out_part),
                [unfinished, _EpochNotes(note, self.epochs)],
            )
            return KerasNetwork(model)

        return fit

    def _run(self, model: Any, pages: PageDataset, inner: Fold, callbacks: list[Any]) -> None:
        """Trains `model` in place; the pages in `inner.test` decide when to stop."""
        batches = _PageBatches(self, pages, inner.train, shuffled=True)
        rate = keras.optimizers.schedules.CosineDecay(self.rate, self.epochs * len(batches))
        model.compile(
            keras.optimizers.AdamW(rate, weight_decay=self.weight_decay),
            keras.losses.CategoricalCrossentropy(True, self.smoothing),
        )
        stopping = keras.callbacks.EarlyStopping(patience=self.patience, restore_best_weights=True)
        model.fit(
            batches,
            validation_data=_PageBatches(self, pages, inner.test, shuffled=False),
            epochs=self.epochs,
            callbacks=[stopping, *callbacks],
            verbose=0,
        )


class _PageBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Pages for Keras: random variants of them when shuffled, else the pages as they are served."""

    def __init__(
        self, recipe: FromScratch, pages: PageDataset, some: Indices, *, shuffled: bool
    ) -> None:
        super().__init__()
        self.recipe, self.pages, self.some = recipe, pages, some
        self.rng = np.random.default_rng(recipe.seed) if shuffled else None
        counts = np.bincount(pages.targets, minlength=len(pages.labels))
        shares = (counts.sum() / counts / len(counts)) ** recipe.balance
        self.weights = shares.astype(np.float32)  # of each class: rare ones count more
        self.on_epoch_end()

    def __len__(self) -> int:
        return math.ceil(len(self.some) / self.recipe.batch)

    def __getitem__(self, number: int) -> tuple[npt.NDArray[np.float32], ...]:
        pages, batch = self.pages, self.recipe.batch
        some = self.order[number * batch : (number + 1) * batch]
        variants = self.rng.integers(0, len(pages.pixels), len(some)) if self.rng else 0
        targets = pages.targets[some]
        tensors = self.recipe.preprocessing.normalise(pages.pixels[variants, some])
        wanted = np.eye(len(pages.labels), dtype=np.float32)[targets]
        return tensors, wanted, self.weights[targets]

    def on_epoch_end(self) -> None:
        self.order = self.rng.permutation(self.some) if self.rng else self.some


class _EpochNotes(keras.callbacks.Callback):  # type: ignore[misc]
    """A line an epoch for the log, and a bar with the time left."""

    def __init__(self, note: Note, epochs: int) -> None:
        super().__init__()
        self.note, self.bar = note, tqdm(total=epochs, unit="epoch", leave=False)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.bar.update(epoch + 1 - self.bar.n)
        self.note(f"fit,{epoch + 1},{logs['loss']:.4f},{logs['val_loss']:.4f}")

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        del logs
        self.bar.close()
