"""Evaluates a model on labelled data, through the very predictor that serves it."""

import csv
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from tqdm import tqdm

from ecg.beats.beats import Beats
from ecg.errors import PageError
from ecg.reason import Decision
from model_registry.entry import Entry
from twelvelead.datasets.pages import DataError, PageDataset, list_pages
from twelvelead.evaluation.abstaining.selective import abstentions
from twelvelead.evaluation.figures import page_figures
from twelvelead.evaluation.metrics import Matrix
from twelvelead.evaluation.records import evaluate_records, holds_records
from twelvelead.inference.decision import Rule
from twelvelead.inference.prediction import Prediction
from twelvelead.inference.predictor import Predictor

OUT_OF_FOLD = "out_of_fold.csv"


@dataclass(frozen=True)
class Manner:
    """How a model is measured.

    detected: beats are taken where our own detector finds them. leave_out_seen: pages that are, or nearly
    are, in the model's training data are not counted.
    """

    detected: bool = False
    leave_out_seen: bool = False


def evaluate(
    predictor: Predictor, key: str, folder: Path, manner: Manner = Manner()
) -> dict[str, Any]:
    """Figures of one model on what lies under `folder`, answered as it is served.

    A model of beats is asked about the marked beats of WFDB records where there are some, see
    `records.evaluate_records`; else a model is asked about pictures, one folder a class.

    Beside the figures of pictures: files, copies (byte-identical files left out), unreadable (pages
    refused by the reader, left out of the figures), decisions (how many answers were accepted,
    uncertain, refused; all but refused ones count), abstentions (see `selective.abstentions`) and
    seen_in_training (pages that the model, or a member of the ensemble, was trained on, or nearly the
    same pictures: figures on those tell memory, not skill); left_out_as_seen, where they are left out.

    Raises DataError for a folder without such data, RegistryError for the model.
    """
    entry = predictor.registry[key]
    on_records = _reads_records(entry, folder)
    if manner.detected and not on_records:
        raise DataError("--detected goes with a model of beats, and a folder of WFDB records.")
    if manner.leave_out_seen and on_records:
        raise DataError("--leave-out-seen goes with pictures: of records, patients are kept apart.")
    predictor.load(key)  # what fails is told before anything is read
    if on_records:

        def answer(beats: Beats) -> Matrix:
            return _ask(predictor, key, beats).probabilities

        return evaluate_records(answer, entry, folder, detected=manner.detected)
    return _evaluate_pictures(predictor, entry, folder, manner)


def evaluate_out_of_fold(entry: Entry, folder: Path) -> dict[str, Any]:
    """The cross-validated figures of the model card, from what each page got held out.

    Pages under `folder` are found by their sha256 in the model's `out_of_fold.csv`; labels and
    patients are read from `folder`. abstentions: by the model's rule, which was fitted on these very
    answers; `calibration` in its metrics.json tells of others. Raises DataError where the model has no
    such file, or a page of it is not there.
    """
    if _reads_records(entry, folder):
        raise DataError(
            "--out-of-fold goes with labelled pictures; a model of beats is asked about records."
        )
    known = read_out_of_fold(entry)
    if known is None:
        raise DataError(f"{entry.folder} has no {OUT_OF_FOLD}: train it with `twelvelead train`.")
    pages = held_out_pages(known, list_pages(folder, entry.labels)[1])
    probabilities = np.stack([known[digest] for digest in pages.sha256])
    accepted = Rule.of(entry).accepted(probabilities)
    told = abstentions(entry.labels, pages.targets, probabilities.argmax(axis=1), accepted)
    return {"model": entry.key} | page_figures(pages, probabilities) | {"abstentions": told}


def held_out_pages(known: Mapping[str, Matrix], pages: PageDataset) -> PageDataset:
    """Those of `pages` that a model has held-out answers for. Raises DataError where one is missing."""
    missing = len(set(known) - set(pages.sha256))
    if missing:
        raise DataError(
            f"{missing} of the {len(known)} pages it was trained on are not in the folder given: "
            "name the folder that it was trained on."
        )
    return pages.of(np.array([i for i, d in enumerate(pages.sha256) if d in known], dtype=np.intp))


def read_out_of_fold(entry: Entry) -> dict[str, Matrix] | None:
    """sha256 of a page -> its held-out probabilities in the order of the labels; None without file."""
    file = entry.folder / OUT_OF_FOLD
    if not file.is_file():
        return None
    with file.open(encoding="utf-8", newline="") as opened:
        return {
            row["sha256"]: np.array([float(row[label]) for label in entry.labels])
            for row in csv.DictReader(opened)
        }


def _reads_records(entry: Entry, folder: Path) -> bool:
    return entry.task.subject == "beat" and holds_records(folder)


def _ask(predictor: Predictor, key: str, given: bytes | Beats) -> Prediction:
    """What one model says. Raises PageError, and ModelUnavailable where it can't answer."""
    answers = predictor.predict(given, [key])
    if answers.errors:
        raise answers.errors[key]
    return answers.predictions[0]


def _evaluate_pictures(
    predictor: Predictor, entry: Entry, folder: Path, manner: Manner
) -> dict[str, Any]:
    pictures, pages = list_pages(folder, entry.labels)
    said: dict[int, Prediction] = {}
    for index, picture in enumerate(tqdm(pictures, desc=f"evaluating {entry.key}", unit="page")):
        with suppress(PageError):
            said[index] = _ask(predictor, entry.key, picture.path.read_bytes())
    seen = _seen(predictor, entry.key, pages, said)
    unreadable = len(pictures) - len(said)
    if manner.leave_out_seen:
        said = {index: answer for index, answer in said.items() if index not in seen}
    answered = {index: answer for index, answer in said.items() if not answer.is_refused}
    if not answered:
        all_seen = f"All pages under {folder} are in the training data of {entry.key}, or refused."
        raise DataError(all_seen if seen else f"No page under {folder} could be read.")
    counts = {
        "files": len(pictures) + pages.copies,
        "copies": pages.copies,
        "unreadable": unreadable,
        "decisions": {
            kind: sum(answer.decision == kind for answer in said.values())
            for kind in get_args(Decision)
        },
        "seen_in_training": len(seen & answered.keys()),
    } | ({"left_out_as_seen": len(seen)} if manner.leave_out_seen else {})
    probabilities = np.concatenate([answer.probabilities for answer in answered.values()])
    figures = page_figures(pages.of(np.array(list(answered), dtype=np.intp)), probabilities)
    return {"model": entry.key} | figures | counts | {"abstentions": _abstentions(pages, said)}


def _seen(
    predictor: Predictor, key: str, pages: PageDataset, said: Mapping[int, Prediction]
) -> set[int]:
    """Which pages are, or nearly are, in the training data of a model or a member."""
    networks = predictor.registry.networks(key)
    known = {digest for network in networks for digest in read_out_of_fold(network) or ()}
    return {index for index, one in said.items() if one.known.seen or pages.sha256[index] in known}


def _abstentions(pages: PageDataset, said: Mapping[int, Prediction]) -> dict[str, Any]:
    """Of all pages that could be read: a refused one is none that counts."""
    none = -1  # of the labels
    classes = [none if one.is_refused else int(one.classes[0]) for one in said.values()]
    accepted = [one.decision == "accepted" for one in said.values()]
    targets = pages.targets[list(said)]
    return abstentions(pages.labels, targets, np.array(classes), np.array(accepted))
