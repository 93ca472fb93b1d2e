"""Assembles an ensemble from models that are trained: nothing is fitted but its temperature."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from model_registry.entry import BeatExample, EnsembleEntry, Entry, Example
from model_registry.registry import Registry, read_registry
from model_registry.write_entry import write_entry
from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.calibrate import calibrate
from twelvelead.inference.batch import Batch, PageBatch
from twelvelead.inference.examples import read_beat_example, read_page_example
from twelvelead.inference.resources.limits import Limits
from twelvelead.inference.resources.machine import cores
from twelvelead.training.averaged import AveragedBeats, AveragedPages
from twelvelead.training.plan import Plan
from twelvelead.training.recipe import ENSEMBLES, Ensemble, Note
from twelvelead.training.shipping.card import write_card
from twelvelead.training.shipping.commit import read_commit
from twelvelead.training.shipping.ship import DECIMALS, as_calibrated, write_metrics


def assemble(plan: Plan, say: Note = print) -> dict[str, Any]:
    """Writes `models/<key>` for an ensemble of `ENSEMBLES`; the figures, as in metrics.json.

    Its held-out answers are the averages of its members'; temperature and threshold are fitted on them as
    for a single model. Of the plan, key, data and models count.

    Raises DataError where a member is not there, kept no held-out answers, or was cross-validated on
    other pages or folds than the first, and for options that an ensemble has no use for; ModelUnavailable
    where the members can't be averaged.
    """
    if any((plan.backbone, plan.folds is not None, plan.split, plan.despite_leaks)):
        raise DataError(
            f"'{plan.key}' is averaged from what its members answered held out: --backbone, --folds, "
            "--split and --despite-leaks go with the training of those."
        )
    ensemble = ENSEMBLES[plan.key]
    with stage_of(plan, ensemble.members) as stage:
        registry, entry = _begin(stage, plan.key, ensemble)
        kind = AveragedBeats if entry.task.subject == "beat" else AveragedPages
        answers = kind.read(plan, registry, entry)
        calibration = calibrate(answers.inside)
        say(f"{answers.describe()}, held out by {', '.join(entry.members)}")
        temperature = calibration["temperature"]
        metrics = answers.evidence(temperature, say) | {"calibration": calibration}
        metrics |= _facts(registry, entry)
        entry = as_calibrated(entry, calibration)
        write_entry(entry)
        _add_example(read_registry(stage), entry)
        metrics |= answers.finish(entry.folder, temperature)
        write_metrics(entry.folder, metrics)
        shutil.rmtree(plan.models / plan.key, ignore_errors=True)
        entry.folder.rename(plan.models / plan.key)
    write_card(read_registry(plan.models)[plan.key])
    return metrics


@contextmanager
def stage_of(plan: Plan, members: Sequence[str]) -> Iterator[Path]:
    """A hidden registry beside the others: an ensemble's members, and an empty folder for what is made.

    Raises DataError where a member is not there.
    """
    stage = plan.models / f".{plan.key}-part"
    shutil.rmtree(stage, ignore_errors=True)
    for member in members:
        if not (plan.models / member / "model.toml").is_file():
            raise DataError(
                f"'{plan.key}' averages '{member}', which is not in {plan.models}: "
                f"train it first, with `twelvelead train {member}`."
            )
    (stage / plan.key).mkdir(parents=True)
    try:
        for member in members:
            (stage / member).symlink_to((plan.models / member).resolve(), target_is_directory=True)
        yield stage
    finally:
        shutil.rmtree(stage)


def _begin(stage: Path, key: str, ensemble: Ensemble) -> tuple[Registry, EnsembleEntry]:
    """The entry as yet uncalibrated; task and order of labels are those of the first member.

    Raises ModelUnavailable where the registry finds a fault in the ensemble.
    """
    first, equal = read_registry(stage)[ensemble.members[0]], (1.0,) * len(ensemble.members)
    write_entry(
        EnsembleEntry(
            key=key,
            title=ensemble.title,
            task=first.task,
            labels=first.labels,
            leads=first.leads,
            folder=stage / key,
            members=ensemble.members,
            shares=ensemble.weights or equal,
            average=ensemble.average,
            consensus=ensemble.consensus,
        )
    )
    registry = read_registry(stage)
    entry = registry[key]
    assert isinstance(entry, EnsembleEntry)  # noqa: S101 - it was written as one
    return registry, entry


def _facts(registry: Registry, entry: EnsembleEntry) -> dict[str, Any]:
    members = registry.networks(entry.key)
    counts: list[Any] = [(one.metrics or {}).get("parameters") for one in members]
    known = {"parameters": sum(counts)} if all(isinstance(n, int) for n in counts) else {}
    return known | {
        "bytes": sum(one.weights.path.stat().st_size for one in members),
        "origin": f"the average of the {entry.average} of {', '.join(entry.members)}",
        "recipe": {
            "members": ", ".join(entry.members),
            "weights": ", ".join(f"{share:.4f}" for share in entry.shares),
            "average": entry.average,
        },
        "commit": read_commit(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _add_example(registry: Registry, entry: EnsembleEntry) -> None:
    """The first member's example that there is, and what the ensemble answers to it as served."""
    known = (one.example for one in registry.networks(entry.key))
    example = next((one for one in known if one), None)
    if isinstance(example, Example):
        image = entry.folder / f"example{example.image.suffix}"
        shutil.copyfile(example.image, image)
        answer_example(registry, entry, replace(example, image=image))
    elif isinstance(example, BeatExample):
        signal = entry.folder / f"example{example.signal.suffix}"
        shutil.copyfile(example.signal, signal)
        answer_example(registry, entry, replace(example, signal=signal))


def answer_example(registry: Registry, entry: Entry, example: Example | BeatExample) -> None:
    """Writes an entry, which has none yet, with an example and what it answers to that as served."""
    batch = (
        PageBatch(read_page_example(entry.folder, example))
        if isinstance(example, Example)
        else read_beat_example(entry.folder, example)
    )
    told = _ask_served(registry, entry, batch)
    write_entry(replace(entry, example=replace(example, probabilities=told)))


def _ask_served(registry: Registry, entry: Entry, batch: Batch) -> tuple[float, ...]:
    from twelvelead.inference.predictor import Predictor

    predictor = Predictor(registry, Limits(threads=cores()))
    try:
        predictor.load(entry.key)
        answer = predictor.ask(batch).answer(entry.key).probabilities[0]
    finally:
        predictor.close()
    return tuple(round(float(p), DECIMALS) for p in answer)
