"""Whether a curve has the shape of a heartbeat: a small convolutional network, in NumPy alone.

Distances to real beats (principal components with Mahalanobis distance, or nearest neighbours) were tried
first and let half of the curves pass that are none; this network, fitted to tell the two apart, lets few
pass. `python -m twelvelead.training.gate.beat_shape` fits it and tells its figures.
"""

import io
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model_registry.errors import WeightsError, named
from twelvelead.inference.gate.beat_curve import Curve

Floats = npt.NDArray[np.float32]

FILE = Path(__file__).parent / "beat_shape.npz"
STRIDE = 2
AGAIN = "install Twelvelead again, or fit it anew: python -m twelvelead.training.gate.beat_shape"


@dataclass(frozen=True, eq=False)
class BeatShape:
    """convolutions: (weights (out, in, k), biases (out,)), each with stride 2 and padding k // 2.

    layers: (weights (out, in), biases (out,)). known: float32 (n,), rising, scores of beats of patients
    that it was not fitted to, evenly spaced by share. doubt, refusal: scores beyond which a curve is unlike
    most beats, and none.
    """

    convolutions: tuple[tuple[Floats, Floats], ...]
    layers: tuple[tuple[Floats, Floats], ...]
    known: Floats
    doubt: float
    refusal: float

    def score(self, curve: Curve) -> float:
        """The log-odds that a curve, (2, 96), is no beat: higher is less like one."""
        values = curve
        for weights, biases in self.convolutions:
            values = np.maximum(_convolved(values, weights) + biases[:, None], 0)
        flat = values.ravel()
        for number, (weights, biases) in enumerate(self.layers):
            flat = weights @ flat + biases
            if number < len(self.layers) - 1:
                flat = np.maximum(flat, 0)
        return float(flat[0])

    def percentile(self, score: float) -> float:
        """The share of known beats, in %, whose score is lower."""
        return 100 * float(np.searchsorted(self.known, score)) / max(1, len(self.known))


def _convolved(values: Floats, weights: Floats) -> Floats:
    """(in, n) with (out, in, k), padded by k // 2 on both sides, every second place."""
    size = weights.shape[2]
    padded = np.pad(values, ((0, 0), (size // 2, size // 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, size, axis=1)[:, ::STRIDE]
    return np.tensordot(weights, windows, axes=([1, 2], [0, 2])).astype(np.float32)


@lru_cache(maxsize=2)
def read_shape(file: Path = FILE) -> BeatShape:
    """The fitted network. Raises WeightsError where its file can't be read."""
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as stored:
            parts = {name: stored[name].astype(np.float32) for name in stored.files}
            doubt, refusal = (float(bound) for bound in parts["bounds"])
        return BeatShape(
            _pairs(parts, "conv"), _pairs(parts, "full"), parts["known"], doubt, refusal
        )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise WeightsError(f"{named(file)} can't be read: {AGAIN}.") from error


def _pairs(parts: dict[str, Floats], kind: str) -> tuple[tuple[Floats, Floats], ...]:
    many = sum(name.startswith(f"{kind}_weights") for name in parts)
    return tuple((parts[f"{kind}_weights{i}"], parts[f"{kind}_biases{i}"]) for i in range(many))
