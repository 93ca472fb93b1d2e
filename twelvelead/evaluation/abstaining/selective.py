"""What abstaining buys and costs: the risk-coverage curve, and abstentions told in three ways."""

from typing import Any

import numpy as np
import numpy.typing as npt

from twelvelead.datasets.pages import Indices
from twelvelead.evaluation.metrics import Matrix, wilson

COVERAGES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
DECIMALS = 5
Mask = npt.NDArray[np.bool_]


def risk_coverage(targets: Indices, probabilities: Matrix) -> dict[str, Any]:
    """The share of wrong answers among the surest ones, as more are taken (El-Yaniv & Wiener 2010).

    aurc: its mean over all coverages (Geifman, Uziel & El-Yaniv 2019), 0 at best; equal probabilities
    are taken together, so their order means nothing. table: at some coverages, the lowest of at least
    so many answers: coverage, from (the lowest probability taken), n, risk.
    """
    highest, wrong = probabilities.max(axis=1), probabilities.argmax(axis=1) != targets
    levels, place = np.unique(-highest, return_inverse=True)
    taken = np.bincount(place).cumsum()
    risks = np.bincount(place, wrong).cumsum() / taken
    weights = np.diff(taken, prepend=0) / len(targets)
    rows = []
    for coverage in COVERAGES:
        at = int(np.searchsorted(taken, coverage * len(targets) - 1e-9))
        rows.append(
            {
                "coverage": round(float(taken[at] / len(targets)), DECIMALS),
                "from": round(float(-levels[at]), DECIMALS),
                "n": int(taken[at]),
                "risk": round(float(risks[at]), DECIMALS),
            }
        )
    return {"aurc": float((weights * risks).sum()), "table": rows}


def abstentions(
    labels: tuple[str, ...], targets: Indices, classes: Indices, accepted: Mask
) -> dict[str, Any]:
    """Answers of which only some count, (n,) each, told in three ways.

    left_out: of the accepted ones, how many are right. as_wrong: of all. intention_to_diagnose: for each
    class against the others a table of three rows, named so, uncertain, named otherwise, in which an
    uncertain answer counts against sensitivity and against specificity (Schuetz et al., "Use of 3 x 2
    tables with an intention to diagnose approach", BMJ 2012). Intervals are Wilson's, 95 %.
    """
    right = int((accepted & (classes == targets)).sum())
    count, total = int(accepted.sum()), len(targets)
    return {
        "n": total,
        "accepted": count,
        "left_out": _share(right, count),
        "as_wrong": _share(right, total),
        "intention_to_diagnose": {
            label: _three_by_two(targets == place, classes == place, accepted)
            for place, label in enumerate(labels)
        },
    }


def _three_by_two(truly: Mask, named: Mask, accepted: Mask) -> dict[str, Any]:
    """Each row as [of the class, of others]."""
    rows = {
        "named": named & accepted,
        "uncertain": ~accepted,
        "named_otherwise": ~named & accepted,
    }
    table = {
        name: [int((row & truly).sum()), int((row & ~truly).sum())] for name, row in rows.items()
    }
    return table | {
        "sensitivity": _share(table["named"][0], int(truly.sum())),
        "specificity": _share(table["named_otherwise"][1], int((~truly).sum())),
    }


def _share(right: int, count: int) -> dict[str, Any]:
    return {
        "right": right,
        "of": count,
        "share": right / count if count else None,
        "interval": wilson(right, count),
    }
