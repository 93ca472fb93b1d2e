"""What one verdict of several models is worth, by their held-out answers.

python -m twelvelead.training.studies.verdicts --data DIR

Each page is answered by networks that had not seen its patient, as `out_of_fold.csv` holds it, and the
verdict is taken of those answers as the server takes it. Nothing is trained or run.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ecg.tasks import CARDIAC_PAGE_4
from model_registry.registry import Registry, read_registry
from twelvelead.datasets.pages import DataError, ending_in_a_sentence, list_pages
from twelvelead.evaluation.evaluate import held_out_pages, read_out_of_fold
from twelvelead.evaluation.metrics import Matrix
from twelvelead.inference.decision import Rule
from twelvelead.inference.prediction import Prediction
from twelvelead.inference.verdict.judge import DISAGREEMENT, judge
from twelvelead.inference.verdict.verdict import Verdict

Answered = Mapping[str, Mapping[str, Matrix]]  # a model's held-out answers by the page's sha256
Count = Mapping[str, int]


def count_verdicts(models: Path, data: Path) -> dict[str, Count]:
    """By who was asked (each model of pages alone, all together, all but the consensus): counts.

    pages; accepted, of them right; disputed, since models that matter contradict each other; and "beside
    a weak dissent", verdicts that were accepted all the same. Raises DataError without answers.
    """
    registry = read_registry(models)
    answered, truth = _read(registry, data)
    several = {"all": list(answered), "all but the consensus": _without(registry, answered)}
    asked = {key: [key] for key in answered} | several
    found: dict[str, Count] = {}
    for name, keys in asked.items():
        verdicts = [_verdict(registry, answered, keys, page) for page in truth]
        found[name] = _count(verdicts, list(truth.values()))
    return found


def _read(registry: Registry, data: Path) -> tuple[Answered, dict[str, str]]:
    keys = [key for key in registry if registry[key].task == CARDIAC_PAGE_4]
    answered = {key: known for key in keys if (known := read_out_of_fold(registry[key]))}
    if not answered:
        raise DataError("No model of pages kept its held-out answers: train one here first.")
    labels = tuple(CARDIAC_PAGE_4.labels)
    pages = held_out_pages(next(iter(answered.values())), list_pages(data, labels)[1])
    truth = dict(zip(pages.sha256, (labels[target] for target in pages.targets), strict=True))
    common = set.intersection(*(set(known) for known in answered.values()))
    return answered, {page: label for page, label in truth.items() if page in common}


def _without(registry: Registry, answered: Answered) -> list[str]:
    return [key for key in answered if registry[key].framework != "ensemble"]


def _verdict(registry: Registry, answered: Answered, keys: Sequence[str], page: str) -> Verdict:
    found = judge(registry, [_said(registry, key, answered[key][page]) for key in keys])
    assert found is not None  # noqa: S101 - none refused
    return found


def _said(registry: Registry, key: str, shares: Matrix) -> Prediction:
    entry = registry[key]
    return Prediction(
        model=key,
        framework=entry.framework,
        labels=entry.labels,
        rule=Rule.of(entry),
        model_sha256="",
        runtime="held out",
        probabilities=shares[np.newaxis],
    )


def _count(verdicts: Sequence[Verdict], truth: Sequence[str]) -> Count:
    accepted = [
        (one, label)
        for one, label in zip(verdicts, truth, strict=True)
        if one.decision == "accepted"
    ]
    return {
        "pages": len(verdicts),
        "accepted": len(accepted),
        "right": sum(one.label == label for one, label in accepted),
        "disputed": sum(
            DISAGREEMENT in [reason.code for reason in one.reasons] for one in verdicts
        ),
        "beside a weak dissent": sum(bool(one.dissents) for one, _ in accepted),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("models"))
    chosen = parser.parse_args()
    with ending_in_a_sentence():
        for name, count in count_verdicts(chosen.models, chosen.data).items():
            told = ", ".join(f"{word} {many}" for word, many in count.items())
            share = count["right"] / max(1, count["accepted"])
            print(f"{name}: {told}, right of those accepted {share:.3f}")
