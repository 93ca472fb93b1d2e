"""From which probability on a class can't be ruled out: conformal sets by class.

V. Vovk, A. Gammerman and G. Shafer, "Algorithmic Learning in a Random World", 2005 (Mondrian, that is by
class); M. Sadinle, J. Lei and L. Wasserman, "Least ambiguous set-valued classifiers with bounded error
levels", JASA 2019 (the score 1 - p of the true class).
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from twelvelead.datasets.pages import Indices
from twelvelead.evaluation.metrics import Matrix

LEVEL = 0.9  # of the answers about things of a class, the share whose set holds that class
DECIMALS = 6  # of a threshold, always rounded down: a set never gets smaller by it
Kept = npt.NDArray[np.bool_]


def keep_from(targets: Indices, probabilities: Matrix, level: float = LEVEL) -> tuple[float, ...]:
    """(labels,) thresholds from held-out answers: a class whose probability reaches its own stays in.

    Of the n answers about things of a class, ordered by its probability, that is the one at place
    ceil((n + 1) level) from the top: a further one, exchangeable with these, reaches it with a chance
    of `level` or more. Empty where a class has too few answers for that, fewer than level / (1 - level).
    """
    found = []
    for place in range(probabilities.shape[1]):
        own = np.sort(probabilities[targets == place, place])[::-1]
        rank = _rank(len(own), level)
        if rank > len(own):
            return ()
        found.append(math.floor(own[rank - 1] * 10**DECIMALS + 1e-6) / 10**DECIMALS)
    return tuple(found)


def promised(count: int, level: float = LEVEL) -> list[float] | None:
    """Between which shares, 5 % to 95 %, the true coverage of a threshold from so many answers lies.

    It varies with these as a Beta distribution does (V. Vovk, "Conditional validity of inductive
    conformal predictors", 2012). None of too few.
    """
    from scipy.stats import beta

    rank = _rank(count, level)
    if rank > count:
        return None
    return [float(v) for v in beta.ppf((0.05, 0.95), rank, count + 1 - rank)]


def _rank(count: int, level: float) -> int:
    return math.ceil((count + 1) * level - 1e-9)  # 0.9 is no binary fraction


def set_figures(labels: tuple[str, ...], targets: Indices, kept: Kept) -> dict[str, Any]:
    """How often sets hold the truth, and how large they are: in all, and of the things of each class.

    kept: (n, labels) which classes each set holds. single: the share of sets of one class. promised:
    see there.
    """
    holds, sizes = kept[np.arange(len(targets)), targets], kept.sum(axis=1)

    def told(some: npt.NDArray[np.bool_]) -> dict[str, Any]:
        return {
            "n": int(some.sum()),
            "coverage": float(holds[some].mean()) if some.any() else None,
            "size": float(sizes[some].mean()) if some.any() else None,
            "single": float((sizes[some] == 1).mean()) if some.any() else None,
        }

    per_class = {}
    for place, label in enumerate(labels):
        row = told(targets == place)
        per_class[label] = row | {"promised": promised(row["n"])}
    return told(np.ones(len(targets), dtype=np.bool_)) | {"per_class": per_class}
