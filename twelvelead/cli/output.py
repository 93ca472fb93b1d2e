"""What the `twelvelead` command prints: JSON, or lines for people."""

import json
from typing import Any

from model_registry.entry import EnsembleEntry
from model_registry.errors import ModelUnavailable
from model_registry.registry import Registry

READS = {  # what a model is given, in words
    ("page",): "ECG pages",
    ("beat_picture",): "pictures of a beat, and signals",
    ("segment",): "signals",
    ("beat_picture", "segment"): "signals",
}


class CommandError(Exception):
    """Something to tell in one sentence before leaving with status 1."""


def print_models(rows: list[dict[str, Any]]) -> None:
    """Some lines a model: what it is, what it reads, how good it is or why it can't be used."""
    for row in rows:
        print(f"{row['key']:<16} {row['framework'] or '-':<8} {row['title'] or ''}")
        if row["members"]:
            print(f"{'':<16} average of {', '.join(row['members'])}")
        if row["reads"]:
            print(f"{'':<16} reads {READS[tuple(row['reads'])]}")
        for line in (row["reason"] or measured(row["macro_f1"]), *row["notes"]):
            print(f"{'':<16} {line}")


def measured(macro_f1: float | None) -> str:
    """A model's figure in words."""
    return "not measured" if macro_f1 is None else f"macro-F1 {macro_f1:.3f}, held out"


def print_predictions(predictions: list[dict[str, Any]]) -> None:
    """Each answer with its shares and reasons."""
    for one in predictions:
        said = one["decision"] if one["label"] is None else f"{one['label']}, {one['decision']}"
        print(f"{one['file']}  {one['model']} ({one['runtime']}): {said}")
        for label, share in one["probabilities"].items():
            print(f"  {share:6.1%}  {label}")
        for reason in one["reasons"]:
            print(f"  {reason}")


def print_signal(one: dict[str, Any]) -> None:
    """A recording's beats and heart rate, the notes on its reading, a row for each model."""
    signal, rate = one["signal"], one["heart_rate"]
    print(f"{one['file']}  {signal['lead']}, {signal['rate']:g} Hz, {_clock(signal['seconds'])}")
    beating = f", {rate['median']:.0f} a minute" if rate else ""
    print(f"  {one['beats']:,} beats{beating}")
    for note in signal["notes"]:
        print(f"  {note}")
    for model in one["predictions"]:
        counts = ", ".join(f"{label} {count:,}" for label, count in model["counts"].items())
        unsure = sum(beat["decision"] == "uncertain" for beat in model["beats"])
        print(f"  {model['model']} ({model['runtime']}): {counts}; {unsure:,} of them uncertain")


def _clock(seconds: float) -> str:
    """Hours, minutes and seconds, as in 0:30:05."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


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
        empty = dict.fromkeys(
            ("title", "framework", "members", "task", "reads", "labels", "macro_f1")
        )
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
        "reads": sorted({network.reads for network in registry.networks(key)}),
        "labels": list(entry.labels),
        "macro_f1": measured.get("macro_f1"),
    }
