"""Trains MobileNetV2 on ECG pages, in Keras: every layer fine-tuned.

Reads from top to bottom: the knobs, the network, the early stages that all folds share, three steps.
    step 1: the head alone, as a logistic regression on pooled features of the ImageNet network
    step 2: all after block 5, on cached outputs of the blocks before it
    step 3: all layers, at a lower rate
A good head first keeps fine-tuning from bending good features (Kumar 2022, "LP-FT").
The head reads features of three depths, each averaged and maximised over 4 x 4 cells, beside the usual
global average: a 12-lead page has its leads in 4 rows and 4 columns, and which lead shows a finding
is half of what it means. Batch normalisation keeps its ImageNet statistics throughout.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from keras import layers
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from model_registry.entry import Framework
from model_registry.preprocessing import Preprocessing
from twelvelead.datasets.pages import DataError, Indices, PageDataset
from twelvelead.training.card_words import CARD_WORDS, CardWords
from twelvelead.training.loops.keras_loop import KerasNetwork, KerasRecipe
from twelvelead.training.recipe import Note, PageFit, PageRecipe

EARLY = "block_5_add"  # the last of the early blocks, at 1/8 of the input


@dataclass(frozen=True, kw_only=True)
class MobileNetV2(KerasRecipe, PageRecipe):
    """The recipe: its knobs, its network, its run."""

    title: str = "MobileNetV2 (fine-tuned, 4 x 4 cells)"
    framework: Framework = "keras"
    architecture: str = "mobilenet_v2"
    labels: tuple[str, ...] = (
        *("abnormal_heartbeat", "history_of_mi", "myocardial_infarction", "normal"),
    )
    preprocessing: Preprocessing = Preprocessing(
        size=(256, 448), colour="grey", scale="standard", channels=3
    )
    origin: str = "MobileNetV2 1.0 of Sandler 2018 (Apache-2.0), trained on ImageNet"
    words: CardWords = CARD_WORDS["mobilenetv2"]

    variants: int = 6  # random variants of each page, drawn once
    batch: int = 16
    inverse_penalty: float = 3e-3  # of the logistic regression
    epochs_top: int = 8  # step 2
    rate_top: float = 1e-4
    epochs_all: int = 2  # step 3
    rate_all: float = 1.5e-5
    weight_decay: float = 1e-2
    dropout: float = 0.5  # on the pooled features
    smoothing: float = 0.05  # of the labels: they are coarse
    momentum: float = 0.97  # of the running average of the weights, which is what is kept
    clip: float = 1.0  # of the gradient's norm
    seed: int = 0
    early: str = EARLY  # up to here outputs are computed once
    depths: tuple[str, ...] = (  # what the head reads, at 1/8, 1/16 and 1/32
        *(EARLY, "block_12_add", "block_15_add"),
    )
    balance: float = 1.0  # how far rare classes count more: 1 fully, 0 not
    cells: int = 4

    TAKES_BACKBONE = True

    def build(self, backbone: Path | None) -> Any:
        """The whole network, its convolutions from ImageNet: a weight file, or Keras' download."""
        base = keras.applications.MobileNetV2(
            include_top=False,
            weights=None if backbone else "imagenet",
            input_shape=self.preprocessing.shape,
        )
        if backbone:
            try:
                base.load_weights(backbone)
            except (ValueError, OSError) as error:
                raise DataError(
                    f"{backbone} holds no weights of MobileNetV2 without top."
                ) from error
        depths = [base.get_layer(name).output for name in self.depths]
        pooled = [cells for depth in depths for cells in self._cells(depth)]
        features = layers.Concatenate(name="features")(
            [*pooled, layers.GlobalAveragePooling2D()(base.output)]
        )
        scaled = layers.BatchNormalization(center=False, scale=False, epsilon=1e-6, name="scaled")
        dropped = layers.Dropout(self.dropout)(scaled(features))
        head = layers.Dense(len(self.labels), name="head")(dropped)
        return keras.Model(base.input, head, name="mobilenetv2_cells")

    def _cells(self, depth: Any) -> list[Any]:
        """Average and maximum over 4 x 4 cells of a feature map, flat."""
        size = tuple(max(1, side // self.cells) for side in depth.shape[1:3])
        pools = layers.AveragePooling2D(size), layers.MaxPooling2D(size)
        return [layers.Flatten()(pool(depth)) for pool in pools]

    def prepare(self, pages: PageDataset, work: Path, backbone: Path | None) -> PageFit:
        """Runs the early blocks once over every variant of every page; returns the function that fits."""
        keras.utils.set_random_seed(self.seed)
        start = self.build(backbone)
        first = keras.Model(start.input, start.get_layer(self.early).output)
        early = self._outputs(first, pages.pixels)
        second = keras.Model(first.output, start.get_layer("features").output)
        pooled = self._outputs(second, early)
        del work  # 300 MB: kept in memory

        def fit(train: Indices, note: Note) -> KerasNetwork:
            keras.utils.set_random_seed(self.seed)
            model = self.build(backbone)
            run = _Run(self, pages, train, note)
            run.fit_head(model, pooled[:, train])
            later = keras.Model(model.get_layer(self.early).output, model.output)
            run.phase("top", later, early, (self.epochs_top, self.rate_top))
            run.phase("all", model, pages.pixels, (self.epochs_all, self.rate_all))
            return KerasNetwork(model)

        return fit

    def untrained(self, folder: Path) -> Path:
        file = folder / "untrained.weights.h5"
        base = keras.applications.MobileNetV2(
            include_top=False, weights=None, input_shape=self.preprocessing.shape
        )
        base.save_weights(file)
        return file

    def _outputs(self, part: Any, inputs: npt.NDArray[Any]) -> npt.NDArray[np.float16]:
        """What a part of the network gives for (variants, n, ..), float16 (variants, n, ..)."""
        variants, count = inputs.shape[:2]
        run = tf.function(lambda batch: part(batch, training=False), reduce_retracing=True)
        held = [
            np.concatenate(
                [
                    run(self.tensors(inputs[variant, begin : begin + self.batch]))
                    .numpy()
                    .astype(np.float16)
                    for begin in range(0, count, self.batch)
                ]
            )
            for variant in tqdm(range(variants), desc="frozen blocks", unit="variant")
        ]
        return np.stack(held)

    def tensors(self, inputs: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Pages (uint8) as the network reads them; features as they are, in float32."""
        if inputs.dtype == np.uint8:
            return self.preprocessing.normalise(inputs)
        return inputs.astype(np.float32)


class _Run:
    """The three steps over one set of training pages."""

    def __init__(self, recipe: MobileNetV2, pages: PageDataset, train: Indices, note: Note) -> None:
        self.recipe, self.pages, self.train, self.note = recipe, pages, train, note
        self.rng = np.random.default_rng(recipe.seed)
        counts = np.bincount(pages.targets[train], minlength=len(recipe.labels))
        weights = (counts.sum() / counts / len(recipe.labels)) ** recipe.balance
        self.weights = weights.astype(np.float32)

    def fit_head(self, model: Any, pooled: npt.NDArray[np.float16]) -> None:
        """Step 1: the scaling and the linear layer, from pooled features (variants, n, features)."""
        rows = pooled.reshape(-1, pooled.shape[-1]).astype(np.float32)
        mean, deviation = rows.mean(axis=0), rows.std(axis=0) + 1e-3
        weights = dict(enumerate(map(float, self.weights)))
        head = LogisticRegression(C=self.recipe.inverse_penalty, max_iter=200, class_weight=weights)
        head.fit((rows - mean) / deviation, np.tile(self.pages.targets[self.train], len(pooled)))
        model.get_layer("scaled").set_weights([mean, deviation**2])
        model.get_layer("head").set_weights([head.coef_.T, head.intercept_])

    def phase(
        self, name: str, model: Any, inputs: npt.NDArray[Any], plan: tuple[int, float]
    ) -> None:
        """Trains `model` on `inputs` (variants, n, ..); plan: epochs and rate."""
        (epochs, rate), batch = plan, self.recipe.batch
        for layer in model.layers:
            layer.trainable = not isinstance(layer, layers.BatchNormalization)
        steps = epochs * -(-len(self.train) // batch)
        model.compile(self._optimiser(rate, steps), self._loss())
        for epoch in range(epochs):
            shuffled, total = self.rng.permutation(self.train), 0.0
            begins = range(0, len(shuffled), batch)
            for begin in tqdm(begins, desc=f"{name} {epoch + 1}/{epochs}", leave=False):
                some = shuffled[begin : begin + batch]
                total += self._step(model, inputs, some) * len(some)
            self.note(f"{name},{epoch + 1},{total / len(self.train):.4f}")
        model.optimizer.finalize_variable_values(model.trainable_variables)  # the running average

    def _step(self, model: Any, inputs: npt.NDArray[Any], some: Indices) -> float:
        variants = self.rng.integers(0, len(inputs), len(some))
        targets = self.pages.targets[some]
        wanted = np.eye(len(self.recipe.labels), dtype=np.float32)[targets]
        model.reset_metrics()
        tensors = self.recipe.tensors(inputs[variants, some])
        loss = model.train_on_batch(tensors, wanted, sample_weight=self.weights[targets])
        return float(np.asarray(loss).ravel()[0])

    def _optimiser(self, rate: float, steps: int) -> Any:
        recipe, warm = self.recipe, steps // 5
        schedule = keras.optimizers.schedules.CosineDecay(
            rate / 20, steps - warm, warmup_target=rate, warmup_steps=warm
        )
        shared = {"weight_decay": recipe.weight_decay, "clipnorm": recipe.clip}
        return keras.optimizers.AdamW(
            schedule, use_ema=True, ema_momentum=recipe.momentum, **shared
        )

    def _loss(self) -> Callable[[Any, Any], Any]:
        def loss(wanted: Any, logits: Any) -> Any:
            return keras.losses.categorical_crossentropy(
                wanted, logits, from_logits=True, label_smoothing=self.recipe.smoothing
            )

        return loss


RECIPE = MobileNetV2()
