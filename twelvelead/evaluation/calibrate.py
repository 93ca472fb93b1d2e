"""How sure a model may be, and which of its answers count: from held-out answers, in one place.

A temperature (Guo et al. 2017), thresholds for what can't be ruled out, and the lowest probability from
which on accepted answers are right as often as promised. All of it is measured nested: fitted on some
patients, told of others.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from twelvelead.datasets.pages import Indices
from twelvelead.evaluation.abstaining.conformal import LEVEL, keep_from, promised, set_figures
from twelvelead.evaluation.abstaining.selective import abstentions
from twelvelead.evaluation.figures import LabelledAnswers
from twelvelead.evaluation.metrics import Matrix, scores, softmax
from twelvelead.inference.decision import Rule

TARGET = 0.97  # of the accepted answers, the share that has to be right for patients not fitted on
AIMS = (
    0.97,
    0.975,
    0.98,
    0.985,
    0.99,
    0.995,
)  # what is asked for where it is fitted, until others reach TARGET
LEAST_SHARE = 0.1  # of the answers: who accepts fewer helps nobody, and nothing is known of so few
LEAST_OF_A_LABEL = 0.9  # of the accepted answers with one label: else that is never accepted
MOST_ECE = 0.04  # of a model that accepts at all, measured nested
FOLDS, REPEATS = 5, 20
NEVER = Rule(1.0, accepts=False)


@dataclass(frozen=True)
class Round:
    """Answers of all patients, each by what was fitted on the others.

    shares: (n, labels) probabilities; kept: (n, labels) what can't be ruled out, all False where some
    class was too rare; accepted: (n,) by the aim that was asked for.
    """

    shares: Matrix
    kept: npt.NDArray[np.bool_]
    accepted: Mapping[float, npt.NDArray[np.bool_]]


def calibrate(answers: LabelledAnswers, temperature: float | None = None) -> dict[str, Any]:
    """`calibration` in metrics.json, fitted on held-out answers; logarithms serve as logits.

    temperature: one that was fitted on yet others, and stays. What is returned under temperature,
    accept_from, keep_from, accepts and never (labels that, accepted, are right too seldom) goes into
    model.toml and is fitted on all answers. All else tells how that does on patients that it was not
    fitted on (20 times in 5 folds): before and after (temperature 1, and fitted), accepted_share,
    accepted_right, sets, three_ways (of the first of the 20). aim: what was asked of the fitted so that
    others reach `accepted_accuracy`; None where no aim did, or where probabilities can't be trusted: such
    a model's answers are never accepted.
    """
    targets, rounds = answers.targets, list(_rounds(answers, temperature))
    after = _mean([scores(targets, one.shares) for one in rounds])
    trusted = after["ece"] <= MOST_ECE
    reached = (aim for aim in AIMS if trusted and _is_reached(targets, rounds, aim))
    aim = next(reached, None)
    temperature = temperature or round(fit_temperature(targets, answers.logits), 3)
    rule = fit_rule(targets, softmax(answers.logits / temperature), aim)
    never = _never(targets, rounds, aim)
    share, right = _accepted(targets, rounds, aim, never)
    return {
        "temperature": temperature,
        "accept_from": rule.accept_from,
        "keep_from": list(rule.keep_from),
        "accepts": rule.accepts,
        "never": [answers.labels[place] for place in never],
        "aim": aim,
        "accepted_accuracy": TARGET,
        "accepted_share": share,
        "accepted_right": right,
        "before": scores(targets, softmax(answers.logits)),
        "after": after,
        "sets": {"level": LEVEL} | _sets(answers, rounds) if rule.keep_from else None,
        "three_ways": abstentions(
            answers.labels,
            targets,
            rounds[0].shares.argmax(axis=1),
            _taken(rounds[0], aim, never),
        ),
    }


def fit_temperature(targets: Indices, logits: Matrix) -> float:
    """The temperature that gives held-out logits, (n, labels), the least log loss."""
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        shares = softmax(logits / np.exp(log_temperature))
        of_truth = shares[np.arange(len(targets)), targets]
        return float(-np.log(np.maximum(of_truth, np.finfo(np.float64).eps)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded").x))


def fit_rule(targets: Indices, probabilities: Matrix, aim: float | None) -> Rule:
    """Which answers count so that of these, (n, labels), the share `aim` should be right; None: none ever.

    Calibrated probabilities tell how many that are: accept_from is the lowest from which on the highest
    probabilities average `aim` among the answers that leave one class only, at least 0.5, rounded down
    to three decimals. To count the few wrong ones instead moves it further with each of them, and what it
    promises others holds less well (docs/calibration.md).
    """
    keep = keep_from(targets, probabilities)
    if aim is None:
        return Rule(NEVER.accept_from, keep, accepts=False)
    alone = Rule(0.5, keep).accepted(probabilities)
    highest = np.sort(probabilities.max(axis=1)[alone])[::-1]
    enough = np.flatnonzero(highest.cumsum() >= aim * np.arange(1, len(highest) + 1))
    if not len(enough):
        return Rule(NEVER.accept_from, keep, accepts=False)
    return Rule(float(np.floor(1000 * highest[enough[-1]]) / 1000), keep)


def deal(targets: Indices, patients: npt.NDArray[np.str_], folds: int, seed: int) -> Indices:
    """(n,) a fold for each answer: a patient's together, and patients of rare classes spread evenly."""
    names, owner = np.unique(patients, return_inverse=True)
    rarity = np.argsort(np.argsort(np.bincount(targets), kind="stable"), kind="stable")
    rarest = np.full(len(names), len(rarity))
    np.minimum.at(rarest, owner, rarity[targets])
    shuffled = np.random.default_rng(seed).permutation(len(names))
    order = shuffled[np.argsort(rarest[shuffled], kind="stable")]
    fold_of = np.empty(len(names), dtype=np.intp)
    fold_of[order] = np.arange(len(names)) % folds
    return fold_of[owner]


