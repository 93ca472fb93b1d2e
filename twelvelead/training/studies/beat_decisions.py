"""Which answers of a shipped model of beats count, fitted on records that it was not trained on.

python -m twelvelead.training.studies.beat_decisions KEY.. --data DIR [--every N]

DIR holds the records of the test, DS2 of de Chazal 2004. The temperature of training stays, and so do all
other figures; a threshold from some patients' answers is told of others', as for pages. A model that was
cross-validated has no such records, and kept no answers: it is never accepted where its ECE is too high,
and left as it is else.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ecg.beats.beats import Beats
from model_registry.registry import read_registry
from model_registry.write_entry import write_entry
from twelvelead.datasets.pages import DataError, ending_in_a_sentence
from twelvelead.datasets.records import DS2, BeatRecord, read_records
from twelvelead.evaluation.calibrate import MOST_ECE, calibrate
from twelvelead.evaluation.figures import LabelledAnswers
from twelvelead.evaluation.metrics import Matrix
from twelvelead.evaluation.records import answers_to
from twelvelead.inference.fitting import reads_of
from twelvelead.inference.predictor import Predictor
from twelvelead.training.plan import Plan
from twelvelead.training.shipping.card import write_card
from twelvelead.training.shipping.ship import as_calibrated, read_metrics, write_metrics

TESTED = "patients of DS2 that the network was not trained on"


def decide_beats(plan: Plan, predictor: Predictor, every: int = 1) -> dict[str, Any]:
    """Writes model.toml, metrics.json and card of one model; its `calibration`, as in metrics.json.

    every: asks about each so many beats, for less time. Raises DataError for a model of pages, for one
    whose records are not in the plan's data, and for one that was cross-validated.
    """
    entry = predictor.registry[plan.key]
    if entry.task.subject != "beat":
        raise DataError(f"'{entry.key}' reads pages: see twelvelead.training.studies.refresh.")
    metrics = read_metrics(entry.folder)
    held_out = metrics["cross_validation"]
    if held_out["folds"] == 1:
        answers = ask(plan, predictor, every)
        logits = answers.logits * entry.temperature
        calibration = calibrate(replace(answers, logits=logits), entry.temperature)
        kept = f", each {every}th beat" if every > 1 else ""
        calibration["told_of"] = f"{len(answers.targets):,} beats of {TESTED}{kept}"
        write_entry(as_calibrated(entry, calibration))
    elif held_out["ece"] > MOST_ECE:
        calibration = metrics["calibration"] | {"accepts": False}
        write_entry(replace(entry, accepts=False))
    else:
        raise DataError(
            f"'{entry.key}' was cross-validated and kept no answers: it stays as it is."
        )
    write_metrics(entry.folder, metrics | {"calibration": calibration})
    write_card(read_registry(plan.models)[plan.key])
    return calibration


def ask(plan: Plan, predictor: Predictor, every: int) -> LabelledAnswers:
    """What the model says to each `every`th beat of DS2. Raises DataError where a record is not there."""
    key = plan.key
    entry = predictor.registry[key]
    predictor.load(key)

    def answer(beats: Beats) -> Matrix:
        found = predictor.predict(beats, [key])
        if found.errors:
            raise found.errors[key]
        return found.predictions[0].probabilities

    thin = "segment" not in reads_of(predictor.registry, key)  # which need all beats for the rhythm
    parts = []
    for record in tqdm(read_records(plan.data, DS2), desc=key, unit="record"):
        asked = thinned(record, every) if thin else record
        said = answers_to(answer, asked, entry)
        parts.append(said if thin else _some(said, slice(None, None, every)))
    return LabelledAnswers.together(parts)


def thinned(record: BeatRecord, every: int) -> BeatRecord:
    """The record with each `every`th of its beats."""
    beats = record.beats
    some = Beats(beats.trace, beats.rate, beats.indices[::every])
    return replace(record, beats=some, symbols=record.symbols[::every])


def _some(answers: LabelledAnswers, some: slice) -> LabelledAnswers:
    return replace(
        answers,
        targets=answers.targets[some],
        logits=answers.logits[some],
        records=np.asarray(answers.records[some]),
        patients=np.asarray(answers.patients[some]),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("keys", nargs="+", metavar="KEY")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--every", type=int, default=1, help="asks about each so many beats")
    chosen = parser.parse_args()
    with ending_in_a_sentence():
        for wanted in chosen.keys:
            asked_of = Predictor(read_registry(chosen.models))
            try:
                plan = Plan(wanted, chosen.data, chosen.models, Path())
                told = decide_beats(plan, asked_of, chosen.every)
            finally:
                asked_of.close()
            print(wanted, {name: told[name] for name in ("accepts", "accept_from")})
