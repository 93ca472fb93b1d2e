"""Evaluates a served model on beats that people marked in WFDB records, DS2 of de Chazal usually."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from ecg.beats.beats import Beats
from ecg.beats.r_peaks import find_r_peaks
from ecg.tasks import BEAT_AAMI_5, BEAT_SIX
from model_registry.entry import Entry
from twelvelead.datasets.pages import DataError
from twelvelead.datasets.records import AAMI, DS2, PACED, SIX, BeatRecord, read_records
from twelvelead.evaluation.abstaining.selective import abstentions
from twelvelead.evaluation.figures import LabelledAnswers, beat_figures
from twelvelead.evaluation.matching import REACH, match
from twelvelead.evaluation.metrics import Matrix
from twelvelead.evaluation.signal_quality.without_label import codes_of, figures_without
from twelvelead.inference.decision import Rule

Answer = Callable[[Beats], Matrix]
CODES: Mapping[str, Mapping[str, str]] = {BEAT_AAMI_5.key: AAMI, BEAT_SIX.key: SIX}
EXTRA: Mapping[str, str] = {BEAT_SIX.key: "!"}
LEAST = 1e-12  # a probability of 0 has no logarithm


def holds_records(folder: Path) -> bool:
    """Whether a folder holds WFDB records with annotations."""
    return bool(_names(folder))


def evaluate_records(
    answer: Answer, entry: Entry, folder: Path, *, detected: bool = False
) -> dict[str, Any]:
    """Figures of `beat_figures` on DS2 under `folder`, or on all its records without a whole DS2.

    answer: from all beats of one lead to their probabilities, (m, labels), in the entry's order.
    detected: at the peaks that our own detector finds, matched within 150 ms, instead of the marked
    ones. Marked beats that it misses are counted in `missed` and peaks without a beat in `extra`;
    neither is in another figure. protocol: which records, in words. abstentions: by the model's rule,
    beats without a label among them. unread: marked beats that the service gives no label, since the lead
    can't be read there, and the figures of the others; all other figures are of all marked beats, as
    papers tell them.

    Raises DataError for a task that such records have no labels of, and where no record, or no beat
    with a label, is there.
    """
    if entry.task.key not in CODES:
        raise DataError(
            f"Records of WFDB have no labels of '{entry.task.key}': evaluate a model of one of "
            f"{', '.join(CODES)} on them."
        )
    parts, codes, counts = [], [], {"missed": 0, "extra": 0}
    names = chosen_names(folder)
    records = read_records(folder, names, EXTRA.get(entry.task.key, ""))
    for record in tqdm(records, desc=f"evaluating {entry.key}", unit="record"):
        asked_about = at_found_peaks(record) if detected else record
        if detected:
            counts["extra"] += int((asked_about.symbols == "").sum())
            counts["missed"] += len(record.beats) - int((asked_about.symbols != "").sum())
        parts.append(answers_to(answer, asked_about, entry))
        codes.append(codes_of(asked_about.beats)[_labelled(asked_about, entry)])
    answered = LabelledAnswers.together(parts)
    if not len(answered.targets):
        raise DataError(f"No beat in the records under {folder} has one of the model's labels.")
    shares = np.exp(answered.logits)
    accepted = Rule.of(entry).accepted(shares) & (np.concatenate(codes) == "")
    told = abstentions(entry.labels, answered.targets, shares.argmax(axis=1), accepted)
    figures = beat_figures(answered, 1.0) | {"abstentions": told}
    figures |= {"unread": figures_without(answered, codes)} | (counts if detected else {})
    return {"model": entry.key, "protocol": _protocol(names, detected)} | figures


def _protocol(names: list[str], detected: bool) -> str:
    """Which records, and where their beats were taken from."""
    where = "at the places that the detector found" if detected else "at their reference places"
    return f"{_in_words(names)}; one lead, beats {where}"


def chosen_names(folder: Path) -> list[str]:
    """DS2 where all of it is there, else all records without the paced ones.

    Raises DataError where no record with annotations is there.
    """
    names = [name for name in _names(folder) if name not in PACED]
    if not names:
        raise DataError(
            f"{folder} holds no WFDB record with annotations, .hea, .dat and .atr, of a heart that is "
            "not paced."
        )
    return list(DS2) if set(DS2) <= set(names) else names


def at_found_peaks(record: BeatRecord) -> BeatRecord:
    """The record with the beats of our own detector; the symbol is empty where none was marked."""
    beats = record.beats
    peaks = find_r_peaks(beats.trace, beats.rate)
    marked, matched = match(beats.indices, peaks, REACH * beats.rate)
    symbols = np.full(len(peaks), "", dtype=record.symbols.dtype)
    symbols[matched] = record.symbols[marked]
    return replace(record, beats=Beats(beats.trace, beats.rate, peaks), symbols=symbols)


def answers_to(answer: Answer, record: BeatRecord, entry: Entry) -> LabelledAnswers:
    """What is answered to the beats of a record that have one of the model's labels, as logarithms."""
    labels, kept = record.labels(CODES[entry.task.key]), _labelled(record, entry)
    shares = answer(record.beats)[kept]
    return LabelledAnswers(
        entry.labels,
        np.array([entry.labels.index(label) for label in labels[kept]], dtype=np.intp),
        np.log(np.maximum(shares, LEAST)),
        np.full(len(kept), record.name),
        np.full(len(kept), record.patient),
    )


def _labelled(record: BeatRecord, entry: Entry) -> npt.NDArray[np.intp]:
    """Which beats of a record have one of the task's labels."""
    return np.flatnonzero(record.labels(CODES[entry.task.key]) != "")


def _names(folder: Path) -> list[str]:
    return sorted(
        file.stem
        for file in folder.glob("*.atr")
        if file.with_suffix(".hea").is_file() and file.with_suffix(".dat").is_file()
    )


def _in_words(names: list[str]) -> str:
    if names == list(DS2):
        return "DS2 of de Chazal 2004"
    return f"{len(names)} records, DS2 of de Chazal not being there whole"
