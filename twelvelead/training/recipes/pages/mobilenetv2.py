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
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from keras import layers
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from model_registry.preprocessing import Preprocessing
from twelvelead.datasets.pages import DataError, Indices, LabelledPages
from twelvelead.training.loops.keras_loop import KerasNetwork, load
from twelvelead.training.recipe import Fit

TITLE = "MobileNetV2 (fine-tuned, 4 x 4 cells)"
FRAMEWORK = "keras"
ARCHITECTURE = "mobilenet_v2"
LABELS = ("abnormal_heartbeat", "history_of_mi", "myocardial_infarction", "normal")
PREPROCESSING = Preprocessing(size=(256, 448), colour="grey", scale="standard", channels=3)
HEAD_TOML = ""
ORIGIN = "MobileNetV2 1.0 of Sandler 2018 (Apache-2.0), trained on ImageNet"

VARIANTS = 6  # random variants of each page, drawn once
BATCH = 16
INVERSE_PENALTY = 3e-3  # of the logistic regression
EPOCHS_TOP, RATE_TOP = 8, 1e-4  # step 2
EPOCHS_ALL, RATE_ALL = 2, 1.5e-5  # step 3
WEIGHT_DECAY = 1e-2
DROPOUT = 0.5  # on the pooled features
SMOOTHING = 0.05  # of the labels: they are coarse
MOMENTUM = 0.97  # of the running average of the weights, which is what is kept
CLIP = 1.0  # of the gradient's norm
SEED = 0
EARLY = "block_5_add"  # at 1/8 of the input
DEPTHS = (EARLY, "block_12_add", "block_15_add")  # what the head reads, at 1/8, 1/16 and 1/32
BALANCE = 1.0  # how far rare classes count more: 1 fully, 0 not
CELLS = 4

__all__ = ["load"]


def knobs() -> dict[str, str]:
    """All of the above, by name, as it is set now."""
    return {name: str(value) for name, value in globals().items() if name.isupper()}


def build(backbone: Path | None) -> Any:
    """The whole network, its convolutions from ImageNet: a weight file, or Keras' download."""
    base = keras.applications.MobileNetV2(
        include_top=False,
        weights=None if backbone else "imagenet",
        input_shape=PREPROCESSING.shape,
    )
    if backbone:
        try:
            base.load_weights(backbone)
        except (ValueError, OSError) as error:
            raise DataError(f"{backbone} holds no weights of MobileNetV2 without top.") from error
    depths = [base.get_layer(name).output for name in DEPTHS]
    pooled = [cells for depth in depths for cells in _cells(depth)]
    features = layers.Concatenate(name="features")(
        [*pooled, layers.GlobalAveragePooling2D()(base.output)]
    )
    scaled = layers.BatchNormalization(center=False, scale=False, epsilon=1e-6, name="scaled")
    head = layers.Dense(len(LABELS), name="head")(layers.Dropout(DROPOUT)(scaled(features)))
    return keras.Model(base.input, head, name="mobilenetv2_cells")


