"""The gate's network: held to its sha256, run by ONNX Runtime on one core, loaded with the first picture."""

import hashlib
import json
import math
import os
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model_registry.errors import WeightsError, named
from twelvelead.inference.gate.channels import CHANNELS, LONG, SHORT, Channels
from twelvelead.inference.gate.kinds import KINDS, Kind

HERE = Path(__file__).parent
WEIGHTS, RECORD = "weights.onnx", "gate.json"
AGAIN = "install Twelvelead again, or train the gate anew: docs/gate.md says how"


@dataclass(frozen=True)
class Bounds:
    """Where the rules begin, as `gate.json` says; docs/gate.md tells where they are from.

    none, empty, other: probability, 0 to 1, from which a picture counts as no ECG, as paper without a
    trace, as another ECG than a page. certain: of being none, from which that is said outright. page: of
    being one, below which it is not clear that it is; backed: the same where frame, grid and rows of
    traces are those of a page. sure: of being a page, below which answers are doubted. far, very_far:
    distance in feature space beyond which a picture is unlike all pages known, and no ECG. least_side: px
    of the longer side. dark: brightness of paper, 0 to 255. sharp: least sharpness.
    """

    none: float = 0.4
    certain: float = 0.85
    empty: float = 0.6
    other: float = 0.6
    page: float = 0.7
    backed: float = 0.1
    sure: float = 0.8
    far: float = math.inf
    very_far: float = math.inf
    least_side: int = 200
    dark: float = 40.0
    sharp: float = 0.12


@dataclass(frozen=True)
class Seen:
    """What the network says of a picture.

    kinds: probability of each kind, 0 to 1. features: float32 (k,), its place in feature space.
    distance: Mahalanobis distance there to the nearest source of ECGs that it was trained on. bounds:
    where the rules begin for this network.
    """

    kinds: dict[Kind, float]
    features: npt.NDArray[np.float32]
    distance: float
    bounds: Bounds = Bounds()


class SeeingNetwork:
    """Reads pictures as `channels` makes them. Safe to call from many threads.

    folder: where `weights.onnx` and its record `gate.json` lie.
    """

    def __init__(self, folder: Path = HERE) -> None:
        self._folder = folder
        self._session: Any = None
        self._bounds = Bounds()
        self._loading = threading.Lock()

    def load(self) -> None:
        """Loads it, once. Raises WeightsError where its files are missing or altered."""
        with self._loading:
            if self._session is None:
                record = read_record(self._folder)
                self._bounds = Bounds(**record["bounds"])
                self._session = _open(self._folder / WEIGHTS, record["sha256"])

    def __call__(self, pictures: Channels) -> Seen:
        """What one picture, uint8 (4, height, width), shows. Raises WeightsError as `load` does."""
        if self._session is None:
            self.load()
        kinds, features, distance = self._session.run(
            ["kinds", "features", "distance"], {"pictures": pictures[np.newaxis]}
        )
        told = {kind: float(share) for kind, share in zip(KINDS, kinds[0], strict=True)}
        place = np.asarray(features[0], np.float32)
        return Seen(told, place, float(distance[0]), self._bounds)


def read_record(folder: Path = HERE) -> dict[str, Any]:
    """What `gate.json` says. Raises WeightsError where it can't be read."""
    file = folder / RECORD
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        if tuple(told["kinds"]) != KINDS:
            raise ValueError("other kinds")
        Bounds(**told["bounds"])
        return dict(told)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{named(file)} can't be read: {AGAIN}.") from error


@cache
def gate_name() -> str:
    """The sha256 of the network that runs: whose features these are. Empty where its record is damaged."""
    try:
        return str(read_record()["sha256"])
    except WeightsError:
        return ""


def _open(file: Path, sha256: str) -> Any:
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read when it is first imported
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    data = _held(file, sha256)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        session.run(None, {"pictures": np.zeros((1, len(CHANNELS), SHORT, LONG), np.uint8)})
    except Exception as error:  # onnxruntime's own exceptions share no public class
        raise WeightsError(f"{named(file)} can't be loaded by ONNX Runtime: {AGAIN}.") from error
    return session


def _held(file: Path, sha256: str) -> bytes:
    """The bytes of a file that has this sha256."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise WeightsError(f"{named(file)} can't be read: {AGAIN}.") from error
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise WeightsError(
            f"{named(file)} has the sha256 {found}, {RECORD} says {sha256}: {AGAIN}."
        )
    return data
