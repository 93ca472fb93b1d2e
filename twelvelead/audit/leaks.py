"""Pictures and patients on both sides of a fold, and the refusal to measure with them."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path

import numpy as np

from twelvelead.audit.folder import Audit
from twelvelead.datasets.pages import DataError, PageDataset
from twelvelead.datasets.splits import Fold

SHOWN = 3  # pairs that a refusal names


@dataclass(frozen=True)
class FoldLeak:
    """A tested page and a trained page of one fold that are the same or of one patient.

    test, train: index into the pages; kind: bytes, near or patient.
    """

    fold: int
    test: int
    train: int
    kind: str


def same_recordings(result: Audit) -> list[tuple[str, str]]:
    """Pairs of sha256 that show one recording, as `find_fold_leaks` reads them.

    Files of equal pixels and near ones; every file of a group stands for it.
    """
    members: dict[int, set[str]] = {}
    for entry in result.entries:
        members.setdefault(entry.group, set()).add(entry.sha256)
    pairs = {pair for group in members.values() for pair in combinations(sorted(group), 2)}
    for near in result.near:
        pairs |= set(product(members[near.first.group], members[near.second.group]))
    return sorted(pairs)


def find_fold_leaks(
    pages: PageDataset, folds: list[Fold], same: Iterable[tuple[str, str]] = ()
) -> list[FoldLeak]:
    """Each tested page with the first page trained on in its fold that is the same or of its patient.

    `same`: pairs of sha256 that show one recording, such as those of `same_recordings`; a
    sha256 that is not among the pages is left out.
    """
    indices: dict[str, list[int]] = {}
    for index, digest in enumerate(pages.sha256):
        indices.setdefault(digest, []).append(index)
    linked: dict[int, set[int]] = {}
    for first, second in same:
        for i, j in product(indices.get(first, []), indices.get(second, [])):
            linked.setdefault(i, set()).add(j)
            linked.setdefault(j, set()).add(i)
    leaks = []
    for number, fold in enumerate(folds):
        trained = set(fold.train.tolist())
        for i in fold.test.tolist():
            kinds = {
                "bytes": set(indices[pages.sha256[i]]) & trained,
                "near": linked.get(i, set()) & trained,
                "patient": _of_patient(pages, i) & trained,
            }
            kind = next((kind for kind, others in kinds.items() if others), None)
            if kind is not None:
                leaks.append(FoldLeak(number, i, min(kinds[kind]), kind))
    return leaks


def _of_patient(pages: PageDataset, index: int) -> set[int]:
    return set(np.flatnonzero(pages.patients == pages.patients[index]).tolist())


def refuse_fold_leaks(leaks: list[FoldLeak], pages: PageDataset, folder: Path) -> None:
    """Raises DataError naming the first few pairs, and what to do; nothing where there are none."""
    if not leaks:
        return
    named = "; ".join(_sentence(leak, pages) for leak in leaks[:SHOWN])
    more = f"; and {len(leaks) - SHOWN} more" if len(leaks) > SHOWN else ""
    raise DataError(
        f"{len(leaks)} tested pages are also trained on, themselves or by their patient: {named}"
        f"{more}. Take out the copies that `twelvelead audit {folder}` lists, or train with "
        "--despite-leaks 'why'."
    )


def _sentence(leak: FoldLeak, pages: PageDataset) -> str:
    said = {"bytes": "the same file", "near": "the same recording", "patient": "the same patient"}
    test, train = (pages.sha256[i][:12] for i in (leak.test, leak.train))
    return f"fold {leak.fold}: {test} and {train} are {said[leak.kind]}"
