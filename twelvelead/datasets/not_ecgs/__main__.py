"""`python -m twelvelead.datasets.not_ecgs OUT --n 50 --split train --seed 0`: a folder a family."""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from twelvelead.datasets.not_ecgs.families import SPLIT, Part, draw_not_ecg


def write_families(folder: Path, part: Part, many: int, seed: int) -> int:
    """Writes `many` pictures of each family of `part` as `folder`/<family>/; how many in all."""
    for family in SPLIT[part]:
        place = folder / family
        place.mkdir(parents=True, exist_ok=True)
        for number in range(many):
            rng = np.random.default_rng([seed, number, *family.encode()])
            image = Image.fromarray(draw_not_ecg(rng, family))
            if rng.random() < 0.25:
                image.save(place / f"{seed}_{number:04d}.png")
            else:
                image.save(place / f"{seed}_{number:04d}.jpg", quality=int(rng.integers(65, 96)))
    return many * len(SPLIT[part])


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description="Draw pictures that are no ECGs.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--n", type=int, default=50, help="how many a family")
    parser.add_argument("--split", choices=("train", "test"), default="train")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    print(f"{write_families(args.folder, args.split, args.n, args.seed)} pictures drawn")


if __name__ == "__main__":
    main()
