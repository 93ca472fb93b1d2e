"""`python -m ecg.simulate.layouts OUT --n 50 --split train --seed 0`: sheets into a folder a family."""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from ecg.simulate.layouts.draw import Leads, draw_layout
from ecg.simulate.layouts.families import names_of, random_layout
from ecg.simulate.twelve_leads import FINDINGS, simulate

Source = Callable[[np.random.Generator], Leads]


def simulated(rng: np.random.Generator) -> Leads:
    """A simulated recording of any finding, long enough for every sheet."""
    findings = [name for names in FINDINGS.values() for name in names]
    finding = findings[int(rng.integers(len(findings)))]
    return Leads.of(simulate(finding, seed=int(rng.integers(2**31)), seconds=12.0, rate=250))


def write_sheets(folder: Path, split: tuple[str, int, int], source: Source = simulated) -> int:
    """Writes sheets as `folder`/<family>/<number>.jpg; split: (part, how many a family, seed); how many."""
    part, many, seed = split
    if part not in ("train", "test"):
        raise ValueError(f"train or test, not {part!r}")
    count = 0
    for family in names_of("train" if part == "train" else "test"):
        place = folder / family
        place.mkdir(parents=True, exist_ok=True)
        for number in range(many):
            rng = np.random.default_rng([seed, number, *family.encode()])
            picture = draw_layout(source(rng), random_layout(rng, family), rng)
            quality = int(rng.integers(70, 96))
            Image.fromarray(picture).save(place / f"{seed}_{number:04d}.jpg", quality=quality)
            count += 1
    return count


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description="Draw ECG sheets in other layouts, simulated.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--n", type=int, default=50, help="how many a family")
    parser.add_argument("--split", choices=("train", "test"), default="train")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    print(f"{write_sheets(args.folder, (args.split, args.n, args.seed))} sheets drawn")


if __name__ == "__main__":
    main()
