"""Figures and cards of shipped models anew, nothing trained.

python -m twelvelead.training.studies.refresh KEY.. --data DIR [--recalibrate]

With --recalibrate, calibration and decisions are fitted anew on the held-out answers that were kept, name
an ensemble after its members then.
"""

import argparse
from pathlib import Path
from typing import Any

from model_registry.entry import ModelEntry
from model_registry.registry import read_registry
from twelvelead.datasets.pages import ending_in_a_sentence
from twelvelead.evaluation.evaluate import evaluate_out_of_fold
from twelvelead.training.plan import Plan
from twelvelead.training.recalibrate import recalibrate
from twelvelead.training.shipping.card import write_card
from twelvelead.training.shipping.ship import write_metrics

NOT_KEPT = ("model", "abstentions")  # by thresholds that were fitted on these very answers


def refresh(plan: Plan, commit: str = "") -> dict[str, Any]:
    """The figures and the card of a shipped model anew, from its held-out answers; nothing trained.

    commit: whose recipe made it, where it was trained outside a checkout.
    """
    entry = read_registry(plan.models)[plan.key]
    metrics = dict(entry.metrics or {})
    figures = evaluate_out_of_fold(entry, plan.data)
    kept = {name: metrics["cross_validation"][name] for name in ("folds", "split_sha256")}
    metrics["cross_validation"] = {n: v for n, v in figures.items() if n not in NOT_KEPT} | kept
    if commit:
        metrics["commit"] = commit
    if isinstance(entry, ModelEntry):
        metrics["bytes"] = entry.weights.path.stat().st_size
    write_metrics(entry.folder, metrics)
    write_card(read_registry(plan.models)[plan.key])
    return metrics


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("keys", nargs="+", metavar="KEY")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument(
        "--commit", default="", help="of the recipe, where it was trained outside git"
    )
    parser.add_argument("--recalibrate", action="store_true", help="fit the decisions anew")
    chosen = parser.parse_args()
    with ending_in_a_sentence():
        for key in chosen.keys:
            plan = Plan(key, chosen.data, chosen.models, Path())
            if chosen.recalibrate:
                recalibrate(plan)
            refresh(plan, chosen.commit)
            print(chosen.models / key / "README.md")
