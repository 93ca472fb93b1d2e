"""What others report, and why it is higher.

python -m twelvelead.training.studies.copied_split KEY.. --data DIR

The public set holds each page up to eight times. Who splits its FILES at random trains on copies of
the test files. Here files are laid out as there, split at random many times, and each test file is
answered as such a study would see it answered: where a copy of it stands in training, by the shipped
network, which was trained on that page; where none does, by the held-out answer. Nothing is trained
again: a network that has seen the page stands for one that such a split would have made.
"""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from ecg.page.page import read_page
from model_registry.entry import Entry
from model_registry.registry import read_registry
from twelvelead.datasets.pages import (
    DataError,
    Indices,
    PageDataset,
    digests_of,
    ending_in_a_sentence,
    labelled_pictures,
    list_pages,
    read_manifest,
)
from twelvelead.evaluation.evaluate import held_out_pages, read_out_of_fold
from twelvelead.evaluation.metrics import Matrix, measure
from twelvelead.inference.batch import PageBatch
from twelvelead.inference.predictor import Predictor
from twelvelead.inference.resources.limits import Limits
from twelvelead.inference.resources.machine import cores
from twelvelead.training.shipping.ship import write_metrics

SPLITS = 100  # random ones, averaged
TEST_SHARE = 0.2
COPIES = "copies_in_928"  # the manifest's column: how many files of the public set are this page
FIGURES = ("accuracy", "macro_f1", "auc")


def score_copied_split(models: Path, keys: Sequence[str], data: Path) -> dict[str, dict[str, Any]]:
    """Scores models on random splits of the files, copies and all; into each one's metrics.json.

    By key: files, distinct, splits, share_of_test_files_with_a_copy_in_training (0..1), and the mean
    over splits of accuracy, macro-F1 and AUC with their least and largest value (`.._range`). A network
    that several of the models need, as an ensemble and its member do, is asked once a page.

    Raises DataError where a model kept no held-out answers, or no page has a copy.
    """
    predictor = Predictor(read_registry(models), Limits(threads=cores()))
    try:
        entries = [predictor.registry[key] for key in keys]
        held_out = [_held_out(entry, data) for entry in entries]
        copies = [count_copies(data, pages) for pages, _ in held_out]
        seen = _ask(predictor, entries, data)
    finally:
        predictor.close()
    found = {}
    for entry, (pages, shares), counts in zip(entries, held_out, copies, strict=True):
        answers = np.stack([seen[entry.key][digest] for digest in pages.sha256])
        found[entry.key] = _over_splits(pages, counts, (answers, shares))
        metrics = dict(entry.metrics or {}) | {"copied_split": found[entry.key]}
        write_metrics(entry.folder, metrics)
    return found


def _held_out(entry: Entry, data: Path) -> tuple[PageDataset, Matrix]:
    """The pages that a model was held out on, and what it answered: (n, labels)."""
    known = read_out_of_fold(entry)
    if known is None:
        raise DataError(
            f"'{entry.key}' kept no held-out answers: train it with `twelvelead train`."
        )
    pages = held_out_pages(known, list_pages(data, entry.labels)[1])
    return pages, np.stack([known[digest] for digest in pages.sha256])


def count_copies(data: Path, pages: PageDataset) -> Indices:
    """How many files of the public set each page is, (n,): from the manifest, else from the folder."""
    told = {row["sha256"]: row[COPIES] for row in read_manifest(data) if row.get(COPIES)}
    counts = [int(told.get(d, 1)) for d in pages.sha256] if told else _copies_in(data, pages)
    if max(counts) == 1:
        raise DataError(
            f"No page in {data} has a copy, and there is no manifest.csv with a column '{COPIES}': "
            "name a folder laid out as the public set."
        )
    return np.array(counts, dtype=np.intp)


def _copies_in(data: Path, pages: PageDataset) -> list[int]:
    counted = Counter(digests_of(labelled_pictures(data, pages.labels)))
    return [counted[digest] for digest in pages.sha256]


def _ask(
    predictor: Predictor, entries: Sequence[Entry], data: Path
) -> dict[str, dict[str, npt.NDArray[np.float64]]]:
    """What shipped models say of pages that they were trained on: key -> sha256 -> (labels,)."""
    pictures, pages = list_pages(data, entries[0].labels)
    for entry in entries:
        predictor.load(entry.key)
    seen: dict[str, dict[str, npt.NDArray[np.float64]]] = {entry.key: {} for entry in entries}
    for digest, picture in zip(pages.sha256, tqdm(pictures, unit="page"), strict=True):
        asked = predictor.ask(PageBatch(read_page(picture.path.read_bytes())))
        for entry in entries:
            seen[entry.key][digest] = asked.answer(entry.key).probabilities[0]
    return seen


def _over_splits(
    pages: PageDataset, copies: Indices, answers: tuple[Matrix, Matrix]
) -> dict[str, Any]:
    """Figures over random splits; answers: of a network that has seen the page, and held out.

    Raises DataError for pages so few that a class is missing from a test.
    """
    files = np.repeat(np.arange(len(pages)), copies)
    rows: list[Mapping[str, float]] = []
    for seed in range(SPLITS):
        test, shared = _split(files, np.random.default_rng(seed))
        shares = np.where(shared[:, None], answers[0][test], answers[1][test])
        figures = measure(pages.labels, pages.targets[test], shares)
        if figures["auc"] is None:
            raise DataError(
                "Too few pages: a random test lacks a class; name a folder of as many as the public set."
            )
        rows.append({name: figures[name] for name in FIGURES} | {"shared": shared.mean()})
    return {
        "files": len(files),
        "distinct": len(pages),
        "splits": SPLITS,
        "share_of_test_files_with_a_copy_in_training": _mean(rows, "shared"),
        **{name: _mean(rows, name) for name in FIGURES},
        **{f"{name}_range": _range(rows, name) for name in FIGURES},
    }


def _split(files: Indices, rng: np.random.Generator) -> tuple[Indices, npt.NDArray[np.bool_]]:
    """The pages of the test files, and for each whether a copy of it stands in training."""
    shuffled = rng.permutation(files)
    count = round(TEST_SHARE * len(files))
    test, train = shuffled[:count], shuffled[count:]
    return test, np.isin(test, train)


def _mean(rows: list[Mapping[str, float]], name: str) -> float:
    return round(float(np.mean([row[name] for row in rows])), 4)


def _range(rows: list[Mapping[str, float]], name: str) -> list[float]:
    values = [float(row[name]) for row in rows]
    return [round(min(values), 4), round(max(values), 4)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("keys", nargs="+", metavar="KEY")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("models"))
    chosen = parser.parse_args()
    with ending_in_a_sentence():
        for key, figures in score_copied_split(chosen.models, chosen.keys, chosen.data).items():
            for name, value in figures.items():
                print(f"{key} {name}: {value}")
