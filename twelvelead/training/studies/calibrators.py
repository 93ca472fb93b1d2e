"""Calibrations and rules that were not taken, against those that were, nested by patient.

python -m twelvelead.training.studies.calibrators KEY.. --data DIR [--models models]

Fitted on some patients, told of others, in 5 folds, 4 times: temperature scaling (Guo 2017); with a bias
for each class (Alexandari 2020); vector scaling (Guo 2017) and Dirichlet calibration (Kull 2019), both
drawn towards the temperature by an L2 penalty; isotonic regression of each class (Zadrozny & Elkan 2002).
Then thresholds by the mean probability of what is accepted, and by counting what is wrong.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model_registry.registry import read_registry
from twelvelead.datasets.pages import Indices, ending_in_a_sentence
from twelvelead.evaluation.abstaining.conformal import keep_from
from twelvelead.evaluation.calibrate import (
    AIMS,
    FOLDS,
    deal,
    fit_rule,
    fit_temperature,
)
from twelvelead.evaluation.figures import LabelledAnswers
from twelvelead.evaluation.metrics import Matrix, scores, softmax
from twelvelead.inference.decision import Rule
from twelvelead.training.averaged import AveragedPages
from twelvelead.training.plan import Plan

REPEATS = 4
PAGES = (
    98  # that an outsider may have: what ECE do so few answers give that are perfectly calibrated?
)
DRAWS = 400
Calibrator = Callable[[Matrix], Matrix]
Fit = Callable[[Indices, Matrix], Calibrator]


def temperature(targets: Indices, logits: Matrix) -> Calibrator:
    """One number."""
    found = fit_temperature(targets, logits)
    return lambda asked: softmax(asked / found)


def linear(l2: float, *, matrix: bool = False, scale: bool = False) -> Fit:
    """A temperature and a bias for each class; with a factor for each, or a whole matrix, too."""

    def fit(targets: Indices, logits: Matrix) -> Calibrator:
        from scipy.optimize import minimize

        k, rows = logits.shape[1], np.arange(len(targets))

        def apply(wanted: npt.NDArray[np.float64], asked: Matrix) -> Matrix:
            weights = np.exp(wanted[0]) * np.eye(k)
            if scale:
                weights = weights + np.diag(wanted[1 + k : 1 + 2 * k])
            if matrix:
                weights = weights + wanted[1 + k :].reshape(k, k)
            return np.asarray(asked @ weights + wanted[1 : 1 + k])

        def loss(wanted: npt.NDArray[np.float64]) -> float:
            scaled = apply(wanted, logits)
            highest = scaled.max(axis=1)
            total = highest + np.log(np.exp(scaled - highest[:, np.newaxis]).sum(axis=1))
            return float((total - scaled[rows, targets]).mean() + l2 * np.square(wanted[1:]).sum())

        count = 1 + k + k * k if matrix else 1 + 2 * k if scale else 1 + k
        found = minimize(loss, np.zeros(count)).x
        return lambda asked: softmax(apply(found, asked))

    return fit


def isotonic(targets: Indices, logits: Matrix) -> Calibrator:
    """A rising step function for each class, brought to a sum of 1."""
    from sklearn.isotonic import IsotonicRegression

    shares = softmax(logits)
    curves = [
        IsotonicRegression(y_min=1e-3, y_max=1.0, out_of_bounds="clip").fit(row, targets == place)
        for place, row in enumerate(shares.T)
    ]

    def apply(asked: Matrix) -> Matrix:
        rows = softmax(asked).T
        found = np.stack([c.predict(row) for c, row in zip(curves, rows, strict=True)], axis=1)
        return np.asarray(found / found.sum(axis=1, keepdims=True))

    return apply


CALIBRATORS: Mapping[str, Fit] = {
    "temperature": temperature,
    "temperature and bias": linear(0.01),
    "vector": linear(0.01, scale=True),
    "Dirichlet": linear(0.03, matrix=True),
    "isotonic": isotonic,
}


def counted(targets: Indices, probabilities: Matrix, aim: float) -> Rule:
    """What `fit_rule` does not do: the lowest probability from which on the share `aim` was right."""
    keep = keep_from(targets, probabilities)
    alone = Rule(0.5, keep).accepted(probabilities)
    highest = probabilities.max(axis=1)[alone]
    right = (probabilities.argmax(axis=1) == targets)[alone][np.argsort(-highest, kind="stable")]
    enough = np.flatnonzero(right.cumsum() >= aim * np.arange(1, len(right) + 1))
    if not len(enough):
        return Rule(1.0, keep, accepts=False)
    return Rule(float(np.sort(highest)[::-1][enough[-1]]), keep)


def nested(answers: LabelledAnswers, fit: Fit) -> Iterator[Matrix]:
    """Probabilities (n, labels), each by what was fitted on other patients, once for each repeat."""
    for seed in range(REPEATS):
        fold_of = deal(answers.targets, answers.patients, FOLDS, seed)
        shares = np.zeros(answers.logits.shape)
        for fold in range(FOLDS):
            asked = fold_of == fold
            made = fit(answers.targets[~asked], answers.logits[~asked])
            shares[asked] = made(answers.logits[asked])
        yield shares


def compare_calibrators(key: str, answers: LabelledAnswers) -> Iterator[str]:
    """A line for each, with the share that is right and, last, how many of the rarest class are found."""
    rarest = int(np.bincount(answers.targets).argmin())
    for name, fit in CALIBRATORS.items():
        rows = []
        for shares in nested(answers, fit):
            classes = shares.argmax(axis=1)
            found = int(((classes == rarest) & (answers.targets == rarest)).sum())
            told = scores(answers.targets, shares)
            rows.append([*told.values(), float((classes == answers.targets).mean()), found])
        ece, brier, loss, right, found_rare = np.mean(rows, axis=0)
        yield (
            f"| `{key}` | {name} | {ece:.3f} | {brier:.3f} | {loss:.3f} | {right:.3f} | {found_rare:.1f} |"
        )


def compare_rules(key: str, answers: LabelledAnswers) -> Iterator[str]:
    """A line for each aim: accepted, and of those right, by mean probability and by counting."""
    for aim in AIMS:
        cells = []
        for rule_of in (fit_rule, counted):
            accepted, right = _accepted(answers, rule_of, aim)
            cells.append(f"{accepted:.1%} | {right:.2%}")
        yield f"| `{key}` | {aim:.1%} | {' | '.join(cells)} |"


def _accepted(
    answers: LabelledAnswers, fit: Callable[[Indices, Matrix, float], Rule], aim: float
) -> tuple[float, float]:
    counts = np.zeros(2)
    for seed in range(5 * REPEATS):
        fold_of = deal(answers.targets, answers.patients, FOLDS, seed)
        for fold in range(FOLDS):
            asked = fold_of == fold
            scaled = temperature(answers.targets[~asked], answers.logits[~asked])
            rule = fit(answers.targets[~asked], scaled(answers.logits[~asked]), aim)
            shares = scaled(answers.logits[asked])
            taken = rule.accepted(shares)
            right = shares.argmax(axis=1) == answers.targets[asked]
            counts += taken.sum(), (taken & right).sum()
    total = 5 * REPEATS * len(answers.targets)
    return float(counts[0] / total), float(counts[1] / max(1.0, counts[0]))


def perfect_ece(key: str, answers: LabelledAnswers) -> str:
    """What ECE answers have, mean and 95th percentile, whose classes are drawn as they themselves say."""
    rng = np.random.default_rng(0)
    shares = softmax(answers.logits / fit_temperature(answers.targets, answers.logits))
    cells = []
    for count in (PAGES, len(shares)):
        found = []
        for _ in range(DRAWS):
            some = shares[rng.integers(0, len(shares), count)]
            drawn = (some.cumsum(axis=1) < rng.random((count, 1))).sum(axis=1)
            found.append(scores(np.minimum(drawn, shares.shape[1] - 1), some)["ece"])
        cells.append(f"{np.mean(found):.3f} | {np.quantile(found, 0.95):.3f}")
    return f"| `{key}` | {' | '.join(cells)} |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("keys", nargs="+", metavar="KEY")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("models"))
    chosen = parser.parse_args()
    with ending_in_a_sentence():
        registry = read_registry(chosen.models)
        asked_about = {
            key: AveragedPages.read(
                Plan(key, chosen.data, chosen.models, Path()), registry, registry[key]
            ).inside
            for key in chosen.keys
        }
        print(
            "| model | calibration | ECE | Brier | log loss | right | of the rarest class found |"
        )
        print("|---|---|---|---|---|---|---|")
        for name, said in asked_about.items():
            print("\n".join(compare_calibrators(name, said)))
        print("\n| model | asked for | accepted | right | accepted, counting | right, counting |")
        print("|---|---|---|---|---|---|")
        for name, said in asked_about.items():
            print("\n".join(compare_rules(name, said)))
        print(f"\n| model | ECE of {PAGES}, mean | 95 % | ECE of all, mean | 95 % |")
        print("|---|---|---|---|---|")
        for name, said in asked_about.items():
            print(perfect_ece(name, said))
