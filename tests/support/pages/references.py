"""References of training pages for tests: simulated pages of one look, looked at once a run."""

from functools import cache

import numpy as np

from ecg.page.fingerprint import projections
from ecg.page.ink import area_ink
from ecg.page.page import read_page
from tests.support.pages.drawn_copies import jpeg, resized, simulated_page
from twelvelead.inference.familiarity.layout import soften
from twelvelead.training.shipping.reference import Looked

COUNT, WIDTH = 15, 4  # pages, features


def page_bytes(seed: int) -> bytes:
    """A page of the look that the references are of; those of the first seeds are training pages."""
    return jpeg(resized(simulated_page(seed), 0.5), 90)


def features_of(seed: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Invented features of a page, near the origin."""
    return np.random.default_rng(seed).normal(size=WIDTH).astype(np.float32)


@cache
def looked() -> Looked:
    """The training pages, each of another patient."""
    pages = [read_page(page_bytes(seed)) for seed in range(COUNT)]
    inks = [area_ink(page) for page in pages]
    return Looked(
        np.stack([soften(ink) for ink in inks]),
        np.concatenate([projections(ink) for ink in inks]),
        np.stack([[features_of(seed), features_of(seed + 50)] for seed in range(COUNT)]),
        np.array([str(seed) for seed in range(COUNT)]),
        tuple(page.sha256 for page in pages),
    )
