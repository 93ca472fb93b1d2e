"""How well a reference of training pages tells what it knows, on pages that it was not made of.

python -m twelvelead.training.studies.known_pages --data DIR --other DIR2 --other DIR3
python -m twelvelead.training.studies.known_pages --by KEY --other DIR2

A fifth of the patients is kept apart. The reference is made of the others' pages and asked about: the pages
kept apart; each of them photographed and straightened; copies of training pages, saved in other ways; and
every picture under the folders of others, whose layouts it does not know. With --by it is a shipped model's
reference that is asked about the folders of others, and none is made.
"""

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from ecg.errors import PageError
from ecg.page.fingerprint import differing_bits
from ecg.page.library import Picture
from ecg.page.page import read_page
from ecg.tasks import CARDIAC_PAGE_4
from model_registry.registry import read_registry
from twelvelead.datasets.pages import DataError, ending_in_a_sentence, list_pages
from twelvelead.datasets.photograph import photograph
from twelvelead.inference.familiarity.known import UNKNOWN_LAYOUT, known_by
from twelvelead.inference.familiarity.reference import PageReference, read_reference
from twelvelead.inference.familiarity.sight import Sight
from twelvelead.inference.familiarity.space import UNFAMILIAR
from twelvelead.inference.gate.finding import Examine
from twelvelead.inference.gate.gate import Gate
from twelvelead.training.shipping.reference import deal, look_at, make_reference
from twelvelead.training.shipping.views import as_jpeg

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp"}
Change = Callable[[Image.Image], bytes]


@dataclass
class Told:
    """What was told of the pictures of one kind."""

    scores: list[float] = field(default_factory=list)
    unknown: int = 0
    unfamiliar: int = 0
    seen: int = 0
    unreadable: int = 0

    def text(self) -> str:
        """In a line."""
        count = max(1, len(self.scores))
        low, high = (min(self.scores), max(self.scores)) if self.scores else (np.nan, np.nan)
        return (
            f"{len(self.scores)} pages, layout unknown {self.unknown} ({self.unknown / count:.1%}), "
            f"unfamiliar {self.unfamiliar} ({self.unfamiliar / count:.1%}), "
            f"seen {self.seen} ({self.seen / count:.1%}), "
            f"layout {low:.2f} to {high:.2f}, unreadable {self.unreadable}"
        )


def _scaled(factor: float) -> Change:
    return lambda page: as_jpeg(
        page.resize((round(page.width * factor), round(page.height * factor)))
    )


COPIES: Mapping[str, Change] = {
    "saved as JPEG of quality 30": lambda page: as_jpeg(page, 30),
    "half as large": _scaled(0.5),
    "a third as large": _scaled(1 / 3),
    "grey": lambda page: as_jpeg(page.convert("L").convert("RGB")),
    "flattened by a tenth": lambda page: as_jpeg(
        page.resize((page.width, round(0.9 * page.height)))
    ),
    "cropped by 1 %": lambda page: as_jpeg(
        page.crop(
            (page.width // 100, page.height // 100, page.width * 99 // 100, page.height * 99 // 100)
        )
    ),
}


def tell(reference: PageReference, pages: Iterable[bytes], examine: Examine) -> Told:
    """What a reference tells of pages."""
    told = Told()
    for data in pages:
        try:
            page = read_page(data)
            features = examine(page).features
        except PageError:
            told.unreadable += 1
            continue
        sight = Sight(page)
        known = known_by(reference, "it", sight, features)
        told.scores.append(sight.score(reference.layout) if reference.layout else np.nan)
        told.unknown += UNKNOWN_LAYOUT in known.reasons
        told.unfamiliar += (known.percentile or 0) > UNFAMILIAR
        told.seen += known.seen is not None
    return told


def study(data: Path, examine: Examine) -> tuple[PageReference, dict[str, Told]]:
    """The reference of four fifths of the patients, and what it tells by kind of picture.

    Raises DataError for a folder without pages.
    """
    pictures, pages = list_pages(data, tuple(CARDIAC_PAGE_4.labels))
    apart = deal(pages.patients) == 0
    train = [one for one, is_apart in zip(pictures, apart, strict=True) if not is_apart]
    test = [one for one, is_apart in zip(pictures, apart, strict=True) if is_apart]
    looked = look_at([one.path for one in train], pages.patients[~apart], examine)
    reference = make_reference(looked)
    print(f"closest two training pages: {_closest(reference)} bits apart")
    found = {"kept apart": tell(reference, (one.read() for one in test), examine)}
    found["kept apart, photographed"] = tell(reference, _photographed(test), examine)
    for name, change in COPIES.items():
        copies = (change(Image.open(one.path)) for one in train[::4])
        found[f"training pages, {name}"] = tell(reference, copies, examine)
    return reference, found


def tell_of_others(
    reference: PageReference, folders: Sequence[Path], examine: Examine
) -> dict[str, Told]:
    """What a reference tells of every picture under folders, by their names."""
    found = {}
    for folder in folders:
        files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES)
        pages = (file.read_bytes() for file in tqdm(files, desc=folder.name))
        found[f"others: {folder.name}"] = tell(reference, pages, examine)
    return found


def shipped_reference(models: Path, key: str) -> PageReference:
    """That of a network. Raises DataError where it keeps none, ReferenceFault where that is damaged."""
    entry = read_registry(models)[key]
    found = read_reference(entry.folder, read_registry(models).sha256(key))
    if found is None:
        raise DataError(f"'{key}' keeps no reference: `python -m twelvelead.training.familiarity`.")
    return found


def _closest(reference: PageReference) -> int:
    prints = reference.pages.prints if reference.pages else np.zeros((0, 1), np.uint8)
    bits = differing_bits(prints, prints)
    return int(bits[~np.eye(len(bits), dtype=bool)].min())


def _photographed(pictures: Sequence[Picture]) -> Iterable[bytes]:
    for number, one in enumerate(pictures):
        with suppress(PageError):
            page = np.asarray(Image.open(one.path).convert("RGB"))
            yield as_jpeg(photograph(page, np.random.default_rng([7, number])))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--by", metavar="KEY")
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--other", type=Path, action="append", default=[])
    chosen = parser.parse_args()
    if bool(chosen.data) == bool(chosen.by):
        parser.error("give --data, or --by a shipped model")
    with ending_in_a_sentence():
        gate, found = Gate(), dict[str, Told]()
        if chosen.by:
            asked = shipped_reference(chosen.models, chosen.by)
        else:
            asked, found = study(chosen.data, gate)
        for kind, told in (found | tell_of_others(asked, chosen.other, gate)).items():
            print(f"{kind}: {told.text()}")
