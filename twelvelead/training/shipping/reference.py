"""Makes a model's reference of its training pages: their layout, their place among features, their prints.

What says how familiar a page is was measured on pages of held-out patients: patients are dealt into FOLDS,
and each page is compared with what those of the other folds have in common. Among features, a page stands
twice, flat and as a camera, a scanner or a messenger may give it: a model is meant to know both.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.covariance import LedoitWolf
from tqdm import tqdm

from ecg.errors import PageError
from ecg.page.fingerprint import projections
from ecg.page.ink import HEIGHT, WIDTH, Floats, area_ink
from ecg.page.page import Page, read_page
from twelvelead.datasets.pages import Indices
from twelvelead.inference.familiarity.layout import SLACK, SharedLayout, find_layout, soften
from twelvelead.inference.familiarity.reference import PageReference
from twelvelead.inference.familiarity.seen import TrainingPages
from twelvelead.inference.familiarity.space import Features, Space
from twelvelead.inference.gate.finding import Examine, unexamined
from twelvelead.inference.gate.gate import Gate
from twelvelead.inference.gate.network import gate_name
from twelvelead.training.shipping.views import other_view

FOLDS = 5
STRANGEST = 0.005  # share of the training pages that may have less of their layout, held out
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Looked:
    """n training pages, looked at.

    soft: float32 (n, HEIGHT, WIDTH), their ink. projected: float32 (n, BITS). features: float32 (n, 2, k)
    of the gate, of each page and of it seen otherwise, k = 0 where nothing examined them. patients: (n,)
    whose they are. sha256: of their files. gate: names the gate.
    """

    soft: Floats
    projected: Floats
    features: Features
    patients: npt.NDArray[np.str_]
    sha256: tuple[str, ...]
    gate: str = ""

    def of(self, some: Indices) -> "Looked":
        """Those pages alone."""
        digests = tuple(self.sha256[index] for index in some)
        return replace(
            self,
            soft=self.soft[some],
            projected=self.projected[some],
            features=self.features[some],
            patients=self.patients[some],
            sha256=digests,
        )


def look_at(
    files: Sequence[Path], patients: npt.NDArray[np.str_], examine: Examine = unexamined
) -> Looked:
    """Reads pages. examine: what gives their features. Raises PageError."""
    soft = np.zeros((len(files), HEIGHT, WIDTH), np.float32)
    projected, features, digests = [], [], []
    for number, file in enumerate(tqdm(files, desc="looking at training pages", unit="page")):
        data = file.read_bytes()
        page = read_page(data)
        ink = area_ink(page)
        soft[number] = soften(ink)
        projected.append(projections(ink)[0])
        features.append(_features(page, partial(other_view, data, number), examine))
        digests.append(page.sha256)
    gate = gate_name() if isinstance(examine, Gate) else ""
    seen = np.stack(projected), np.stack(features)
    return Looked(soft, *seen, patients, tuple(digests), gate)


def _features(page: Page, seen_otherwise: Callable[[], bytes], examine: Examine) -> Features:
    """(2, k), of a page and of it seen otherwise; the page's twice where that can't be read."""
    flat = examine(page).features
    if not flat.size:
        return np.stack([flat, flat])
    try:
        other = examine(read_page(seen_otherwise())).features
    except PageError:
        other = flat
    return np.stack([flat, other])


def make_reference(pages: Looked) -> PageReference:
    """The reference of a model that was trained on these pages."""
    return PageReference(
        fit_layout(pages), fit_space(pages), TrainingPages.of(list(pages.sha256), pages.projected)
    )


def fit_layout(pages: Looked) -> SharedLayout | None:
    """What they share, and how far a page must have it; None where they share too little."""
    layout = find_layout(pages.soft) if _apart(pages) else None
    if layout is None:
        return None
    scores = held_out_layouts(pages)
    if not np.isfinite(scores).all():
        return None
    least = float(np.quantile(scores, STRANGEST)) - SLACK
    return SharedLayout(layout.mean, layout.tiles, least)


def _apart(pages: Looked) -> bool:
    """Whether some patients can be held out from others."""
    return len(np.unique(pages.patients)) > 1


def held_out_layouts(pages: Looked) -> Scores:
    """(n,) how far each page has the layout of the pages of other patients; NaN where these have none."""

    def fit(train: Looked) -> Callable[[Looked], Scores]:
        layout = find_layout(train.soft)
        if layout is None:
            return lambda test: np.full(len(test.sha256), np.nan)
        return lambda test: np.array([layout.score(one) for one in test.soft])

    return _held_out(pages, fit)


def fit_space(pages: Looked) -> Space | None:
    """Where they lie; None where nothing told their features."""
    if not pages.features.shape[2] or not _apart(pages):
        return None
    centre, root = _spread(pages.features)
    distances = held_out_distances(pages)
    return Space(centre, root, np.sort(distances).astype(np.float32), pages.gate)


def held_out_distances(pages: Looked) -> Scores:
    """(2 n,) how far each page, and it seen otherwise, lies from those of other patients."""

    def fit(train: Looked) -> Callable[[Looked], Scores]:
        space = Space(*_spread(train.features), np.zeros(1, np.float32))
        return lambda test: np.array(
            [[space.distance(one) for one in page] for page in test.features]
        )

    return _held_out(pages, fit).ravel()


def deal(patients: npt.NDArray[np.str_]) -> npt.NDArray[np.int64]:
    """(n,) the fold of each page: all of a patient's are in one."""
    return np.asarray(np.unique(patients, return_inverse=True)[1] % FOLDS)


def _held_out(pages: Looked, fit: Callable[[Looked], Callable[[Looked], Scores]]) -> Scores:
    folds = deal(pages.patients)
    found: list[tuple[Indices, Scores]] = []
    for fold in np.unique(folds):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        found.append((test, fit(pages.of(train))(pages.of(test))))
    order = np.concatenate([test for test, _ in found]).argsort()
    return np.concatenate([scores for _, scores in found])[order]


def _spread(features: Features) -> tuple[Features, Features]:
    """The mean, and a root of the precision.

    The covariance is drawn towards a multiple of the identity: Ledoit and Wolf, "A well-conditioned
    estimator for large-dimensional covariance matrices", J. Multivariate Analysis 88, 2004.
    """
    found = LedoitWolf().fit(features.reshape(-1, features.shape[-1]).astype(np.float64))
    values, vectors = np.linalg.eigh(found.covariance_)
    root = vectors / np.sqrt(np.maximum(values, 1e-9 * max(values.max(), 1e-9)))
    return found.location_.astype(np.float32), root.astype(np.float32)
