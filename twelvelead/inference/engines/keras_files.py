"""Reads Keras 3 files, on any backend; refuses those that carry code. Never in the web process."""

import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import keras

from model_registry.entry import ModelEntry
from model_registry.errors import WeightsError, named
from twelvelead.inference.engines.weights import read_weights

CONVERT = "open it with the Keras that wrote it and save it again with Keras 3 as .keras"


def read_model(entry: ModelEntry) -> Any:
    """The Keras model of an entry, its input and output checked.

    Raises WeightsError where the file is altered, damaged, of Keras 2, holds code (Lambda) or its
    input or output is not what the entry says.
    """
    model = _read_file(entry)
    _check_shapes(model, entry)
    return model


def _read_file(entry: ModelEntry) -> Any:
    path, data = entry.weights.path, read_weights(entry.weights)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "weights").with_suffix(path.suffix)
        copy.write_bytes(data)  # the very bytes that were hashed
        try:
            _refuse_code(copy, path)
            return keras.saving.load_model(copy, compile=False, safe_mode=True)
        except (ValueError, TypeError, KeyError, OSError, zipfile.BadZipFile) as error:
            raise WeightsError(
                f"{named(path)} can't be loaded by Keras {keras.__version__} "
                f"({type(error).__name__}); if Keras 2 wrote it, {CONVERT}."
            ) from error


def _refuse_code(copy: Path, path: Path) -> None:
    """Raises WeightsError where the file's configuration names a layer that carries code."""
    if copy.suffix == ".keras":
        with zipfile.ZipFile(copy) as archive:
            config = json.loads(archive.read("config.json"))
    else:
        with h5py.File(copy, "r") as file:
            if "model_config" not in file.attrs:
                raise WeightsError(
                    f"{path} holds weights alone, without their network: "
                    "save both with model.save('weights.keras')."
                )
            config = json.loads(file.attrs["model_config"])
    if "Lambda" in _class_names(config):
        raise WeightsError(
            f"{named(path)} has a Lambda layer, which runs code from the file, so it is not loaded; "
            "rebuild the model from Keras' own layers and save it again."
        )


def _class_names(config: Any) -> Iterator[str]:
    if isinstance(config, dict):
        if isinstance(config.get("class_name"), str):
            yield config["class_name"]
        config = list(config.values())
    if isinstance(config, list):
        for item in config:
            yield from _class_names(item)


def _check_shapes(model: Any, entry: ModelEntry) -> None:
    """Raises WeightsError where input or output is not what the entry says."""
    wanted, labels = entry.preprocessing.shape, len(entry.labels)
    shapes = model.input_shape, model.output_shape
    if not all(isinstance(shape, tuple) for shape in shapes):
        raise WeightsError(
            f"{named(entry.weights.path)} has several inputs or outputs; one each is run."
        )
    given, outputs = tuple(model.input_shape[1:]), model.output_shape[-1]
    if len(given) != 3 or any(g not in (None, w) for g, w in zip(given, wanted, strict=True)):
        raise WeightsError(
            f"{named(entry.weights.path)} reads (height, width, channels) {given}, "
            f"model.toml says {wanted}: correct 'preprocessing.size' or 'channels'."
        )
    if len(model.output_shape) != 2:
        raise WeightsError(
            f"{entry.weights.path} gives {model.output_shape}, not one row of numbers a picture: "
            "pool its last feature map before the classifier."
        )
    if outputs != labels:
        raise WeightsError(
            f"{named(entry.weights.path)} has {outputs} outputs, model.toml lists {labels} labels: "
            "correct 'labels'."
        )
