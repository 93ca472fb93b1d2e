"""What a model keeps of its training pages beside its weights, to tell what it knows. No page is in it.

`familiarity.npz`: the layout that they share, and where they lie in the gate's feature space.
`training_pages.npz`: the sha256 and the fingerprint of each. Both name the weights that they belong to.
Made by training, and by `python -m twelvelead.training.familiarity --data DIR`.
"""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ecg.page.fingerprint import BITS
from ecg.page.ink import HEIGHT, WIDTH
from twelvelead.inference.familiarity.layout import LEVELS, TILE, SharedLayout
from twelvelead.inference.familiarity.seen import TrainingPages
from twelvelead.inference.familiarity.space import Space

FAMILIARITY, TRAINING_PAGES = "familiarity.npz", "training_pages.npz"
MOST_BYTES = 5_000_000  # of a file: far beyond what is written
Arrays = Mapping[str, Any]


class ReferenceFault(ValueError):
    """A reference that can't be used, with a sentence that tells why."""


@dataclass(frozen=True, eq=False)
class PageReference:
    """Of one network; None for what was not or could not be made."""

    layout: SharedLayout | None = None
    space: Space | None = None
    pages: TrainingPages | None = None


def write_reference(folder: Path, weights: str, reference: PageReference) -> None:
    """Both files, each put in place whole. weights: the sha256 of those that they belong to."""
    layout, space, pages = reference.layout, reference.space, reference.pages
    known: dict[str, Any] = {}
    if layout:
        mean = (layout.mean * LEVELS).round().astype(np.uint8)
        known |= {"mean": mean, "tiles": layout.tiles.astype(np.int16), "least": layout.least}
    if space:
        known |= {"centre": space.centre, "root": space.root, "distances": space.distances}
        known["gate"] = np.array(space.gate)
    _save(folder / FAMILIARITY, weights, known)
    if pages:
        seen = {"digests": pages.digests, "prints": pages.prints, "common": pages.common}
        _save(folder / TRAINING_PAGES, weights, seen)


def read_reference(folder: Path, weights: str) -> PageReference | None:
    """What lies in a model's folder; None where nothing does.

    Raises ReferenceFault for files that are damaged, or belong to other weights.
    """
    known = _load(folder / FAMILIARITY, weights)
    seen = _load(folder / TRAINING_PAGES, weights)
    if known is None and seen is None:
        return None
    try:
        return PageReference(_layout(known or {}), _space(known or {}), _pages(seen or {}))
    except (KeyError, TypeError, ValueError) as error:
        raise ReferenceFault("Its reference of training pages is damaged: make it anew.") from error


def _layout(known: Arrays) -> SharedLayout | None:
    if "mean" not in known:
        return None
    mean, tiles = known["mean"].astype(np.float32) / LEVELS, known["tiles"].astype(np.int64)
    _check(mean.shape == (HEIGHT, WIDTH) and tiles.ndim == 2 and tiles.shape[1] == 2)
    inside = (tiles >= 0).all() and (tiles <= (HEIGHT - TILE, WIDTH - TILE)).all()
    _check(bool(len(tiles) and inside))
    return SharedLayout(mean, tiles, float(known["least"]))


def _space(known: Arrays) -> Space | None:
    if "centre" not in known:
        return None
    centre, root, distances = (
        known[name].astype(np.float32) for name in ("centre", "root", "distances")
    )
    fits = centre.ndim == 1 and root.shape == (len(centre), len(centre))
    _check(fits and distances.ndim == 1 and len(distances) > 0)
    _check(bool(np.isfinite(centre).all() and np.isfinite(root).all()))
    return Space(centre, root, distances, str(known["gate"]))


def _pages(seen: Arrays) -> TrainingPages | None:
    if not seen:
        return None
    digests, prints, common = seen["digests"], seen["prints"], seen["common"]
    _check(digests.dtype == prints.dtype == np.uint8 and len(digests) == len(prints) > 0)
    _check(digests.shape[1:] == (32,) and prints.shape[1:] == (BITS // 8,))
    _check(common.shape == (BITS,))
    return TrainingPages(digests, prints, common.astype(np.float32))


def _check(fits: bool) -> None:
    if not fits:
        raise ValueError


def _save(file: Path, weights: str, arrays: Arrays) -> None:
    part = file.with_name(f"{file.name}.part")
    with part.open("wb") as opened:
        np.savez_compressed(opened, weights=np.array(weights), **arrays)
    part.replace(file)


def _load(file: Path, weights: str) -> Arrays | None:
    if not file.is_file():
        return None
    try:
        if file.stat().st_size > MOST_BYTES:
            raise ReferenceFault(f"{file.name} has more than {MOST_BYTES:,} bytes: make it anew.")
        with np.load(file, allow_pickle=False) as opened:
            arrays = {name: opened[name] for name in opened.files}
        of = str(arrays.pop("weights"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, EOFError) as error:
        if isinstance(error, ReferenceFault):
            raise
        raise ReferenceFault(f"{file.name} can't be read: make it anew.") from error
    if of != weights:
        raise ReferenceFault(f"{file.name} belongs to other weights: make it anew.")
    return arrays
