"""What the Keras recipes share: a trained network as recipes give it, and training from scratch."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from model_registry.preprocessing import Preprocessing
from twelvelead.datasets.pages import Indices, LabelledPages
from twelvelead.datasets.splits import hold_out
from twelvelead.training.recipe import Logits

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


@dataclass(frozen=True)
class Schedule:
    """Training from scratch; see a recipe's knobs for what each is."""

    epochs: int
    patience: int
    held_out_part: int
    rate: float
    batch: int
    weight_decay: float
    smoothing: float
    balance: float
    seed: int


class FromScratch:
    """Training with early stopping, over some of the pages; goes on where it was killed."""

    def __init__(
        self, pages: LabelledPages, preprocessing: Preprocessing, schedule: Schedule, work: Path
    ) -> None:
        self.pages, self.preprocessing = pages, preprocessing
        self.schedule, self.work = schedule, work

    def fit(self, model: Any, train: Indices, note: Callable[[str], None]) -> KerasNetwork:
        """Trains `model` in place; some of the patients in `train` decide when to stop."""
        plan = self.schedule
        inner = hold_out(self.pages, train, plan.held_out_part)
        batches = _Batches(self, inner.train, shuffled=True)
        rate = keras.optimizers.schedules.CosineDecay(plan.rate, plan.epochs * len(batches))
        model.compile(
            keras.optimizers.AdamW(rate, weight_decay=plan.weight_decay),
            keras.losses.CategoricalCrossentropy(True, plan.smoothing),
        )
        name = hashlib.sha256(np.sort(train).tobytes()).hexdigest()[:12]
        model.fit(
            batches,
            validation_data=_Batches(self, inner.test, shuffled=False),
            epochs=plan.epochs,
            callbacks=[
                keras.callbacks.EarlyStopping(patience=plan.patience, restore_best_weights=True),
                keras.callbacks.BackupAndRestore(self.work / f"unfinished-{name}"),
                _Notes(note, plan.epochs),
            ],
            verbose=0,
        )
        return KerasNetwork(model)

    def weights(self, targets: Indices) -> npt.NDArray[np.float32]:
        """How much each page counts: rare classes more, as `balance` says."""
        counts = np.bincount(self.pages.targets, minlength=len(self.pages.labels))
        shares = (counts.sum() / counts / len(counts)) ** self.schedule.balance
        return np.asarray(shares[targets], dtype=np.float32)


class _Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Pages for Keras: random variants of them when shuffled, else the pages as they are served."""

    def __init__(self, run: FromScratch, some: Indices, *, shuffled: bool) -> None:
        super().__init__()
        self.run, self.some = run, some
        self.rng = np.random.default_rng(run.schedule.seed) if shuffled else None
        self.on_epoch_end()

    def __len__(self) -> int:
        return math.ceil(len(self.some) / self.run.schedule.batch)

    def __getitem__(self, number: int) -> tuple[npt.NDArray[np.float32], ...]:
        pages, batch = self.run.pages, self.run.schedule.batch
        some = self.order[number * batch : (number + 1) * batch]
        variants = self.rng.integers(0, len(pages.pixels), len(some)) if self.rng else 0
        targets = pages.targets[some]
        tensors = self.run.preprocessing.normalise(pages.pixels[variants, some])
        wanted = np.eye(len(pages.labels), dtype=np.float32)[targets]
        return tensors, wanted, self.run.weights(targets)

    def on_epoch_end(self) -> None:
        self.order = self.rng.permutation(self.some) if self.rng else self.some


class _Notes(keras.callbacks.Callback):  # type: ignore[misc]
    """A line an epoch for the log, and a bar with the time left."""

    def __init__(self, note: Callable[[str], None], epochs: int) -> None:
        super().__init__()
        self.note, self.bar = note, tqdm(total=epochs, unit="epoch", leave=False)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.bar.update(epoch + 1 - self.bar.n)
        self.note(f"fit,{epoch + 1},{logs['loss']:.4f},{logs['val_loss']:.4f}")

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        del logs
        self.bar.close()
