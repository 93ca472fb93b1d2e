"""Makes the references by which models that are shipped tell how familiar a page is.

python -m twelvelead.training.familiarity --data DIR [KEY..]

A model's training pages are those that its `out_of_fold.csv` names; they are read from DIR once for all
models. Training itself does the same for the model that it ships.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ecg.tasks import CARDIAC_PAGE_4
from model_registry.entry import ModelEntry
from model_registry.registry import Registry, read_registry
from twelvelead.datasets.pages import DataError, ending_in_a_sentence, list_pages
from twelvelead.evaluation.evaluate import read_out_of_fold
from twelvelead.inference.familiarity.reference import PageReference, write_reference
from twelvelead.inference.gate.finding import Examine
from twelvelead.inference.gate.gate import Gate
from twelvelead.training.shipping.reference import look_at, make_reference


def make_references(
    registry: Registry, keys: Sequence[str], data: Path, examine: Examine | None = None
) -> dict[str, PageReference]:
    """Writes the references of networks that read pages, beside their weights; by key.

    examine: what gives features, the gate where none is given.

    Raises DataError where the pages that a model was trained on are not known, or not all in `data`.
    """
    networks = [one for key in keys if isinstance(one := registry[key], ModelEntry)]
    trained = {one.key: frozenset(read_out_of_fold(one) or ()) for one in networks}
    files, pages = list_pages(data, tuple(CARDIAC_PAGE_4.labels))
    for key, known in trained.items():
        if not known or not known <= set(pages.sha256):
            raise DataError(
                f"The pages that '{key}' was trained on are not known, or not all in {data}: "
                "name the folder that it was trained on."
            )
    looked = look_at([one.path for one in files], pages.patients, examine or Gate())
    made: dict[frozenset[str], PageReference] = {}
    for one in networks:
        known = trained[one.key]
        if known not in made:
            inside = np.flatnonzero([digest in known for digest in looked.sha256])
            made[known] = make_reference(looked.of(inside))
        write_reference(one.folder, one.weights.sha256, made[known])
    return {key: made[known] for key, known in trained.items()}


def page_networks(registry: Registry) -> list[str]:
    """The networks that read pages and tell on which ones they were trained."""
    return [
        key
        for key, entry in registry.items()
        if isinstance(entry, ModelEntry) and entry.reads == "page" and read_out_of_fold(entry)
    ]


def _say(key: str, made: PageReference) -> str:
    told = [f"{len(made.pages.digests)} pages" if made.pages else "no pages"]
    if made.layout:
        told.append(f"a layout of {len(made.layout.tiles)} places, from {made.layout.least:.3f}")
    if made.space:
        told.append(f"{len(made.space.centre)} features")
    return f"{key}: {', '.join(told)}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("keys", nargs="*", metavar="KEY")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("models"))
    chosen = parser.parse_args()
    with ending_in_a_sentence():
        registry = read_registry(chosen.models)
        wanted = chosen.keys or page_networks(registry)
        for key, made in make_references(registry, wanted, chosen.data).items():
            print(_say(key, made))
