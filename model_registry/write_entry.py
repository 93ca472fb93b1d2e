"""Writes `model.toml`: the text that `read_entry` reads to an equal entry. For training, not for serving."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import tomli_w

from ecg.beats.beats import Window
from model_registry.entry import BeatExample, EnsembleEntry, Entry, Example, Head, ModelEntry
from model_registry.segments import SegmentReading

SCHEMA = "../model.schema.json"  # from an entry; editors complete and check by it
WIDTH = 100  # characters of a line, up to which a list stays on it
BROKEN_LIST = re.compile(r"^(.* = )\[\n((?:    .*,\n)+)\]$", re.MULTILINE)  # an item a line

Table = dict[str, Any]


def write_entry(entry: Entry) -> Path:
    """Writes `model.toml` into the entry's folder, in place of another only when it is whole; that file.

    `read_entry` reads it to an equal entry once the weights and the example that it names lie beside
    it; `metrics` stay in metrics.json. An entry whose example is not there yet may be written without
    one, and again by `write_entry(replace(entry, example=..))`.
    """
    file = entry.folder / "model.toml"
    part = file.with_name(f"{file.name}.part")
    part.write_text(entry_text(entry), encoding="utf-8")
    return part.replace(file)


def entry_text(entry: Entry) -> str:
    """`model.toml` of an entry: its keys in one order, short lists on one line, the schema named first."""
    tables = {
        "title": entry.title,
        "task": entry.task.key,
        "framework": entry.framework,
        **(_network(entry) if isinstance(entry, ModelEntry) else _ensemble(entry)),
        "calibration": {"temperature": entry.temperature},
        "decision": _decision(entry),
    }
    if entry.example:
        tables["example"] = _example(entry.example)
    return f"#:schema {SCHEMA}\n\n" + BROKEN_LIST.sub(_on_one_line, tomli_w.dumps(_plain(tables)))


def _decision(entry: Entry) -> Table:
    table: Table = {} if entry.accepts else {"accepts": False}
    table |= {"accept_from": entry.accept_from}
    told = {"keep_from": entry.keep_from, "never": entry.never}
    return table | {name: value for name, value in told.items() if value}


def _network(entry: ModelEntry) -> Table:
    table: Table = {"architecture": entry.architecture} if entry.architecture else {}
    table |= {"labels": entry.labels} | _leads(entry) | {"output": entry.output}
    if entry.framework == "pytorch":
        table |= _head(entry.head)
    if entry.runtime != "auto":
        table["runtime"] = entry.runtime
    table["weights"] = {"file": entry.weights.path.name, "sha256": entry.weights.sha256}
    if isinstance(entry.preprocessing, SegmentReading):
        return table | {"segment": _segment(entry.preprocessing)}
    if entry.drawing:
        drawn = entry.drawing
        window = _window(drawn.window)
        table["drawing"] = window | {"size": drawn.size, "line": drawn.line, "margin": drawn.margin}
    return table | {"preprocessing": vars(entry.preprocessing)}


def _head(head: Head) -> Table:
    says = {"head": head.hidden, "pooling": head.pooling, "taps": head.taps or None}
    return {key: value for key, value in says.items() if value is not None} | (
        {"dropout": head.dropout} if head.dropout != Head.dropout else {}
    )


def _segment(reading: SegmentReading) -> Table:
    table: Table = {"form": reading.form, "scale": reading.scale}
    if reading.usual:
        table["usual"] = True
    if reading.context:
        table["context"] = reading.context
    return table | (_window(reading.window) if reading.window else {})


def _window(window: Window) -> Table:
    table: Table = {"rate": window.rate, "before": window.before, "length": window.length}
    return table | {"band": window.band} if window.band else table


def _ensemble(entry: EnsembleEntry) -> Table:
    table: Table = {"members": entry.members}
    if len(set(entry.shares)) > 1:
        table["weights"] = entry.shares
    table["average"] = entry.average
    if entry.consensus:
        table["consensus"] = True
    return {"labels": entry.labels} | _leads(entry) | {"ensemble": table}


def _leads(entry: Entry) -> Table:
    return {"leads": entry.leads} if entry.leads else {}


def _example(example: Example | BeatExample) -> Table:
    if isinstance(example, Example):
        return {"image": example.image.name, "probabilities": example.probabilities}
    table: Table = {"signal": example.signal.name, "rate": example.rate, "beat": example.beat}
    return table | {"probabilities": example.probabilities}


def _plain(value: Any) -> Any:
    """What TOML writes the way people do: 360 for 360.0, 0.000024 for 2.4e-05."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return int(value) if value.is_integer() else Decimal(repr(value))
    return value


def _on_one_line(found: re.Match[str]) -> str:
    items = ", ".join(line.strip().removesuffix(",") for line in found[2].splitlines())
    line = f"{found[1]}[{items}]"
    return line if len(line) <= WIDTH else found[0]