def _cells(depth: Any) -> list[Any]:
    """Average and maximum over CELLS x CELLS cells of a feature map, flat."""
    size = tuple(max(1, side // CELLS) for side in depth.shape[1:3])
    pools = layers.AveragePooling2D(size), layers.MaxPooling2D(size)
    return [layers.Flatten()(pool(depth)) for pool in pools]


def untrained(folder: Path) -> Path:
    """A backbone file of random numbers, for trying the run out without a download."""
    file = folder / "untrained.weights.h5"
    base = keras.applications.MobileNetV2(
        include_top=False, weights=None, input_shape=PREPROCESSING.shape
    )
    base.save_weights(file)
    return file


def prepare(pages: LabelledPages, work: Path, backbone: Path | None) -> Fit:
    """Runs the early blocks once over every variant of every page; returns the function that fits."""
    keras.utils.set_random_seed(SEED)
    start = build(backbone)
    early = _outputs(keras.Model(start.input, start.get_layer(EARLY).output), pages.pixels)
    pooled = _outputs(
        keras.Model(start.get_layer(EARLY).output, start.get_layer("features").output), early
    )
    del work  # 300 MB: kept in memory

    def fit(train: Indices, note: Callable[[str], None]) -> KerasNetwork:
        keras.utils.set_random_seed(SEED)
        model = build(backbone)
        run = _Run(pages, train, note)
        _fit_head(model, pooled[:, train], pages.targets[train], run.weights)
        later = keras.Model(model.get_layer(EARLY).output, model.output)
        run.phase("top", later, early, (EPOCHS_TOP, RATE_TOP))
        run.phase("all", model, pages.pixels, (EPOCHS_ALL, RATE_ALL))
        return KerasNetwork(model)

    return fit


def _outputs(part: Any, inputs: npt.NDArray[Any]) -> npt.NDArray[np.float16]:
    """What a part of the network gives for (variants, n, ..), float16 (variants, n, ..)."""
    variants, count = inputs.shape[:2]
    run = tf.function(lambda batch: part(batch, training=False), reduce_retracing=True)
    held = [
        np.concatenate(
            [
                run(_tensors(inputs[variant, begin : begin + BATCH])).numpy().astype(np.float16)
                for begin in range(0, count, BATCH)
            ]
        )
        for variant in tqdm(range(variants), desc="frozen blocks", unit="variant")
    ]
    return np.stack(held)


def _tensors(inputs: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Pages (uint8) as the network reads them; features as they are, in float32."""
    return (
        PREPROCESSING.normalise(inputs) if inputs.dtype == np.uint8 else inputs.astype(np.float32)
    )


def _fit_head(
    model: Any, pooled: npt.NDArray[np.float16], targets: Indices, weights: npt.NDArray[np.float32]
) -> None:
    """Step 1: the scaling and the linear layer, from pooled features (variants, n, features)."""
    rows = pooled.reshape(-1, pooled.shape[-1]).astype(np.float32)
    mean, deviation = rows.mean(axis=0), rows.std(axis=0) + 1e-3
    head = LogisticRegression(
        C=INVERSE_PENALTY, max_iter=200, class_weight=dict(enumerate(map(float, weights)))
    )
    head.fit((rows - mean) / deviation, np.tile(targets, len(pooled)))
    model.get_layer("scaled").set_weights([mean, deviation**2])
    model.get_layer("head").set_weights([head.coef_.T, head.intercept_])


class _Run:
    """Steps 2 and 3 over one set of training pages."""

    def __init__(self, pages: LabelledPages, train: Indices, note: Callable[[str], None]) -> None:
        self.pages, self.train, self.note = pages, train, note
        self.rng = np.random.default_rng(SEED)
        counts = np.bincount(pages.targets[train], minlength=len(LABELS))
        weights = (counts.sum() / counts / len(LABELS)) ** BALANCE
        self.weights = weights.astype(np.float32)

    def phase(
        self, name: str, model: Any, inputs: npt.NDArray[Any], plan: tuple[int, float]
    ) -> None:
        """Trains `model` on `inputs` (variants, n, ..); plan: epochs and rate."""
        epochs, rate = plan
        for layer in model.layers:
            layer.trainable = not isinstance(layer, layers.BatchNormalization)
        steps = epochs * -(-len(self.train) // BATCH)
        model.compile(_optimiser(rate, steps), _loss)
        for epoch in range(epochs):
            shuffled, total = self.rng.permutation(self.train), 0.0
            begins = range(0, len(shuffled), BATCH)
            for begin in tqdm(begins, desc=f"{name} {epoch + 1}/{epochs}", leave=False):
                some = shuffled[begin : begin + BATCH]
                total += self._step(model, inputs, some) * len(some)
            self.note(f"{name},{epoch + 1},{total / len(self.train):.4f}")
        model.optimizer.finalize_variable_values(model.trainable_variables)  # the running average

    def _step(self, model: Any, inputs: npt.NDArray[Any], some: Indices) -> float:
        variants = self.rng.integers(0, len(inputs), len(some))
        targets = self.pages.targets[some]
        wanted = np.eye(len(LABELS), dtype=np.float32)[targets]
        model.reset_metrics()
        loss = model.train_on_batch(
            _tensors(inputs[variants, some]), wanted, sample_weight=self.weights[targets]
        )
        return float(np.asarray(loss).ravel()[0])


def _optimiser(rate: float, steps: int) -> Any:
    warm = steps // 5
    schedule = keras.optimizers.schedules.CosineDecay(
        rate / 20, steps - warm, warmup_target=rate, warmup_steps=warm
    )
    return keras.optimizers.AdamW(
        schedule, weight_decay=WEIGHT_DECAY, clipnorm=CLIP, use_ema=True, ema_momentum=MOMENTUM
    )


def _loss(wanted: Any, logits: Any) -> Any:
    return keras.losses.categorical_crossentropy(
        wanted, logits, from_logits=True, label_smoothing=SMOOTHING
    )
