"""ECG sheets in other layouts from recorded signals, some photographed, to train and measure a gate with.

`python -m twelvelead.datasets.sheets OUT --wfdb DIR --n 65 --split train --photographed 0.5`. The look of a
sheet is kept apart by family (`ecg.simulate.layouts.families`), patients by the database that is named.
"""

import argparse
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from ecg.simulate.layouts.__main__ import simulated
from ecg.simulate.layouts.draw import Leads, draw_layout
from ecg.simulate.layouts.families import Part, names_of, random_layout
from ecg.simulate.twelve_leads import LEADS
from twelvelead.datasets.pages import DataError
from twelvelead.datasets.photograph import photograph
from twelvelead.datasets.records import read_files

USUAL_NAMES = {name.upper(): name for name in LEADS}


@dataclass(frozen=True)
class SheetPlan:
    """What is drawn: `many` of each family of `part`; `photographed`: the share seen by a camera.

    records: a folder with WFDB records of twelve leads at any depth; None: simulated ones. only: these
    families alone; empty: all of the part.
    """

    part: Part
    many: int
    seed: int = 0
    photographed: float = 0.0
    records: Path | None = None
    only: tuple[str, ...] = ()

    @property
    def families(self) -> tuple[str, ...]:
        """Those that are drawn."""
        return tuple(name for name in names_of(self.part) if not self.only or name in self.only)

    def leads(self, rng: np.random.Generator) -> Leads:
        """Those of any record. Raises DataError where there is none of twelve leads."""
        if self.records is None:
            return simulated(rng)
        headers = headers_of(self.records)
        return recorded(headers[int(rng.integers(len(headers)))])


@lru_cache(maxsize=4)
def headers_of(folder: Path) -> tuple[Path, ...]:
    """Every record below `folder` whose samples are there. Raises DataError for none."""
    found = (path for path in sorted(folder.rglob("*.hea")) if path.with_suffix(".dat").is_file())
    headers = tuple(found)
    if not headers:
        raise DataError(f"{folder} holds no WFDB records (.hea with .dat).")
    return headers


def recorded(header: Path) -> Leads:
    """The twelve leads of a record, by their usual names. Raises DataError where one is missing."""
    signal = read_files(header, (".hea", ".dat"))
    named = {
        name.strip().upper(): row for name, row in zip(signal.leads, signal.values, strict=True)
    }
    missing = [name for name in LEADS if name.upper() not in named]
    if missing:
        raise DataError(f"Record {header.stem} has no lead {missing[0]}: sheets need all twelve.")
    return Leads({USUAL_NAMES[name]: named[name] for name in USUAL_NAMES}, signal.rate)


def write_sheets_of(folder: Path, plan: SheetPlan) -> int:
    """Writes the plan's sheets as `folder`/<family>/; how many. Raises DataError."""
    start = f"{plan.records.name if plan.records else 'simulated'}_{plan.seed}"
    for family in plan.families:
        place = folder / family
        place.mkdir(parents=True, exist_ok=True)
        for number in range(plan.many):
            rng = np.random.default_rng([plan.seed, number, *f"{start} {family}".encode()])
            picture = draw_layout(plan.leads(rng), random_layout(rng, family), rng)
            seen = rng.random() < plan.photographed
            if seen:
                picture = photograph(picture, rng)
            name = f"{start}_{number:04d}{'_photo' if seen else ''}.jpg"
            Image.fromarray(picture).save(place / name, quality=int(rng.integers(70, 96)))
    return plan.many * len(plan.families)


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description="Draw ECG sheets from recorded signals.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--wfdb", type=Path, help="records of twelve leads; without: simulated")
    parser.add_argument("--n", type=int, default=50, help="how many a family")
    parser.add_argument("--split", choices=("train", "test"), default="train")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--photographed", type=float, default=0.0, help="which share, 0 to 1")
    args = parser.parse_args()
    plan = SheetPlan(args.split, args.n, args.seed, args.photographed, args.wfdb)
    print(f"{write_sheets_of(args.folder, plan)} sheets drawn")


if __name__ == "__main__":
    main()
