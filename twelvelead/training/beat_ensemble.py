"""Assembles the ensemble of beat pictures from its trained members, all counting alike.

Equal shares were settled before DS2 was looked at: nothing is fitted but temperature and threshold, on the
records of DS1 that no member was trained on.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from ecg.tasks import NOTICE
from model_registry.entry import BeatExample, EnsembleEntry, ModelEntry
from model_registry.read_entry import read_entry
from model_registry.registry import Registry, read_registry
from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.beat_figures import Answered, beat_figures
from twelvelead.evaluation.calibrate import calibrate
from twelvelead.evaluation.metrics import softmax
from twelvelead.inference.answers import average_logs, in_order
from twelvelead.inference.prediction import with_temperature
from twelvelead.training.beat_fits import BeatFits
from twelvelead.training.beat_recipe import find_beat_recipe, mark
from twelvelead.training.beat_run import BeatPlan
from twelvelead.training.shipping.commit import read_commit
from twelvelead.training.shipping.ship import write_metrics

KEY = "beat_ensemble"
TITLE = "Beat pictures (three networks averaged)"
MEMBERS = ("beat_vgg16", "beat_vgg19", "beat_resnet50")
UNCALIBRATED: Mapping[str, Any] = {"temperature": 1.0, "accept_from": 0.5}
Said = Mapping[str, Answered]  # a member's answers by its key, logits at its own temperature


def averaged(entry: EnsembleEntry, registry: Registry, said: Said) -> Answered:
    """The ensemble's answers from its members', to the same beats; logits are logarithms.

    Raises DataError where members were asked about other beats.
    """
    first = said[entry.members[0]]
    if any(not np.array_equal(first.targets, said[key].targets) for key in entry.members):
        raise DataError("The members were asked about other beats: ask all about the same.")
    rows = [
        in_order(softmax(said[key].logits), registry[key].labels, entry.labels)
        for key in entry.members
    ]
    return replace(first, labels=entry.labels, logits=average_logs(entry, rows))


def train_beat_ensemble(plan: BeatPlan, say: Callable[[str], None] = print) -> dict[str, Any]:
    """Asks the trained members about the kept records and those of the test; then `assemble_beats`.

    Raises DataError where a member or a record is not there.
    """
    inside: dict[str, Answered] = {}
    tested: dict[str, Answered] = {}
    for key in MEMBERS:
        folder = plan.models / key
        if not (folder / "model.toml").is_file():
            raise DataError(f"Train {key} first: the ensemble averages what is there.")
        recipe: Any = find_beat_recipe(key)
        entry = read_entry(folder / "model.toml")
        fits = BeatFits(recipe, recipe.prepare(plan.work, None), plan.work, say)
        network = recipe.load(entry.weights.path)
        for found, names in ((inside, recipe.HELD_OUT), (tested, recipe.TEST)):
            marked = mark(recipe.read_records(plan.data, names, recipe.EXTRA), recipe)
            answered = fits.ask(network, marked)
            found[key] = replace(answered, logits=answered.logits / entry.temperature)
    return assemble_beats(plan.models, inside, tested, say)


def assemble_beats(
    models: Path, inside: Said, tested: Said, say: Callable[[str], None] = print
) -> dict[str, Any]:
    """Writes `models/beat_ensemble` from the members' answers to the kept records and to those of the test.

    The figures, as in metrics.json. Raises DataError where a member is not there.
    """
    with _stage(models) as stage:
        home = stage / KEY
        _write_entry(home, read_registry(stage)[MEMBERS[0]].labels, UNCALIBRATED)
        registry, entry = _read(stage)
        kept, found = averaged(entry, registry, inside), averaged(entry, registry, tested)
        calibration = calibrate(kept.targets, kept.logits)
        figures = beat_figures(found, calibration["temperature"])
        say(f"accuracy {figures['accuracy']:.3f}, macro-F1 N S V F {figures['macro_f1_nsvf']:.3f}")
        protocol = find_beat_recipe(MEMBERS[0]).PROTOCOL
        metrics = {
            "cross_validation": figures | {"folds": 1, "protocol": protocol},
            "calibration": calibration,
        } | _facts(registry, entry)
        write_metrics(home, metrics)
        _write_entry(home, entry.labels, calibration)
        _add_example(*_read(stage))
        (home / "README.md").write_text(_card(metrics), encoding="utf-8")
        shutil.rmtree(models / KEY, ignore_errors=True)
        home.rename(models / KEY)
    return metrics


@contextmanager
def _stage(models: Path) -> Iterator[Path]:
    """A hidden registry beside the others, of the members and what becomes the ensemble."""
    missing = [key for key in MEMBERS if not (models / key / "model.toml").is_file()]
    if missing:
        raise DataError(f"Train {', '.join(missing)} first: the ensemble averages what is there.")
    stage = models / f".{KEY}-part"
    shutil.rmtree(stage, ignore_errors=True)
    (stage / KEY).mkdir(parents=True)
    try:
        for key in MEMBERS:
            (stage / key).symlink_to((models / key).resolve(), target_is_directory=True)
        yield stage
    finally:
        shutil.rmtree(stage)


def _read(stage: Path) -> tuple[Registry, EnsembleEntry]:
    """Raises ModelUnavailable where the registry finds a fault in the ensemble."""
    registry = read_registry(stage)
    entry = registry[KEY]
    if not isinstance(entry, EnsembleEntry):
        raise TypeError(f"{KEY} was written as an ensemble")
    return registry, entry


def _write_entry(folder: Path, labels: Sequence[str], calibration: Mapping[str, Any]) -> None:
    text = f"""\
