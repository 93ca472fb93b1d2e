"""What the `twelvelead` command prints: JSON, or lines for people."""

import json
from typing import Any

from ecg.tasks import NOTICE
from model_registry.entry import EnsembleEntry
from model_registry.errors import ModelUnavailable
from model_registry.registry import Registry


def measured(macro_f1: float | None) -> str:
    """A model's figure in words."""
    return "not measured" if macro_f1 is None else f"macro-F1 {macro_f1:.3f}, cross-validated"


def print_predictions(predictions: list[dict[str, Any]]) -> None:
    """Each answer with its shares and reasons, and the notice below."""
    for one in predictions:
        print(
            f"{one['file']}  {one['model']} ({one['runtime']}): {one['label']}, {one['decision']}"
        )
        for label, share in one["probabilities"].items():
            print(f"  {share:6.1%}  {label}")
        for reason in one["reasons"]:
            print(f"  {reason}")
    if predictions:
        print(NOTICE)


def print_figures(figures: dict[str, Any]) -> None:
    """The figures of an evaluation, those of the classes below."""
    for name, value in figures.items():
        if isinstance(value, float):
            print(f"{name:<18} {value:.3f}")
        elif isinstance(value, int | str):
            print(f"{name:<18} {value}")
    for label, row in figures["per_class"].items():
        print(
            f"{label:<22} n {row['n']:<4} recall {row['recall']:.3f} precision {row['precision']:.3f}"
        )
    if figures.get("seen_in_training"):
        print("These pages were trained on: the figures tell memory, not skill. See --out-of-fold.")


def print_json(value: Any) -> None:
    """JSON without NaN, for programs."""
    print(json.dumps(value, indent=1, allow_nan=False))


def describe_entry(registry: Registry, key: str) -> dict[str, Any]:
    """A model as `twelvelead models` tells it, a broken one with its reason."""
    try:
        entry = registry[key]
    except ModelUnavailable as error:
        empty = dict.fromkeys(("title", "framework", "members", "task", "labels", "macro_f1"))
        return {"key": key, "state": "unavailable", "reason": str(error)} | empty
    measured = (entry.metrics or {}).get("cross_validation", {})
    return {
        "key": key,
        "state": "available",
        "reason": None,
        "title": entry.title,
        "framework": entry.framework,
        "members": list(entry.members) if isinstance(entry, EnsembleEntry) else [],
        "task": entry.task.key,
        "labels": list(entry.labels),
        "macro_f1": measured.get("macro_f1"),
    }
