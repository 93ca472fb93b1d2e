"""Keras files as people's scripts leave them: `python -m` this, FOLDER.

Each goes into FOLDER/<key> with its entry and, where it is good, `answers.npy`: what Keras itself says of
`batch()`.
"""

import json
import sys
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from keras import layers

from tests.tiny_models import KERAS_LABELS, write_entry

SIZE = (32, 48)


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


def keep(
    folder: Path,
    key: str,
    model: keras.Model | None,
    name: str = "weights.keras",
    size: tuple[int, int] = SIZE,
    labels: Sequence[str] = KERAS_LABELS,
    data: bytes = b"",
) -> Path:
    """FOLDER/key with the model, or with `data`, as its weight file `name`."""
    home = folder / key
    home.mkdir()
    if model is None:
        (home / name).write_bytes(data)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras would have .h5 no more
            model.save(home / name)
    write_entry(home, "keras", tuple(labels), size, output="probabilities", channels=3)
    return home / name


def write_good(folder: Path) -> None:
    model = network()
    for key, name in (("native", "weights.keras"), ("legacy", "weights.h5")):
        file = keep(folder, key, model, name)
        np.save(file.parent / "answers.npy", model.predict_on_batch(batch()))
    any_size = network(size=(None, None, 3))
    file = keep(folder, "any_size", any_size)
    np.save(file.parent / "answers.npy", any_size.predict_on_batch(batch()))


def write_code(folder: Path) -> None:
    """Files that carry Python in them."""
    for key, name in (("lambda", "weights.keras"), ("lambda_h5", "weights.h5")):
        keep(folder, key, network(layers.Lambda(lambda x: x * 2)), name)
    inner = keras.Sequential([keras.Input((30, 46, 6)), layers.Lambda(lambda x: x * 2)])
    keep(folder, "lambda_inside", network(inner))
    keep(folder, "lambda_activation", network(layers.Activation(lambda x: x * 2)))


def write_faulty(folder: Path) -> None:
    model = network()
    whole = (folder / "native" / "weights.keras").read_bytes()
    legacy = (folder / "legacy" / "weights.h5").read_bytes()
    html = b"<!doctype html><title>404</title>"
    keep(folder, "cut", None, data=whole[: len(whole) // 2])
    keep(folder, "cut_h5", None, "weights.h5", data=legacy[: len(legacy) // 2])
    keep(folder, "html", None, data=html)
    keep(folder, "html_h5", None, "weights.h5", data=html)
    keep(folder, "flipped", None, data=_flipped(whole))
    keep(folder, "other_size", model, size=(40, 48))
    keep(folder, "three_labels", model, labels=KERAS_LABELS[:3])
    two = keras.Model(model.inputs, [model.outputs[0], model.outputs[0]])
    keep(folder, "two_outputs", two)
    keep(folder, "a_map", keras.Model(model.inputs, layers.Conv2D(4, 1)(model.inputs[0])))
    _weights_only(folder, model)
    _keras_2(folder, whole)


def _flipped(data: bytes) -> bytes:
    """Some bytes in the middle altered, as a bad disk would."""
    middle = len(data) // 2
    return (
        data[:middle]
        + bytes(255 - byte for byte in data[middle : middle + 40])
        + data[middle + 40 :]
    )


def _weights_only(folder: Path, model: keras.Model) -> None:
    file = folder / "only.weights.h5"
    model.save_weights(file)
    keep(folder, "weights_only", None, "weights.h5", data=file.read_bytes())


def _keras_2(folder: Path, whole: bytes) -> None:
    """The configuration as Keras 2.15 wrote it: its module paths, and shapes under their old name."""
    file = keep(folder, "keras_2", None, data=whole)
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text = parts["config.json"].decode().replace('"batch_shape"', '"batch_input_shape"')
    config = json.loads(text)
    config["module"], config["registered_name"] = "keras.src.engine.functional", "Functional"
    parts["config.json"] = json.dumps(config).encode()
    parts["metadata.json"] = json.dumps({"keras_version": "2.15.0"}).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    home = file.parent
    file.rename(home / "weights.keras")
    (home / "model.toml").unlink()
    write_entry(home, "keras", KERAS_LABELS, SIZE, output="probabilities", channels=3)


if __name__ == "__main__":
    keras.utils.set_random_seed(7)
    write_good(Path(sys.argv[1]))
    write_code(Path(sys.argv[1]))
    write_faulty(Path(sys.argv[1]))
    assert h5py.is_hdf5(Path(sys.argv[1], "legacy", "weights.h5"))
