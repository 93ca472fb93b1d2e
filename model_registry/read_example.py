"""Reads the example that comes with a model: a picture, or a signal with its beats."""

from pathlib import Path

from ecg.signal.signal import RATES
from model_registry.entry import BeatExample, Example
from model_registry.table import Table

BEATS = 100_000  # most that an example's signal has


def read_example(table: Table, labels: tuple[str, ...]) -> Example | BeatExample | None:
    """A file beside the entry, and one probability a label; None where there is none."""
    if not table.has("example"):
        return None
    inner = table.table("example")
    if not inner.has("signal"):
        image = _file(inner, "image", "name a picture in this folder")
        return Example(image, _probabilities(inner, labels))
    signal = _file(inner, "signal", "name a CSV in this folder: mV and, where R peaks are, 1")
    rate, beat = inner.number("rate", RATES), inner.integer("beat")
    if not 0 <= beat < BEATS:
        raise inner.wrong("beat", "give which of the signal's beats is meant, from 0 on")
    return BeatExample(signal, rate, beat, _probabilities(inner, labels))


def _file(table: Table, key: str, right: str) -> Path:
    name = table.text(key)
    file = table.file.parent / name
    if Path(name).name != name or not file.is_file():
        raise table.wrong(key, right)
    return file


def _probabilities(table: Table, labels: tuple[str, ...]) -> tuple[float, ...]:
    found = table.numbers("probabilities")
    if any(not 0 <= p <= 1 for p in found) or abs(sum(found) - 1) > 0.01:
        raise table.wrong("probabilities", "give one probability a label; they add up to 1")
    if len(found) != len(labels):
        raise table.wrong("probabilities", f"give {len(labels)}, one a label")
    return found
