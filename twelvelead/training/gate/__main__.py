"""`python -m twelvelead.training.gate --page DIR --none DIR ..`: fits the gate's network and ships it."""

import argparse
import json
from pathlib import Path

import torch

from twelvelead.datasets.pages import DataError
from twelvelead.inference.gate.kinds import ECG_KINDS, IN_WORDS, KINDS
from twelvelead.training.gate.fit import GateCourse, fit
from twelvelead.training.gate.pictures import Pictures, PictureSource, find_source
from twelvelead.training.gate.ship import ship


def main() -> None:
    """What the command line asks for."""
    args = _parser().parse_args()
    torch.set_num_threads(args.threads)
    sources = [
        find_source(folder, kind, args.most, args.seed)
        for kind in KINDS
        for folder in getattr(args, kind)
    ]
    if sum(one.kind in ECG_KINDS for one in sources) < 2:
        raise DataError(
            "Name at least two sources of ECGs: how far an unknown one lies is measured."
        )
    args.work.mkdir(parents=True, exist_ok=True)
    pictures = _read(sources, args.work)
    course = GateCourse(pictures=args.pictures, rate=args.rate, seed=args.seed)
    network = fit(pictures, course, args.work, begun=args.begin)
    torch.save(network.state_dict(), args.work / "network.pt")
    print(json.dumps(ship(network, pictures, args.out), indent=1))


def _read(sources: list[PictureSource], work: Path) -> Pictures:
    pictures = Pictures(work / "small")
    with (work / "sources.txt").open("w", encoding="utf-8") as told:
        for source in sources:
            count = pictures.add(source)
            line = f"{source.kind} {source.name}: {count} of {len(source.files)} read"
            print(line, flush=True)
            told.write(f"{line}\n")
    return pictures


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m twelvelead.training.gate",
        description="Fit the gate's network, and ship it.",
    )
    for kind in KINDS:
        parser.add_argument(
            f"--{kind}",
            action="append",
            default=[],
            type=Path,
            metavar="DIR",
            help=f"one source, a folder or a list of files, that shows {IN_WORDS[kind]}",
        )
    parser.add_argument("--out", type=Path, required=True, help="where the network is shipped to")
    parser.add_argument("--work", type=Path, default=Path("runs/gate"), help="checkpoints")
    parser.add_argument("--most", type=int, default=300, help="pictures of one source")
    parser.add_argument("--pictures", type=int, default=30_000, help="variants seen in all")
    parser.add_argument("--begin", type=Path, metavar="FILE", help="network.pt of an earlier run")
    parser.add_argument("--rate", type=float, default=3e-3, help="highest learning rate")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    return parser


if __name__ == "__main__":
    main()
