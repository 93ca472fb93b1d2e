"""Evaluates a served model on labelled pages, through the very predictor that serves."""

import csv
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ecg.errors import PageError
from ecg.page.page import read_page
from model_registry.entry import Entry
from twelvelead.datasets.pages import DataError, LabelledPages, list_pages
from twelvelead.evaluation.figures import full_figures
from twelvelead.evaluation.metrics import Matrix
from twelvelead.inference.decision import decide
from twelvelead.inference.predictor import Predictor

OUT_OF_FOLD = "out_of_fold.csv"


def evaluate(predictor: Predictor, key: str, folder: Path) -> dict[str, Any]:
    """Figures of one model on the distinct pages under `folder`, one folder a class.

    Beside those of `twelvelead.evaluation.metrics.measure`: files, copies (byte-identical files left out),
    unreadable (pages refused by the reader, left out of the figures), decisions (how many answers
    were accepted, uncertain, refused; all but refused ones count), seen_in_training (pages that the
    model, or a member of the ensemble, was trained on: figures on those tell memory, not skill) and
    intervals by patient.

    Raises DataError for a folder without labelled pictures, RegistryError for the model.
    """
    entry = predictor.registry[key]
    predictor.load(key)
    pictures, pages = list_pages(folder, entry.labels)
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
        "files": len(pictures) + pages.copies,
        "copies": pages.copies,
        "unreadable": len(pictures) - len(kept),
        "decisions": {d: decisions[d] for d in ("accepted", "uncertain", "refused")},
        "seen_in_training": sum(pages.sha256[place] in known for place in kept),
    }
    answered = pages.of(np.array(kept, dtype=np.intp))
    return {"model": key} | full_figures(answered, np.stack(rows)) | counts


def evaluate_out_of_fold(entry: Entry, folder: Path) -> dict[str, Any]:
    """The cross-validated figures of the model card, from what each page got held out.

    Pages under `folder` are found by their sha256 in the model's `out_of_fold.csv`; labels and
    patients are read from `folder`. Raises DataError where the model has no such file, or a page of
    it is not there.
    """
    known = read_out_of_fold(entry)
    if known is None:
        raise DataError(f"{entry.folder} has no {OUT_OF_FOLD}: train it with `twelvelead train`.")
    pages = held_out_pages(known, list_pages(folder, entry.labels)[1])
    probabilities = np.stack([known[digest] for digest in pages.sha256])
    return {"model": entry.key} | full_figures(pages, probabilities)


def held_out_pages(known: Mapping[str, Matrix], pages: LabelledPages) -> LabelledPages:
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
