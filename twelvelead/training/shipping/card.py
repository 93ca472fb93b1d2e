"""Writes a model card (Mitchell 2019) from what was measured; no figure in it is typed by hand."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ecg.tasks import NOTICE
from model_registry.entry import FRAMEWORK_TITLES, EnsembleEntry, Entry, ModelEntry
from model_registry.registry import read_registry
from model_registry.segments import SegmentReading
from twelvelead.evaluation.calibrate import FOLDS, LEAST_OF_A_LABEL, MOST_ECE, REPEATS
from twelvelead.training.card_words import CARD_WORDS, CardWords
from twelvelead.training.recipe import RECIPES

Figures = Mapping[str, Any]

HERE = Path(__file__).parent
FLOOR = {
    "accuracy": 0.845,
    "macro_f1": 0.757,
    "auc": 0.924,
}  # a linear probe, cross-validated alike
FLOOR_NAMES = {"accuracy": "accuracy", "macro_f1": "macro-F1", "auc": "AUC"}
UNTOLD = {"date": "an unknown day", "commit": None, "parameters": 0, "origin": "not told"}
INFARCTION = "myocardial_infarction"
FEW = 100  # pages of a class below which its figures are called little known
NEAR_CHANCE = 0.05  # balanced accuracy above chance that blanked pages may keep


def write_card(entry: Entry, words: CardWords | None = None) -> Path:
    """`README.md` beside `model.toml`, from the entry and its metrics; the file written.

    words: of its recipe; those of the recipe of its key if nothing else is said.
    """
    metrics = entry.metrics or {}
    about = _about_beats(metrics) if entry.task.subject == "beat" else _about_pages(metrics)
    environment = Environment(  # noqa: S701 - Markdown, shown with HTML off
        loader=FileSystemLoader(HERE),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
    )
    environment.filters["interval"] = _interval
    environment.filters["number"] = _number
    averaged = (
        "ensemble_" if isinstance(entry, EnsembleEntry) and entry.task.subject == "beat" else ""
    )
    template = environment.get_template(f"{entry.task.subject}_{averaged}card.md.jinja")
    known = words or CARD_WORDS.get(entry.key, CardWords())
    file = entry.folder / "README.md"
    file.write_text(template.render(**_about(entry, known), **about), encoding="utf-8")
    return file


def _about(entry: Entry, words: CardWords) -> dict[str, Any]:
    metrics = entry.metrics or {}
    common = {
        "entry": entry,
        "notice": NOTICE,
        "words": words,
        "metrics": UNTOLD | dict(metrics),
        "held_out": metrics["cross_validation"],
        "calibration": metrics["calibration"],
        "most_ece": MOST_ECE,
        "least_of_a_label": LEAST_OF_A_LABEL,
        "repeats": REPEATS,
        "folds": FOLDS,
    }
    if isinstance(entry, EnsembleEntry):
        pairs = zip(entry.members, entry.shares, strict=True)
        told = ", ".join(f"`{member}` ({share:.2f})" for member, share in pairs)
        return common | {"members": told, "megabytes": metrics.get("bytes", 0) / 1e6}
    return common | {
        "framework": FRAMEWORK_TITLES[entry.framework],
        "weights": entry.weights.path.name,
        "megabytes": entry.weights.path.stat().st_size / 1e6,
        "sha256": entry.weights.sha256,
        "reads": _reads(entry),
        "recipe": f"{RECIPES.get(entry.key, entry.key).replace('.', '/')}.py",
    }


def _about_beats(metrics: Figures) -> dict[str, Any]:
    from twelvelead.evaluation.text import few_words

    return {
        "few": few_words(metrics["cross_validation"]),
        "inside": metrics.get("inside_training"),
        "by_record": metrics.get("records"),
        "random_split": metrics.get("random_split"),
    }


def _reads(entry: ModelEntry) -> str:
    """What a network is given of a beat, in words."""
    reading = entry.preprocessing
    if not isinstance(reading, SegmentReading):
        height, width = reading.size
        return f"a picture of the beat, {width} x {height} px, drawn by the project"
    if reading.window is None:
        return "the 187-sample row of a beat: 125 Hz, from R on, 0..1"
    window = reading.window
    parts = [f"{window.length} samples at {window.rate:g} Hz around R"]
    if reading.usual:
        parts.append("the recording's median beat")
    if reading.context:
        parts.append(f"{len(reading.context)} numbers on its rhythm and shape")
    return ", ".join(parts)


def _about_pages(metrics: Figures) -> dict[str, Any]:
    held_out = metrics["cross_validation"]
    chance = 1 / len(held_out["labels"])
    return {
        "counts": ", ".join(f"{label} {row['n']}" for label, row in held_out["per_class"].items()),
        "memory": metrics.get("on_training_pages"),
        "copied": metrics.get("copied_split"),
        "shortcuts": metrics.get("shortcuts"),
        "chance": chance,
        "floor": _against_the_floor(held_out),
        "infarction": _infarctions(held_out),
        "blanked": _blanked(metrics.get("shortcuts") or {}, chance),
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


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Writes every card anew, from its metrics.json.")
    parser.add_argument("models", type=Path, help="folder of models")
    for shipped in read_registry(parser.parse_args().models).values():
        print(write_card(shipped))
