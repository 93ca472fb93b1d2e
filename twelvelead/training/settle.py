"""What records that were kept aside settle: a bias for each class, which a network then has for good.

Folds would take as long again for each fold as the training itself, so some records are kept instead: a
bias for each class and the temperature are fitted to the answers to these (A. Alexandari, A. Kundaje and
A. Shrikumar, "Maximum likelihood with bias-corrected calibration is hard-to-beat at label shift
adaptation", ICML 2020), then the threshold is chosen.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from twelvelead.datasets.pages import Indices
from twelvelead.evaluation.figures import LabelledAnswers
from twelvelead.evaluation.metrics import Matrix

PULL = 1e-3  # towards no bias: a class that the held-out records lack keeps a finite one
Floats = npt.NDArray[np.float64]


def fit_bias(targets: Indices, logits: Matrix) -> Floats:
    """(labels,) to add to logits (n, labels) for the least log loss at the best temperature.

    That of the first label is 0.
    """
    from scipy.optimize import minimize

    labels = logits.shape[1]

    def loss(wanted: Floats) -> float:
        bias = np.concatenate([[0.0], wanted[1:]])
        scaled = logits * np.exp(wanted[0]) + bias
        highest = scaled.max(axis=1)
        total = highest + np.log(np.exp(scaled - highest[:, None]).sum(axis=1))
        chosen = scaled[np.arange(len(targets)), targets]
        return float((total - chosen).mean() + PULL * np.square(bias).sum())

    found = minimize(loss, np.zeros(labels)).x
    return np.asarray(np.concatenate([[0.0], found[1:]]) / np.exp(found[0]))


def settle(network: Any, inside: LabelledAnswers) -> LabelledAnswers:
    """Adds the bias that the held-out answers ask for to a network, for good; those answers then."""
    bias = fit_bias(inside.targets, inside.logits)
    network.shift(bias)
    return replace(inside, logits=inside.logits + bias)
