"""The usual demo: Flask, every model loaded at import in one process, `model.predict` for each picture.

Keras and PyTorch models side by side, the picture decoded to RGB with Pillow and resized, no
batching, no compiled form, gunicorn's one sync worker. Runs with the project's own packages, so
that the frameworks are the same versions.
"""

import os
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import torch
from flask import Flask, request
from PIL import Image

from benchmarks.measures.classify import Batch, PeerAnswer
from model_registry.entry import ModelEntry
from model_registry.preprocessing import SCALES
from model_registry.read_entry import read_entry
from twelvelead.inference.engines.pytorch_models import read_network
from twelvelead.inference.prediction import to_probabilities

FOLDERS = [Path(folder) for folder in os.environ["BENCH_MODELS"].split(os.pathsep)]


def load_model(entry: ModelEntry) -> Callable[[Batch], Batch]:
    """A function from float32 (n, height, width, channels) to the raw outputs."""
    if entry.framework == "keras":
        model = keras.models.load_model(entry.weights.path)
        return lambda batch: np.asarray(model.predict(batch, verbose=0), np.float32)
    network = read_network(entry)

    def run(batch: Batch) -> Batch:
        with torch.no_grad():
            raw = network(torch.from_numpy(batch.transpose(0, 3, 1, 2).copy()))
        return np.asarray(raw.numpy(), np.float32)

    return run


ENTRIES = {folder.name: read_entry(folder / "model.toml") for folder in FOLDERS}
MODELS = {key: load_model(entry) for key, entry in ENTRIES.items()}
app = Flask(__name__)


def prepare(picture: Image.Image, entry: ModelEntry) -> npt.NDArray[np.float32]:
    """The whole page in RGB, resized and scaled: float32 (height, width, channels)."""
    wanted = entry.picture
    small = picture.resize((wanted.size[1], wanted.size[0]))
    pixels = np.asarray(small.convert("L" if wanted.channels == 1 else "RGB"), np.float32) / 255
    pixels = pixels.reshape(wanted.shape)
    mean, deviation = (np.asarray(v[: wanted.channels], np.float32) for v in SCALES[wanted.scale])
    return np.asarray((pixels - mean) / deviation, np.float32)


@app.post("/predict")
def predict() -> PeerAnswer:
    """The label of an uploaded picture by the model that is named."""
    entry = ENTRIES[request.form["model"]]
    picture = Image.open(request.files["file"].stream).convert("RGB")
    raw = MODELS[entry.key](prepare(picture, entry)[np.newaxis])[0]
    shares = to_probabilities(raw, entry)
    told = dict(zip(entry.labels, map(float, shares), strict=True))
    return {"label": entry.labels[int(shares.argmax())], "probabilities": told}
