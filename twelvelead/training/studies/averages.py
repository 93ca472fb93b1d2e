"""An ensemble's average against others of the same members, nested by patient.

python -m twelvelead.training.studies.averages KEY --data DIR [--models models]

Members count alike, or by weights that give the patients fitted on the least log loss; probabilities are
averaged, or their logarithms. Each has a temperature of its own, fitted on those patients, too.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model_registry.entry import EnsembleEntry
from model_registry.registry import Registry, read_registry
from twelvelead.datasets.pages import DataError, Indices, ending_in_a_sentence
from twelvelead.evaluation.calibrate import FOLDS, deal, fit_temperature
from twelvelead.evaluation.figures import LabelledAnswers
from twelvelead.evaluation.metrics import Matrix, scores, softmax
from twelvelead.inference.answers import in_order
from twelvelead.training.averaged import AveragedPages
from twelvelead.training.plan import Plan

REPEATS = 4
LEAST = 5e-7  # a held-out answer kept as 0.000000 is this at most
HEAD = "| average | weights | ECE | Brier | log loss | right | of the rarest class found |"
Weights = npt.NDArray[np.float64]


def compare_averages(members: Matrix, answers: LabelledAnswers) -> Iterator[str]:
    """A line for each; members: (members, n, labels) probabilities; answers: whose targets those have."""
    rarest = int(np.bincount(answers.targets).argmin())
    for of in ("probabilities", "logarithms"):
        for fitted in (False, True):
            made = _nested(members, answers, of, fitted=fitted)
            rows = [_figures(one, answers.targets, rarest) for one in made]
            ece, brier, loss, right, found = np.mean(rows, axis=0)
            weights = fit_weights(members, answers.targets, of) if fitted else _alike(len(members))
            told = ", ".join(f"{weight:.2f}" for weight in weights)
            yield f"| {of} | {told} | {ece:.3f} | {brier:.3f} | {loss:.3f} | {right:.3f} | {found:.1f} |"


def fit_weights(members: Matrix, targets: Indices, of: str) -> Weights:
    """(members,) that add up to 1 and give the average the least log loss."""
    from scipy.optimize import minimize

    def loss(wanted: Weights) -> float:
        logs = _average(members, softmax(wanted), of)
        return scores(targets, softmax(logs))["log_loss"]

    return softmax(np.asarray(minimize(loss, np.zeros(len(members))).x))


def _average(members: Matrix, weights: Weights, of: str) -> Matrix:
    if of == "logarithms":
        return np.asarray(np.tensordot(weights, np.log(members), 1))
    return np.asarray(np.log(np.tensordot(weights, members, 1)))


def _alike(count: int) -> Weights:
    return np.full(count, 1 / count)


def _nested(
    members: Matrix, answers: LabelledAnswers, of: str, *, fitted: bool
) -> Iterator[Matrix]:
    targets = answers.targets
    for seed in range(REPEATS):
        fold_of = deal(targets, answers.patients, FOLDS, seed)
        shares = np.zeros(members.shape[1:])
        for fold in range(FOLDS):
            asked = fold_of == fold
            known = members[:, ~asked]
            weights = fit_weights(known, targets[~asked], of) if fitted else _alike(len(members))
            temperature = fit_temperature(targets[~asked], _average(known, weights, of))
            shares[asked] = softmax(_average(members[:, asked], weights, of) / temperature)
        yield shares


def _figures(shares: Matrix, targets: Indices, rarest: int) -> list[float]:
    classes = shares.argmax(axis=1)
    found = float(((classes == rarest) & (targets == rarest)).sum())
    return [*scores(targets, shares).values(), float((classes == targets).mean()), found]


def read_members(plan: Plan, registry: Registry) -> tuple[Matrix, LabelledAnswers]:
    """What the members of an ensemble of pages have kept, in its order of labels; and its own answers.

    Raises DataError for what is none.
    """
    entry = registry[plan.key]
    if not isinstance(entry, EnsembleEntry) or entry.task.subject != "page":
        raise DataError(f"'{plan.key}' is no ensemble of models of pages: name one.")
    rows = []
    for network in registry.networks(entry.key):
        said = AveragedPages.read(plan, registry, network).inside
        shares = softmax(said.logits / network.temperature)
        place = {digest: row for row, digest in enumerate(said.records)}
        rows.append((place, in_order(shares, network.labels, entry.labels)))
    answers = AveragedPages.read(plan, registry, entry).inside
    ordered = [shares[[place[digest] for digest in answers.records]] for place, shares in rows]
    return np.clip(np.stack(ordered), LEAST, None), answers


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("key", metavar="KEY")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("models"))
    chosen = parser.parse_args()
    with ending_in_a_sentence():
        wanted = Plan(chosen.key, chosen.data, chosen.models, Path())
        print(f"{HEAD}\n|---|---|---|---|---|---|---|")
        for line in compare_averages(*read_members(wanted, read_registry(chosen.models))):
            print(line)
