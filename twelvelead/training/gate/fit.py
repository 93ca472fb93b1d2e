"""Fitting the gate's network: pictures drawn evenly over kinds and sources, each time another variant."""

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from tqdm import tqdm

from twelvelead.inference.gate.channels import Channels
from twelvelead.inference.gate.kinds import KINDS
from twelvelead.training.gate.network import GateNetwork
from twelvelead.training.gate.pictures import Pictures
from twelvelead.training.gate.variants import LOOSE, STRICT, vary

SHARES = {"page": 0.33, "strip": 0.12, "beat": 0.05, "empty": 0.1, "none": 0.4}
AHEAD = 4  # batches that are made while the network learns


@dataclass(frozen=True)
class GateCourse:
    """How long and how fast. pictures: variants seen in all. source_weight: of the second head."""

    pictures: int = 30_000
    batch: int = 32
    rate: float = 3e-3
    decay: float = 1e-4
    source_weight: float = 0.3
    seed: int = 0


@dataclass(frozen=True)
class Lot:
    """A batch: uint8 (n, 4, height, width), and what each shows and is from, int64 (n,)."""

    pictures: Channels
    kinds: npt.NDArray[np.int64]
    sources: npt.NDArray[np.int64]


def fit(
    pictures: Pictures, course: GateCourse, work: Path, begun: Path | None = None
) -> GateNetwork:
    """A network that has seen so many variants; what it was every 200 batches lies in `work`.

    begun: the weights of an earlier run to go on from; what tells sources apart begins anew.
    """
    torch.manual_seed(course.seed)
    network = GateNetwork(len(pictures.sources))
    if begun:
        earlier = torch.load(begun, weights_only=True)
        shared = {name: one for name, one in earlier.items() if not name.startswith("source.")}
        network.load_state_dict(shared, strict=False)
    steps = course.pictures // course.batch
    optimiser = torch.optim.AdamW(network.parameters(), course.rate, weight_decay=course.decay)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, course.rate, steps, pct_start=0.15)
    shown = tqdm(_ahead(lots(pictures, course), steps), total=steps, mininterval=20)
    for step, lot in enumerate(shown):
        loss = _loss(network, lot, course)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        plan.step()
        if step % 50 == 0:
            shown.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
        if step % 200 == 199:
            torch.save(network.state_dict(), work / "checkpoint.pt")
    network.eval()
    return network


def lots(pictures: Pictures, course: GateCourse) -> Iterator[Lot]:
    """Batches without end, each of lying or of standing pictures."""
    chance = np.random.default_rng(course.seed)
    shares = drawn_shares(pictures)
    waiting: dict[tuple[int, ...], list[tuple[Channels, int]]] = {}
    while True:
        for number in chance.choice(len(pictures), course.batch, p=shares):
            kind = KINDS[pictures.kinds[number]]
            freedom = LOOSE if kind in ("none", "empty") else STRICT
            seen = vary(pictures.rgb(number), chance, freedom)
            held = waiting.setdefault(seen.shape, [])
            held.append((seen, int(number)))
            if len(held) == course.batch:
                yield _lot(pictures, held)
                held.clear()


def _lot(pictures: Pictures, held: list[tuple[Channels, int]]) -> Lot:
    chosen = [number for _, number in held]
    kinds, sources = np.asarray(pictures.kinds), np.asarray(pictures.source)
    return Lot(np.stack([seen for seen, _ in held]), kinds[chosen], sources[chosen])


def drawn_shares(pictures: Pictures) -> npt.NDArray[np.float64]:
    """How often each picture is drawn: kinds by SHARES, sources by the root of their size."""
    kinds, sources = np.asarray(pictures.kinds), np.asarray(pictures.source)
    sizes = np.bincount(sources, minlength=len(pictures.sources))
    weights = 1 / np.sqrt(sizes[sources])
    for place, kind in enumerate(KINDS):
        some = kinds == place
        if some.any():
            weights[some] *= SHARES[kind] / weights[some].sum()
    return np.asarray(weights / weights.sum())


def _loss(network: GateNetwork, lot: Lot, course: GateCourse) -> torch.Tensor:
    pictures = torch.from_numpy(lot.pictures).contiguous(memory_format=torch.channels_last)
    kinds, sources = network.both(pictures)
    losses = nn.functional.cross_entropy(kinds, torch.from_numpy(lot.kinds), label_smoothing=0.02)
    of_sources = nn.functional.cross_entropy(sources, torch.from_numpy(lot.sources))
    return losses + course.source_weight * of_sources


def _ahead(lots: Iterator[Lot], steps: int) -> Iterator[Lot]:
    """The first batches, made in a thread of their own."""
    ready: queue.Queue[Lot | None] = queue.Queue(AHEAD)

    def make() -> None:
        for lot in islice(lots, steps):
            ready.put(lot)
        ready.put(None)

    threading.Thread(target=make, name="variants", daemon=True).start()
    while (lot := ready.get()) is not None:
        yield lot
