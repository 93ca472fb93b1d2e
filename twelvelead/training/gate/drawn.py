"""`python -m twelvelead.training.gate.drawn OUT --split train`: what the gate learns from beside real pages.

Empty ECG paper of all families of sheets, single beats of simulated recordings, and photographs, made by
a camera in arithmetic, of the pages in given folders. Each source has a folder of its own.
"""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from ecg.beats.beats import Beats, Window
from ecg.beats.drawing import BeatDrawing, draw_beat
from ecg.errors import PageError
from ecg.page.page import read_page
from ecg.simulate.layouts.families import Part, names_of, random_layout
from ecg.simulate.layouts.grid import blank_paper
from ecg.simulate.layouts.words import write_words
from ecg.simulate.record import TITLES, RecordPlan, simulate_record
from twelvelead.datasets.photograph import CAMERAS, photograph
from twelvelead.inference.gate.kinds import Kind
from twelvelead.training.gate.pictures import Rgb, find_source

Chance = np.random.Generator
SIDES = (900, 1300)  # px: photographs need to be no larger than the network reads, and a little
AT_ONCE = 11  # pages that are laid over each other
LIGHT = 85  # percentile of their brightness: no trace is as often in one place


def draw_empty(chance: Chance, family: str) -> Rgb:
    """A sheet without traces, uint8 (height, width, 3): its words in half of them."""
    layout = random_layout(chance, family)
    paper = blank_paper(layout)
    if chance.random() < 0.5:
        write_words(paper, layout)
    return np.asarray(paper, np.uint8)


def draw_beats(chance: Chance, many: int) -> Iterable[Rgb]:
    """Beats of one simulated recording, each drawn in its own size and width of line."""
    findings = sorted(TITLES)
    plan = RecordPlan(findings[int(chance.integers(len(findings)))], int(chance.integers(2**31)))
    signal = simulate_record(plan)
    if signal.reference is None:
        return
    beats = Beats.of(signal, 0, signal.reference.indices)
    for number in chance.choice(np.arange(2, len(beats) - 2), many, replace=False):
        before = int(chance.integers(60, 130))
        window = Window(rate=360, before=before, length=before + int(chance.integers(80, 160)))
        size = (int(chance.integers(64, 400)), int(chance.integers(96, 500)))
        drawing = BeatDrawing(window, size, line=int(chance.integers(1, 4)))
        grey = draw_beat(beats.windows(window, slice(int(number), int(number) + 1))[0], drawing)
        yield np.repeat(grey[:, :, np.newaxis], 3, axis=2)


def forms(folder: Path, many: int, chance: Chance) -> Iterable[Rgb]:
    """What pages on one form share, the light of some at a time: grid, frame and printed words, no trace.

    Nothing of a folder, or of a list of files, whose pages differ in size.
    """
    files = find_source(folder, "empty", 60, 1).files
    pages = [read_page(file.read_bytes()).whole((1000, 1), "rgb") for file in files]
    if len({page.shape for page in pages}) > 1:
        return
    for _ in range(many):
        some = chance.choice(len(pages), min(AT_ONCE, len(pages)), replace=False)
        yield np.percentile([pages[n] for n in some], LIGHT, axis=0).astype(np.uint8)


def photographs(folder: Path, many: int, chance: Chance) -> Iterable[Rgb]:
    """Photographs of so many pictures of a folder, or of a list of files, by cameras in turn."""
    files = find_source(folder, "page", many, 0).files
    for number, file in enumerate(tqdm(files, desc=folder.stem, mininterval=20)):
        try:
            page = read_page(file.read_bytes()).whole((900, 1), "rgb")
        except PageError:
            continue
        camera = list(CAMERAS.values())[number % len(CAMERAS)]
        yield photograph(page, chance, replace(camera, side=SIDES))


def write(folder: Path, pictures: Iterable[Rgb]) -> int:
    """Writes pictures as JPEG; how many."""
    count = 0
    for picture in pictures:
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / f"{count:05d}.jpg", quality=88)
        count += 1
    return count


def write_all(out: Path, part: Part, many: int, pages: Sequence[tuple[Kind, Path]]) -> None:
    """Everything of one part: `out`/<kind>/<source>."""
    chance = np.random.default_rng([0, *part.encode()])
    for family in names_of(part):
        empties = (draw_empty(chance, family) for _ in range(many))
        write(out / "empty" / f"empty_{family}", empties)
    for number in range(5):
        write(out / "beat" / f"beats_{number}", draw_beats(chance, many // 2))
    for kind, folder in pages:
        write(out / "empty" / f"form_{folder.stem}", forms(folder, many // 4, chance))
        write(out / kind / f"photographed_{folder.stem}", photographs(folder, 2 * many, chance))


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description="Draw what the gate's network learns from.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--split", choices=("train", "test"), default="train")
    parser.add_argument("--n", type=int, default=30, help="how many a source")
    parser.add_argument("--photograph", action="append", default=[], metavar="KIND=DIR")
    args = parser.parse_args()
    pages = [one.split("=", 1) for one in args.photograph]
    write_all(args.out, args.split, args.n, [(kind, Path(folder)) for kind, folder in pages])


if __name__ == "__main__":
    main()