title     = {json.dumps(TITLE)}
task      = "beat-aami-5"
framework = "ensemble"
labels    = {json.dumps(list(labels))}

[ensemble]
members = {json.dumps(list(MEMBERS))}
average = "probabilities"

[calibration]
temperature = {calibration["temperature"]}

[decision]
accept_from = {calibration["accept_from"]}
"""
    (folder / "model.toml").write_text(text, encoding="utf-8")


def _facts(registry: Registry, entry: EnsembleEntry) -> dict[str, Any]:
    members = [one for one in registry.networks(entry.key) if isinstance(one, ModelEntry)]
    return {
        "parameters": sum((one.metrics or {}).get("parameters", 0) for one in members),
        "bytes": sum(one.weights.path.stat().st_size for one in members),
        "origin": f"the average of the probabilities of {', '.join(entry.members)}",
        "recipe": {"members": ", ".join(entry.members), "weights": "all alike"},
        "commit": read_commit(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _add_example(registry: Registry, entry: EnsembleEntry) -> None:
    """The members' example, where all have the same beat, and the average of their answers to it."""
    examples = [registry[key].example for key in entry.members]
    shown = [one for one in examples if isinstance(one, BeatExample)]
    if len({(one.signal.read_bytes(), one.beat) for one in shown}) != 1 or len(shown) < len(
        examples
    ):
        return
    signal = entry.folder / shown[0].signal.name
    shutil.copyfile(shown[0].signal, signal)
    rows = [
        in_order(np.array(one.probabilities), registry[key].labels, entry.labels)
        for key, one in zip(entry.members, shown, strict=True)
    ]
    answer = with_temperature(average_logs(entry, rows), entry.temperature)
    told = ", ".join(f"{p:.6f}" for p in answer)
    with (entry.folder / "model.toml").open("a", encoding="utf-8") as toml:
        toml.write(f"""
[example]
signal        = "{signal.name}"
rate          = {shown[0].rate:g}
beat          = {shown[0].beat}
probabilities = [{told}]
""")


def _card(metrics: Mapping[str, Any]) -> str:
    figures, rows = metrics["cross_validation"], []
    for label, row in figures["per_class"].items():
        low, high = row["f1_interval"]
        shares = f"{row['recall']:.3f} | {row['precision']:.3f} | {row['f1']:.3f}"
        rows.append(f"| `{label}` | {row['n']} | {shares} | {low:.3f} - {high:.3f} |")
    members = "\n".join(f"- [`{key}`](../{key}/README.md)" for key in MEMBERS)
    table = "\n".join(rows)
    return f"""# {TITLE}

{NOTICE}

It averages the probabilities of three networks, each counting alike, and has no weights of its own:

{members}

Their cards tell the data, the licences and the limits, which are this ensemble's too. Temperature
({metrics["calibration"]["temperature"]}) and threshold ({metrics["calibration"]["accept_from"]}) come from
four records of DS1 that no member was trained on.

## Held-out figures
Protocol: {figures["protocol"]}. 95 % intervals: 1,000 resamples of the {figures["patients"]} patients.

Accuracy {figures["accuracy"]:.3f}, ECE {figures["ece"]:.3f},
macro-F1 over N, S, V, F {figures["macro_f1_nsvf"]:.3f}.

| class | beats | Se (recall) | +P (precision) | F1 | 95 % of F1 |
|---|---|---|---|---|---|
{table}
"""
