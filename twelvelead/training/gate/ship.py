"""Shipping the gate's network: ONNX with its reference inside, thresholds and sha256 beside it."""

import hashlib
import json
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from twelvelead.inference.gate.channels import CHANNELS, LONG, SHORT
from twelvelead.inference.gate.kinds import ECG_KINDS, KINDS
from twelvelead.inference.gate.network import Bounds
from twelvelead.training.gate.network import GateNetwork
from twelvelead.training.gate.pictures import Pictures
from twelvelead.training.gate.variants import STRICT, plain, vary

Features = npt.NDArray[np.float32]
WEIGHTS, RECORD = "weights.onnx", "gate.json"
OPSET = 20
SHRINKAGE = 0.05  # of the covariance to its diagonal
PERCENTILES = (50, 90, 95, 99, 99.5, 99.9)
FAR = 95  # percentile of the distances of left-out sources from which a page is unlike all
VERY_FAR = 1.5  # times the farthest of those: no ECG
LEAST = 8  # pictures of a source that has a centre of its own


class ShippedGate(nn.Module):
    """Logits of kinds, features, and how far those are from the nearest source of ECGs (arXiv 1807.03888).

    centres: (sources, 64) means of the features of each source of ECGs. root: (64, 64), so that the length
    of (features - centre) @ root is the Mahalanobis distance under the covariance that all share.
    """

    def __init__(self, network: GateNetwork, centres: Features, root: Features) -> None:
        super().__init__()
        self.network = network
        self.centres: Tensor
        self.root: Tensor
        self.register_buffer("centres", torch.from_numpy(centres))
        self.register_buffer("root", torch.from_numpy(root))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        kinds, found = self.network(pictures)
        apart = (found[:, None] - self.centres[None]) @ self.root
        return torch.softmax(kinds, 1), found, apart.square().sum(2).amin(1).sqrt()


def ship(network: GateNetwork, pictures: Pictures, out: Path) -> dict[str, Any]:
    """Writes `weights.onnx` and `gate.json`; what the latter says."""
    network.eval()
    ecgs = [n for n, kind in enumerate(pictures.kinds) if KINDS[kind] in ECG_KINDS]
    features = embed(network, pictures, ecgs, views=2)
    sources = np.repeat(np.asarray(pictures.source)[ecgs], 2)
    centres, root = reference(features, sources)
    shipped = ShippedGate(network, centres, root).eval()
    out.mkdir(parents=True, exist_ok=True)
    export(shipped, out / WEIGHTS)
    unlike = left_out(features, sources)
    bounds = Bounds(far=_share(unlike, FAR), very_far=VERY_FAR * _share(unlike, 100))
    told = {
        "sha256": hashlib.sha256((out / WEIGHTS).read_bytes()).hexdigest(),
        "kinds": list(KINDS),
        "features": int(features.shape[1]),
        "bounds": asdict(bounds),
        "distances": {
            "known sources": percentiles(nearest(features, centres, root)),
            "a source left out": percentiles(unlike),
        },
        "trained_on": {
            name: int(np.sum(np.asarray(pictures.source) == place))
            for place, name in enumerate(pictures.sources)
        },
    }
    (out / RECORD).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return told


@torch.no_grad()
def embed(network: GateNetwork, pictures: Pictures, numbers: list[int], views: int) -> Features:
    """float32 (len(numbers) * views, 64): of each picture as it is, then of random variants."""
    chance = np.random.default_rng(1)
    found = []
    for number in numbers:
        rgb = pictures.rgb(number)
        seen = [plain(rgb)] + [vary(rgb, chance, STRICT) for _ in range(views - 1)]
        found += [network.features(torch.from_numpy(one[np.newaxis]))[0] for one in seen]
    return np.asarray(torch.stack(found).numpy(), np.float32)


def reference(features: Features, sources: npt.NDArray[np.int64]) -> tuple[Features, Features]:
    """Centres of the sources, and the root of the precision that they share."""
    names = [one for one in np.unique(sources) if np.sum(sources == one) >= LEAST]
    centres = np.stack([features[sources == one].mean(axis=0) for one in names])
    inside = np.concatenate(
        [features[sources == one] - centre for one, centre in zip(names, centres, strict=True)]
    )
    covariance = inside.T @ inside / len(inside)
    flat = np.diag(np.diag(covariance)) + 1e-3 * np.eye(len(covariance))
    root = np.linalg.cholesky(np.linalg.inv((1 - SHRINKAGE) * covariance + SHRINKAGE * flat))
    return centres.astype(np.float32), root.astype(np.float32)


def nearest(features: Features, centres: Features, root: Features) -> npt.NDArray[np.float64]:
    """(n,) distances to the nearest centre."""
    apart = (features[:, np.newaxis] - centres[np.newaxis]) @ root
    return np.asarray(np.sqrt(np.square(apart).sum(axis=2).min(axis=1)), np.float64)


def left_out(features: Features, sources: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """(n,) distances of each source's pictures to the other sources: how far an unseen layout may lie."""
    found = []
    for one in np.unique(sources):
        own = sources == one
        centres, root = reference(features[~own], sources[~own])
        found.append(nearest(features[own], centres, root))
    return np.concatenate(found)


def percentiles(distances: npt.NDArray[np.float64]) -> dict[str, float]:
    """The distances that such shares, in percent, of the pictures lie within."""
    return {f"{share:g}": _share(distances, share) for share in PERCENTILES}


def _share(distances: npt.NDArray[np.float64], share: float) -> float:
    return round(float(np.percentile(distances, share)), 3)


def export(shipped: ShippedGate, file: Path) -> None:
    """ONNX of pictures in any number, lying or standing."""
    blank = torch.zeros(2, len(CHANNELS), SHORT, LONG, dtype=torch.uint8)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter's notes on itself
        program = torch.onnx.export(
            shipped,
            (blank,),
            dynamo=True,
            verbose=False,
            opset_version=OPSET,
            input_names=["pictures"],
            output_names=["kinds", "features", "distance"],
            dynamic_shapes=(
                {
                    0: torch.export.Dim("pictures"),
                    2: torch.export.Dim("height", min=64),
                    3: torch.export.Dim("width", min=64),
                },
            ),
        )
    assert program is not None  # noqa: S101 - None comes back without dynamo only
    program.save(file)
