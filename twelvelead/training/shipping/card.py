"""Writes a model card (Mitchell 2019) from what was measured; no figure in it is typed by hand."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from ecg.tasks import NOTICE
from model_registry.entry import FRAMEWORK_TITLES, EnsembleEntry, Entry
from model_registry.registry import read_registry
from twelvelead.training.recipe import schedule_of

Figures = Mapping[str, Any]

TEMPLATE = Path(__file__).with_name("card.md.jinja")
FLOOR = {
    "accuracy": 0.845,
    "macro_f1": 0.757,
    "auc": 0.924,
}  # a linear probe, cross-validated alike
FLOOR_NAMES = {"accuracy": "accuracy", "macro_f1": "macro-F1", "auc": "AUC"}
INFARCTION = "myocardial_infarction"
FEW = 100  # pages of a class below which its figures are called little known
NEAR_CHANCE = 0.05  # balanced accuracy above chance that blanked pages may keep


def write_card(entry: Entry) -> Path:
    """`README.md` beside `model.toml`, from the entry and its metrics; the file written."""
    metrics = entry.metrics or {}
    file = entry.folder / "README.md"
    environment = Environment(  # noqa: S701 - Markdown, shown with HTML off
        undefined=StrictUndefined, keep_trailing_newline=True
    )
    environment.filters["interval"] = _interval
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    file.write_text(
        template.render(**_about(entry), **_measured(metrics), **_sentences(metrics)),
        encoding="utf-8",
    )
    return file


def _about(entry: Entry) -> dict[str, Any]:
    metrics = entry.metrics or {}
    ensemble = isinstance(entry, EnsembleEntry)
    common = {
        "title": entry.title,
        "notice": NOTICE,
        "key": entry.key,
        "labels": ", ".join(f"`{label}`" for label in entry.labels),
        "ensemble": ensemble,
        "date": metrics.get("date", "an unknown day"),
        "commit": metrics.get("commit"),
        "parameters": metrics.get("parameters", 0),
        "origin": metrics.get("origin", "not told"),
    }
    if isinstance(entry, EnsembleEntry):
        pairs = zip(entry.members, entry.shares, strict=True)
        told = ", ".join(f"`{member}` ({share:.2f})" for member, share in pairs)
        size = {"megabytes": metrics.get("bytes", 0) / 1e6}
        return common | size | {"average": entry.average, "members": told}
    return common | {
        "framework": FRAMEWORK_TITLES[entry.framework],
        "architecture": entry.architecture,
        "weights": entry.weights.path.name,
        "megabytes": entry.weights.path.stat().st_size / 1e6,
        "sha256": entry.weights.sha256,
        "schedule": schedule_of(entry.key),
    }


def _measured(metrics: Figures) -> dict[str, Any]:
    held_out, calibration = metrics["cross_validation"], metrics["calibration"]
    right = calibration["accepted_right"]
    return {
        "held_out": held_out,
        "counts": ", ".join(f"{label} {row['n']}" for label, row in held_out["per_class"].items()),
        "calibration": calibration,
        "accepted_right": "none" if right is None else f"{right:.1%}",
        "memory": metrics.get("on_training_pages"),
        "copied": metrics.get("copied_split"),
        "shortcuts": metrics.get("shortcuts"),
        "chance": 1 / len(held_out["labels"]),
    }


def _sentences(metrics: Figures) -> dict[str, str]:
    held_out = metrics["cross_validation"]
    return {
        "floor": _against_the_floor(held_out),
        "infarction": _infarctions(held_out),
        "blanked": _blanked(metrics.get("shortcuts") or {}, 1 / len(held_out["labels"])),
    }


def _against_the_floor(held_out: Figures) -> str:
    floor = ", ".join(f"{FLOOR_NAMES[name]} {value}" for name, value in FLOOR.items())
    probe = f"a linear probe on a frozen ImageNet network ({floor}, cross-validated alike)"
    missed = [FLOOR_NAMES[name] for name, value in FLOOR.items() if held_out[name] <= value]
    if missed:
        return f"It does NOT beat {probe} in {' and '.join(missed)}."
    return f"It beats {probe}."


def _infarctions(held_out: Figures) -> str:
    row = held_out["per_class"].get(INFARCTION)
    if row is None:
        return ""
    found = round(row["recall"] * row["n"])
    few = f" {row['n']} pages are few." if row["n"] < FEW else ""
    return (
        f"Of {row['n']} pages with myocardial infarction it found {found} when held out "
        f"(recall {row['recall']:.3f}, 95 % {_interval(row['recall_interval'])}).{few}"
    )


def _blanked(shortcuts: Figures, chance: float) -> str:
    row = shortcuts.get("traces blanked")
    if row is None:
        return ""
    told = f"a balanced accuracy of {row['balanced_accuracy']:.3f} against {chance:.3f} by chance"
    if row["balanced_accuracy"] > chance + NEAR_CHANCE:
        return f"Without its traces a page still gives {told}: something beside them is read."
    return f"Without its traces a page gives {told}: nothing beside them is read."


def _interval(pair: list[float] | None) -> str:
    return "-" if pair is None else f"{pair[0]:.3f} - {pair[1]:.3f}"


if (
    __name__ == "__main__"
):  # python -m twelvelead.training.shipping.card models: every card anew, from its metrics.json
    for shipped in read_registry(Path(sys.argv[1])).values():
        print(write_card(shipped))
