"""Reads entries of every kind: networks by `read_entry`, and ensembles, which average some of them."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from model_registry.entry import Average, EnsembleEntry, Entry, Framework
from model_registry.errors import EntryError, named
from model_registry.read_entry import (
    open_table,
    read_accept_from,
    read_entry,
    read_labels,
    read_metrics,
    read_task,
    read_temperature,
    read_title,
)
from model_registry.read_example import read_example
from model_registry.table import Table

OF_MEMBERS = (
    *("weights", "preprocessing", "output", "architecture"),
    *("head", "pooling", "taps", "dropout"),
)


def read_any_entry(file: Path) -> Entry:
    """The entry in `file`, a network's or an ensemble's. Raises EntryError.

    Whether an ensemble's members fit is told by `check_members`, when all entries are read.
    """
    table = open_table(file)
    if table.one_of("framework", (*get_args(Framework), "ensemble")) == "ensemble":
        return _ensemble(table)
    return read_entry(file)


def check_members(
    entry: EnsembleEntry, entries: Mapping[str, Entry], broken: Mapping[str, str]
) -> None:
    """Raises EntryError for a member that is unknown, broken, an ensemble, or answers otherwise."""
    for member in entry.members:
        fault = _fault(entry, member, entries, broken)
        if fault:
            raise EntryError(
                f"{named(entry.folder / 'model.toml')}: key 'ensemble.members': '{member}' {fault}."
            )


def _ensemble(table: Table) -> EnsembleEntry:
    for key in OF_MEMBERS:
        if table.has(key):
            raise table.wrong(key, "an ensemble has none, its members bring theirs: leave it out")
    task = read_task(table)
    labels = read_labels(table, task)
    inner = table.table("ensemble")
    members = _members(inner)
    entry = EnsembleEntry(
        key=table.file.parent.name,
        title=read_title(table),
        task=task,
        labels=labels,
        temperature=read_temperature(table),
        accept_from=read_accept_from(table),
        example=read_example(table, labels),
        metrics=read_metrics(table.file.parent / "metrics.json"),
        folder=table.file.parent,
        members=members,
        shares=_shares(inner, len(members)),
        average=inner.one_of("average", get_args(Average), "probabilities"),
    )
    table.nothing_else()
    return entry


def _members(table: Table) -> tuple[str, ...]:
    members = table.texts("members")
    if len(members) < 2 or len(set(members)) != len(members):
        raise table.wrong("members", "list the keys of two or more models, each once")
    return members


def _shares(table: Table, count: int) -> tuple[float, ...]:
    """The weights, divided by their sum where that is not 1 already; equal where none are given."""
    weights = table.numbers("weights", [1.0] * count)
    total = sum(weights)
    if len(weights) != count or not all(w > 0 for w in weights) or not math.isfinite(total):
        raise table.wrong("weights", f"give {count} positive numbers, one a member")
    total = (
        1.0 if math.isclose(total, 1.0, rel_tol=1e-12) else total
    )  # shares stay to the last digit
    return tuple(weight / total for weight in weights)


def _fault(
    entry: EnsembleEntry, member: str, entries: Mapping[str, Entry], broken: Mapping[str, str]
) -> str:
    """What is wrong with one member and what would be right; empty where it fits."""
    if member in broken:
        return (
            f"can't be used, so neither can this ensemble: mend it ({broken[member].rstrip('.')})"
        )
    if member not in entries:
        known = sorted(k for k, one in entries.items() if not isinstance(one, EnsembleEntry))
        return f"is not a model here; known are {', '.join(known) or 'none'}"
    found = entries[member]
    if isinstance(found, EnsembleEntry):
        return f"is an ensemble itself: list its members ({', '.join(found.members)}) instead"
    if found.task != entry.task:
        return f"has the task {found.task.key}: take models of this ensemble's, {entry.task.key}"
    if set(found.labels) != set(entry.labels):
        return (
            f"has the labels {', '.join(found.labels)}: "
            f"take models with all of this ensemble's, {', '.join(entry.labels)}, and no other"
        )
    return ""