def _rounds(answers: LabelledAnswers, temperature: float | None) -> Iterator[Round]:
    """Of a single patient nothing can be told that is not fitted on it, too."""
    folds = min(FOLDS, len(set(answers.patients)))
    for seed in range(REPEATS):
        fold_of = deal(answers.targets, answers.patients, folds, seed)
        yield _round(answers, [fold_of == fold for fold in range(folds)], temperature)


def _round(
    answers: LabelledAnswers, parts: list[npt.NDArray[np.bool_]], known_temperature: float | None
) -> Round:
    targets, logits = answers.targets, answers.logits
    shares, kept = np.zeros(logits.shape), np.zeros(logits.shape, np.bool_)
    accepted = {aim: np.zeros(len(targets), np.bool_) for aim in AIMS}
    for asked in parts:
        fitted = ~asked if len(parts) > 1 else asked
        temperature = known_temperature or fit_temperature(targets[fitted], logits[fitted])
        known, shares[asked] = (softmax(logits[some] / temperature) for some in (fitted, asked))
        for aim in AIMS:
            rule = fit_rule(targets[fitted], known, aim)
            accepted[aim][asked] = rule.accepted(shares[asked])
            kept[asked] = rule.kept(shares[asked])
    return Round(shares, kept, accepted)


def _never(targets: Indices, rounds: list[Round], aim: float | None) -> tuple[int, ...]:
    """Labels that of the accepted answers too few are right of, or that none of them has."""
    if aim is None:
        return ()
    found = []
    for place in range(rounds[0].shares.shape[1]):
        named = [one.accepted[aim] & (one.shares.argmax(axis=1) == place) for one in rounds]
        count = sum(int(some.sum()) for some in named)
        right = sum(int((targets[some] == place).sum()) for some in named)
        if right < LEAST_OF_A_LABEL * count or not count:
            found.append(place)
    return tuple(found)


def _taken(one: Round, aim: float | None, never: tuple[int, ...] = ()) -> npt.NDArray[np.bool_]:
    """(n,) which answers of a round count."""
    if aim is None:
        return np.zeros(len(one.shares), np.bool_)
    return np.asarray(one.accepted[aim] & ~np.isin(one.shares.argmax(axis=1), never))


def _is_reached(targets: Indices, rounds: list[Round], aim: float) -> bool:
    share, right = _accepted(targets, rounds, aim)
    return right is not None and right >= TARGET and share >= LEAST_SHARE


def _accepted(
    targets: Indices, rounds: list[Round], aim: float | None, never: tuple[int, ...] = ()
) -> tuple[float, float | None]:
    """The share of answers that are accepted, and of those the share that is right; None of none."""
    masks = np.stack([_taken(one, aim, never) for one in rounds])
    right = np.stack([one.shares.argmax(axis=1) == targets for one in rounds])
    return float(masks.mean()), float(right[masks].mean()) if masks.any() else None


def _sets(answers: LabelledAnswers, rounds: list[Round]) -> dict[str, Any]:
    """Figures of the sets of all rounds together; n: of one."""
    each = np.concatenate([one.kept for one in rounds])
    told = set_figures(answers.labels, np.tile(answers.targets, len(rounds)), each)
    for row in (told, *told["per_class"].values()):
        row["n"] //= len(rounds)
    for row in told["per_class"].values():
        row["promised"] = promised(row["n"])
    return told


def _mean(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
