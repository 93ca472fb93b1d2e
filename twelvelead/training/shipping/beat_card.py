"""Writes the card of a beat model from what was measured; no figure in it is typed by hand."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from ecg.tasks import NOTICE
from model_registry.entry import FRAMEWORK_TITLES, Entry, ModelEntry
from model_registry.segments import SegmentReading
from twelvelead.evaluation.beat_text import few_words
from twelvelead.training.beat_recipe import find_beat_recipe

TEMPLATE = Path(__file__).with_name("beat_card.md.jinja")


def write_beat_card(entry: Entry) -> Path:
    """`README.md` beside `model.toml`, from the entry and its metrics; the file written."""
    metrics = entry.metrics or {}
    environment = Environment(  # noqa: S701 - Markdown, shown with HTML off
        undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True
    )
    environment.filters["interval"] = _interval
    environment.filters["number"] = _number
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    held_out = metrics["cross_validation"]
    told = {
        "entry": entry,
        "notice": NOTICE,
        "metrics": metrics,
        "held_out": held_out,
        "few": few_words(held_out),
        "inside": metrics.get("inside_training"),
        "by_record": metrics.get("records"),
        "calibration": metrics["calibration"],
        "random_split": metrics.get("random_split"),
    }
    file = entry.folder / "README.md"
    file.write_text(template.render(**told, **_made(entry)), encoding="utf-8")
    return file


def _made(entry: Entry) -> dict[str, Any]:
    assert isinstance(entry, ModelEntry)  # noqa: S101 - a recipe made it
    recipe = find_beat_recipe(entry.key)
    return {
        "framework": FRAMEWORK_TITLES[entry.framework],
        "weights": entry.weights.path.name,
        "megabytes": entry.weights.path.stat().st_size / 1e6,
        "sha256": entry.weights.sha256,
        "schedule": recipe.SCHEDULE,
        "reads": _reads(entry),
        "notes": recipe.NOTES,
        "data": recipe.DATA,
        "licence": recipe.LICENCE,
    }


def _reads(entry: ModelEntry) -> str:
    """What the network is given of a beat, in words."""
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


def _interval(pair: list[float] | None) -> str:
    return "-" if pair is None else f"{pair[0]:.3f} - {pair[1]:.3f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
