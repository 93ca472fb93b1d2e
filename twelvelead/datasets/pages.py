"""Labelled pages: read once, through the preprocessing that serves, and kept on disk."""

import csv
import hashlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from ecg.page.folder_names import folders_of
from ecg.page.library import Picture, read_library
from ecg.page.page import read_page
from model_registry.errors import RegistryError
from model_registry.preprocessing import Preprocessing
from twelvelead.datasets.augment import augment

Indices = npt.NDArray[np.intp]


class DataError(ValueError):
    """A data folder that can't be used for training or evaluation, and what would be right."""


@contextmanager
def ending_in_a_sentence() -> Iterator[None]:
    """For what is run by hand: data or models that can't be used end it in their sentence, with status 1."""
    try:
        yield
    except (DataError, RegistryError) as error:
        sys.exit(f"twelvelead: {error}")


@dataclass(frozen=True)
class PageDataset:
    """Distinct labelled pages as one model reads them.

    pixels: uint8 (variants, n, height, width[, 3]), in the input size; [0] is the page as served,
    the others are random variants of it. targets: (n,) index into `labels`. patients: (n,) who it
    is. sha256: (n,) of the files. copies: byte-identical files that were left out. digest: names all
    of it.
    """

    pixels: npt.NDArray[np.uint8]
    targets: Indices
    patients: npt.NDArray[np.str_]
    sha256: tuple[str, ...]
    labels: tuple[str, ...]
    copies: int
    digest: str

    def __len__(self) -> int:
        return len(self.targets)

    def of(self, some: Indices) -> "PageDataset":
        """Those pages alone, in that order."""
        return replace(
            self,
            pixels=self.pixels[:, some],
            targets=self.targets[some],
            patients=self.patients[some],
            sha256=tuple(self.sha256[index] for index in some),
        )

    @property
    def data_sha256(self) -> str:
        """A sha256 that names the data: each page, by its sha256, with its label."""
        rows = sorted((d, self.labels[t]) for d, t in zip(self.sha256, self.targets, strict=True))
        return hashlib.sha256(repr(rows).encode()).hexdigest()


@dataclass(frozen=True)
class Reading:
    """How pages are read: for which model, and with how many random variants of each page."""

    preprocessing: Preprocessing
    labels: tuple[str, ...]
    variants: int


def read_pages(folder: Path, reading: Reading, work: Path) -> PageDataset:
    """Reads a folder of class-named folders, random variants of each page beside it.

    Patients come from the column `printed_id` of `folder/manifest.csv` where there is one; without
    it every distinct page counts as a patient of its own. What was read is kept in `work` and used
    again while files and reading are the same.

    Raises DataError where no picture is found or one has no label of the model.
    """
    pictures, pages = list_pages(folder, reading.labels)
    wanted = hashlib.sha256(
        repr((pages.sha256, reading.preprocessing, reading.variants)).encode()
    ).hexdigest()[:16]
    cached = work / f"pages-{wanted}.npy"
    if not cached.is_file():
        work.mkdir(parents=True, exist_ok=True)
        part = cached.with_suffix(".part.npy")
        np.save(part, _read_pixels(pictures, reading))
        part.rename(cached)
    return replace(pages, pixels=np.load(cached), digest=wanted)


def list_pages(folder: Path, labels: tuple[str, ...]) -> tuple[tuple[Picture, ...], PageDataset]:
    """The distinct pictures under `folder`, and their labels and patients, without any pixels.

    Patients as in `read_pages`. Raises DataError as there.
    """
    pictures = labelled_pictures(folder, labels)
    distinct, digests = leave_out_copies(pictures)
    ids = read_patients(folder)
    files = [picture.path.relative_to(folder).as_posix() for picture in distinct]
    return distinct, PageDataset(
        pixels=np.zeros((0, len(distinct), 0, 0), np.uint8),
        targets=np.array([labels.index(str(picture.label)) for picture in distinct], dtype=np.intp),
        patients=np.array([ids.get(f, d) for f, d in zip(files, digests, strict=True)]),
        sha256=digests,
        labels=labels,
        copies=len(pictures) - len(distinct),
        digest="",
    )


def labelled_pictures(folder: Path, labels: tuple[str, ...]) -> tuple[Picture, ...]:
    """All pictures under class-named folders. Raises DataError where there are none."""
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: name one that holds a folder for each class.")
    library = read_library(folder, folder_labels=folders_of(labels))
    found_pictures = (p for p in library.pictures if p.label is not None)
    pictures = tuple(sorted(found_pictures, key=lambda picture: picture.path))
    strange = sorted({str(p.label) for p in pictures} - set(labels))
    if not pictures or strange:
        found = f"the classes {', '.join(strange)}" if strange else "no labelled picture"
        raise DataError(
            f"{folder} holds {found}: it should hold one folder for each of {', '.join(labels)}."
        )
    return pictures


def distinct_pictures(
    folder: Path, labels: tuple[str, ...]
) -> tuple[tuple[Picture, ...], tuple[str, ...]]:
    """The pictures without byte-identical copies, and their sha256. Raises DataError."""
    return leave_out_copies(labelled_pictures(folder, labels))


def leave_out_copies(
    pictures: tuple[Picture, ...],
) -> tuple[tuple[Picture, ...], tuple[str, ...]]:
    """The first of each file's copies, and the files' sha256. Raises DataError for two labels."""
    first: dict[str, Picture] = {}
    for picture, digest in zip(pictures, digests_of(pictures), strict=True):
        known = first.setdefault(digest, picture)
        if known.label != picture.label:
            raise DataError(
                f"{known.path} and {picture.path} are the same file in two classes: keep one."
            )
    return tuple(first.values()), tuple(first)


def digests_of(pictures: tuple[Picture, ...]) -> tuple[str, ...]:
    """The sha256 of each file."""
    return tuple(hashlib.sha256(picture.path.read_bytes()).hexdigest() for picture in pictures)


def read_patients(folder: Path) -> Mapping[str, str]:
    """File -> patient, from `manifest.csv` (columns `file` and `printed_id`); empty without one."""
    return {
        row["file"]: row["printed_id"] for row in read_manifest(folder) if row.get("printed_id")
    }


def read_manifest(folder: Path) -> list[dict[str, str]]:
    """The rows of `folder/manifest.csv` by column; none without it."""
    manifest = folder / "manifest.csv"
    if not manifest.is_file():
        return []
    with manifest.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def _read_pixels(pictures: tuple[Picture, ...], reading: Reading) -> npt.NDArray[np.uint8]:
    """Each page's variants come from a generator seeded by its index, whatever was drawn before."""
    read = []
    for index, picture in enumerate(tqdm(pictures, desc="reading pages", unit="page")):
        trace = reading.preprocessing.read(read_page(picture.path.read_bytes()))
        rng = np.random.default_rng(index)
        shown = [trace, *(augment(trace, rng) for _ in range(reading.variants))]
        read.append(np.stack([reading.preprocessing.shrink(variant) for variant in shown]))
    return np.stack(read, axis=1)
