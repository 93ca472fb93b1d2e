"""Evaluates a served model on labelled pages, through the very predictor that serves."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ecg.errors import PageError
from ecg.library import Picture
from ecg.page import read_page
from inference.predictor import Predictor, decide
from model_registry.entry import Entry
from training.data import DataError, distinct_pictures, labelled_pictures, read_patients
from training.metrics import Matrix, bootstrap, measure

OUT_OF_FOLD = "out_of_fold.csv"


def evaluate(predictor: Predictor, key: str, folder: Path) -> dict[str, Any]:
    """Figures of one model on the distinct pages under `folder`, one folder a class.

    Beside those of `training.metrics.measure`: files, copies (byte-identical files left out),
    unreadable (pages refused by the reader, left out of the figures), decisions (how many answers
    were accepted, uncertain, refused; all but refused ones count), seen_in_training (pages that the
    model, or a member of the ensemble, was trained on: figures on those tell memory, not skill) and
    intervals by patient.

    Raises DataError for a folder without labelled pictures, RegistryError for the model.
    """
    entry = predictor.registry[key]
    predictor.load(key)
    pictures, digests = distinct_pictures(folder, entry.labels)
    rows, kept, decisions = [], [], Counter[str]()
    for place, picture in enumerate(tqdm(pictures, desc=f"evaluating {key}", unit="page")):
        try:
            page = read_page(picture.path.read_bytes())
        except PageError:
            continue
        rows.append(predictor.probabilities(page, key))
        decisions[decide(page, rows[-1], entry)[0]] += 1
        kept.append(place)
    if not rows:
        raise DataError(f"No page under {folder} could be read.")
    networks = predictor.registry.networks(key)
    known = {digest for one in networks for digest in read_out_of_fold(one) or ()}
    counts = {
        "files": len(labelled_pictures(folder, entry.labels)),
        "copies": len(labelled_pictures(folder, entry.labels)) - len(pictures),
        "unreadable": len(pictures) - len(kept),
        "decisions": {d: decisions[d] for d in ("accepted", "uncertain", "refused")},
        "seen_in_training": sum(digests[place] in known for place in kept),
    }
    chosen = [(pictures[place], digests[place]) for place in kept]
    return {"model": key} | _figures(entry, folder, chosen, np.stack(rows)) | counts


def evaluate_out_of_fold(entry: Entry, folder: Path) -> dict[str, Any]:
    """The cross-validated figures of the model card, from what each page got held out.

    Pages under `folder` are found by their sha256 in the model's `out_of_fold.csv`; labels and
    patients are read from `folder`. Raises DataError where the model has no such file, or a page of
    it is not there.
    """
    known = read_out_of_fold(entry)
    if known is None:
        raise DataError(f"{entry.folder} has no {OUT_OF_FOLD}: train it with `twelvelead train`.")
    pictures, digests = distinct_pictures(folder, entry.labels)
    missing = len(set(known) - set(digests))
    if missing:
        raise DataError(
            f"{missing} of the {len(known)} pages it was trained on are not in {folder}."
        )
    chosen = [(p, d) for p, d in zip(pictures, digests, strict=True) if d in known]
    probabilities = np.stack([known[digest] for _, digest in chosen])
    return {"model": entry.key} | _figures(entry, folder, chosen, probabilities)


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


def _figures(
    entry: Entry, folder: Path, pages: list[tuple[Picture, str]], probabilities: Matrix
) -> dict[str, Any]:
    """All figures for pictures with their sha256, and their probabilities (n, labels)."""
    targets = np.array([entry.labels.index(str(p.label)) for p, _ in pages], dtype=np.intp)
    ids = read_patients(folder)
    patients = np.array([ids.get(p.path.relative_to(folder).as_posix(), d) for p, d in pages])
    figures = measure(entry.labels, targets, probabilities)
    if figures["auc"] is None:
        return figures  # a class is missing: no resample would have all of them
    return figures | bootstrap(targets, probabilities, patients)
