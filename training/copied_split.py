"""What others report, and why it is higher: python -m training.copied_split KEY --data DIR

The public set holds each page up to eight times. Who splits its FILES at random trains on copies of
the test files. Here files are laid out as there, split at random many times, and each test file is
answered as such a study would see it answered: where a copy of it stands in training, by the shipped
network, which was trained on that page; where none does, by the held-out answer. Nothing is trained
again: a network that has seen the page stands for one that such a split would have made.
"""

import argparse
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from ecg.page import read_page
from inference.predictor import Predictor
from model_registry.registry import read_registry
from training.data import (
    DataError,
    Indices,
    LabelledPages,
    digests_of,
    labelled_pictures,
    list_pages,
    read_manifest,
)
from training.evaluate import held_out_pages, read_out_of_fold
from training.metrics import Matrix, measure
from training.recipe import cores
from training.ship import write_metrics

SPLITS = 100  # random ones, averaged
TEST_SHARE = 0.2
COPIES = "copies_in_928"  # the manifest's column: how many files of the public set are this page
FIGURES = ("accuracy", "macro_f1", "auc")


def score_copied_split(models: Path, key: str, data: Path) -> dict[str, Any]:
    """Scores one model on random splits of the files, copies and all; into its metrics.json.

    Returns files, distinct, splits, share_of_test_files_with_a_copy_in_training (0..1), and the mean
    over splits of accuracy, macro-F1 and AUC with their least and largest value (`.._range`).

    Raises DataError where the model kept no held-out answers, or no page has a copy.
    """
    predictor = Predictor(read_registry(models), cores())
    try:
        entry = predictor.registry[key]
        known = read_out_of_fold(entry)
        if known is None:
            raise DataError(f"'{key}' kept no held-out answers: train it with `twelvelead train`.")
        pictures, listed = list_pages(data, entry.labels)
        pages = held_out_pages(known, listed)
        copies = count_copies(data, pages)
        paths = {d: p.path for d, p in zip(listed.sha256, pictures, strict=True)}
        seen = _ask(predictor, key, [paths[digest] for digest in pages.sha256])
    finally:
        predictor.close()
    held_out = np.stack([known[digest] for digest in pages.sha256])
    found = _over_splits(pages, copies, (seen, held_out))
    write_metrics(entry.folder, dict(entry.metrics or {}) | {"copied_split": found})
    return found


def count_copies(data: Path, pages: LabelledPages) -> Indices:
    """How many files of the public set each page is, (n,): from the manifest, else from the folder."""
    told = {row["sha256"]: row[COPIES] for row in read_manifest(data) if row.get(COPIES)}
    counts = [int(told.get(d, 1)) for d in pages.sha256] if told else _copies_in(data, pages)
    if max(counts) == 1:
        raise DataError(
            f"No page in {data} has a copy, and there is no manifest.csv with a column '{COPIES}': "
            "name a folder laid out as the public set."
        )
    return np.array(counts, dtype=np.intp)


def _copies_in(data: Path, pages: LabelledPages) -> list[int]:
    counted = Counter(digests_of(labelled_pictures(data, pages.labels)))
    return [counted[digest] for digest in pages.sha256]


def _ask(predictor: Predictor, key: str, paths: list[Path]) -> Matrix:
    """What the shipped model says of pages that it was trained on: (n, labels)."""
    predictor.load(key)
    bar = tqdm(paths, desc=f"asking {key}", unit="page")
    return np.stack([predictor.probabilities(read_page(p.read_bytes()), key) for p in bar])


def _over_splits(
    pages: LabelledPages, copies: Indices, answers: tuple[Matrix, Matrix]
) -> dict[str, Any]:
    """Figures over random splits; answers: of a network that has seen the page, and held out."""
    files = np.repeat(np.arange(len(pages)), copies)
    rows: list[Mapping[str, float]] = []
    for seed in range(SPLITS):
        test, shared = _split(files, np.random.default_rng(seed))
        shares = np.where(shared[:, None], answers[0][test], answers[1][test])
        figures = measure(pages.labels, pages.targets[test], shares)
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
    parser.add_argument("key")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("models"))
    chosen = parser.parse_args()
    for name, value in score_copied_split(chosen.models, chosen.key, chosen.data).items():
        print(f"{name}: {value}")
