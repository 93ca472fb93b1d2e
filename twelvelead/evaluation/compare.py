"""Whether models differ beyond chance: python -m twelvelead.evaluation.compare models --data DIR

McNemar's test (1947), exact: of the pages that one model answers rightly and the other wrongly, how
likely would so uneven a split be if both were equally good? Pairs are judged on the same held-out pages.
"""

import argparse
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

from model_registry.comparison import FILE
from model_registry.entry import Entry
from model_registry.registry import read_registry
from twelvelead.datasets.pages import DataError, ending_in_a_sentence, list_pages
from twelvelead.evaluation.evaluate import held_out_pages, read_out_of_fold

Right = npt.NDArray[np.bool_]


def compare(models: Path, data: Path) -> dict[str, Any]:
    """Compares all models that kept held-out answers; writes and returns `comparison.json`.

    Models that were cross-validated on another split than most do not take part. Raises DataError where
    fewer than two can be compared, or a page is not in `data`.
    """
    entries = _comparable(list(read_registry(models).values()))
    right = {entry.key: _right(entry, data) for entry in entries}
    first = entries[0].metrics or {}
    comparison = {
        "n": len(right[entries[0].key]),
        "split_sha256": first["cross_validation"]["split_sha256"],
        "models": list(right),
        "pairs": [_pair(a, b, right) for a, b in itertools.combinations(right, 2)],
    }
    part = models / f"{FILE}.part"
    part.write_text(json.dumps(comparison, indent=1) + "\n", encoding="utf-8")
    part.rename(models / FILE)
    return comparison


def _comparable(entries: list[Entry]) -> list[Entry]:
    """The largest group of entries that share a split."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        split = ((entry.metrics or {}).get("cross_validation") or {}).get("split_sha256")
        if split and read_out_of_fold(entry) is not None:
            groups.setdefault(split, []).append(entry)
    largest = max(groups.values(), key=len, default=[])
    if len(largest) < 2:
        raise DataError("Two models at least are needed that were cross-validated on one split.")
    return largest


def _right(entry: Entry, data: Path) -> Right:
    """Which pages, in the order of their files, a model answered rightly when held out."""
    known = read_out_of_fold(entry) or {}
    pages = held_out_pages(known, list_pages(data, entry.labels)[1])
    answers = np.array([known[digest].argmax() for digest in pages.sha256])
    return np.asarray(answers == pages.targets)


def _pair(a: str, b: str, right: dict[str, Right]) -> dict[str, Any]:
    only_a = int((right[a] & ~right[b]).sum())
    only_b = int((right[b] & ~right[a]).sum())
    p = float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0
    return {"a": a, "b": b, "only_a_right": only_a, "only_b_right": only_b, "p": round(p, 6)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    chosen = parser.parse_args()
    with ending_in_a_sentence():
        for row in compare(chosen.models, chosen.data)["pairs"]:
            print(
                f"{row['a']:<14} {row['b']:<14} only one right: {row['only_a_right']:>3} "
                f"{row['only_b_right']:>3}   p {row['p']:.4f}"
            )
