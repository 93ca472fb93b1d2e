"""Keras files as people's scripts leave them: `python -m` this, FOLDER.

Each goes into FOLDER/<key> with its entry and, where it is good, `answers.npy`: what Keras itself says of
`batch()`.
"""

import io
import json
import sys
import warnings
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from tests.support.models.tiny_models import KERAS_LABELS, Facts, write_entry
from twelvelead.inference.engines.backend import BACKENDS

SIZE = (32, 48)
FACTS = Facts(size=SIZE, channels=3)
HTML = b"<!doctype html><title>404</title>"


def batch() -> np.ndarray:
    """Two pictures, float32 (2, height, width, 3)."""
    return np.random.default_rng(3).normal(size=(2, *SIZE, 3)).astype(np.float32)


def network(*more: Any, size: tuple[int | None, ...] = (*SIZE, 3), outputs: int = 4) -> keras.Model:
    """Convolution, batch norm, `more`, pooling, dropout, softmax."""
    entrance = keras.Input(size)
    x = layers.Conv2D(6, 3, activation="relu")(entrance)
    x = layers.BatchNormalization()(x)
    for layer in more:
        x = layer(x)
    x = layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(entrance, layers.Dense(outputs, activation="softmax")(x))


def keep(file: Path, model: keras.Model | bytes, facts: Facts = FACTS) -> None:
    """The model, or these bytes, as a weight file, its entry beside it."""
    file.parent.mkdir()
    if isinstance(model, bytes):
        file.write_bytes(model)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras would have .h5 no more
            model.save(file)
    write_entry(file.parent, facts)


def write_good(folder: Path) -> None:
    model, any_size = network(), network(size=(None, None, 3))
    for name, made in (
        ("native/weights.keras", model),
        ("legacy/weights.h5", model),
        ("any_size/weights.keras", any_size),
    ):
        keep(folder / name, made)
        np.save((folder / name).with_name("answers.npy"), made.predict_on_batch(batch()))


def write_code(folder: Path) -> None:
    """Files that carry Python in them."""
    inner = keras.Sequential([keras.Input((30, 46, 6)), layers.Lambda(lambda x: x * 2)])
    doubling = network(layers.Lambda(lambda x: x * 2))
    keep(folder / "lambda/weights.keras", doubling)
    keep(folder / "lambda_h5/weights.h5", doubling)
    keep(folder / "lambda_inside/weights.keras", network(inner))
    activation = network(layers.Activation(lambda x: x * 2))
    keep(folder / "lambda_activation/weights.keras", activation)


def write_faulty(folder: Path) -> None:
    model = network()
    whole = (folder / "native/weights.keras").read_bytes()
    legacy = (folder / "legacy/weights.h5").read_bytes()
    keep(folder / "cut/weights.keras", whole[: len(whole) // 2])
    keep(folder / "cut_h5/weights.h5", legacy[: len(legacy) // 2])
    keep(folder / "html/weights.keras", HTML)
    keep(folder / "html_h5/weights.h5", HTML)
    keep(folder / "flipped/weights.keras", _flipped(whole))
    keep(folder / "other_size/weights.keras", model, FACTS._replace(size=(40, 48)))
    keep(folder / "three_labels/weights.keras", model, FACTS._replace(labels=KERAS_LABELS[:3]))
    two = keras.Model(model.inputs, [model.outputs[0], model.outputs[0]])
    keep(folder / "two_outputs/weights.keras", two)
    a_map = keras.Model(model.inputs, layers.Conv2D(4, 1)(model.inputs[0]))
    keep(folder / "a_map/weights.keras", a_map)
    only = folder / "only.weights.h5"
    model.save_weights(only)
    keep(folder / "weights_only/weights.h5", only.read_bytes())
    keep(folder / "keras_2/weights.keras", _as_keras_2(whole))


def _flipped(data: bytes) -> bytes:
    """Some bytes in the middle altered, as a bad disk would."""
    middle = len(data) // 2
    return (
        data[:middle]
        + bytes(255 - byte for byte in data[middle : middle + 40])
        + data[middle + 40 :]
    )


def _as_keras_2(whole: bytes) -> bytes:
    """The configuration as Keras 2.15 wrote it: its module paths, and shapes under their old name."""
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text = parts["config.json"].decode().replace('"batch_shape"', '"batch_input_shape"')
    config = json.loads(text)
    config["module"], config["registered_name"] = "keras.src.engine.functional", "Functional"
    parts["config.json"] = json.dumps(config).encode()
    parts["metadata.json"] = json.dumps({"keras_version": "2.15.0"}).encode()
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return held.getvalue()


if __name__ == "__main__":
    keras.utils.set_random_seed(7)
    write_good(Path(sys.argv[1]))
    write_code(Path(sys.argv[1]))
    write_faulty(Path(sys.argv[1]))
    import_module(BACKENDS["keras"])
    Path(sys.argv[1], "modules.txt").write_text("\n".join(sys.modules), encoding="utf-8")
