"""How turned, cropped and photographed pages are answered, against what the flat ones get.

`python -m twelvelead.evaluation.straightening --ecg DIR [--every N] [--models KEYS] [--half HALF] [--json]`.
DIR holds labelled pages, a folder a class. Each page is asked about as it is, and once for each family of
changes, drawn by `twelvelead.datasets.photograph`; through the very predictor that serves. What was
tuned was tuned on one half of the patients; the figures are of the other, `--half report`.

The flat page's answer is the measure here, not the label in the folder: whether the models are right
is told elsewhere. They were trained on these pages, which makes their flat answers surer than on others'.
"""

import argparse
import hashlib
import io
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType

import numpy as np
from PIL import Image

from ecg.page.frame import find_frame
from ecg.page.page import FRAME_WIDTH, read_page
from ecg.page.straighten.straighten import straighten, turn_upright
from ecg.tasks import CARDIAC_PAGE_4
from model_registry.registry import read_registry
from twelvelead.datasets.pages import ending_in_a_sentence, list_pages
from twelvelead.datasets.photograph import CAMERAS, SIDES, Picture, cropped, photograph, turned
from twelvelead.inference.prediction import Prediction
from twelvelead.inference.predictor import Predictor

MODELS = Path("models")
DEGREES = (1, 2, 3, 5, 10, 15)
CROP = 0.05  # of width or height
QUALITY = 95
Z = 1.96  # of a 95 % interval
READ = (896, 512)  # px: what a network of 448 x 256 asks for

Change = Callable[[Picture, np.random.Generator], Picture]


def _turned(degrees: int) -> Change:
    return lambda page, rng: turned(page, degrees * float(rng.choice((-1, 1))))


def _photographed(camera: str) -> Change:
    return lambda page, rng: photograph(page, rng, CAMERAS[camera])


def _cropped(page: Picture, rng: np.random.Generator) -> Picture:
    return cropped(page, CROP, SIDES[int(rng.integers(len(SIDES)))])


def _cropped_around(page: Picture, rng: np.random.Generator) -> Picture:
    del rng
    for side in SIDES:
        page = cropped(page, CROP, side)
    return page


CHANGES: Mapping[str, Change] = MappingProxyType(
    {
        **{f"turned by {degrees} degrees": _turned(degrees) for degrees in DEGREES},
        "quarter turns": lambda page, rng: np.rot90(page, int(rng.integers(1, 4))),
        "cropped 5 %, one side": _cropped,
        "cropped 5 %, all sides": _cropped_around,
        **{f"photographed, {camera}": _photographed(camera) for camera in CAMERAS},
    }
)


@dataclass(frozen=True)
class StraighteningResult:
    """What came out for one change and one model, shares with their 95 % intervals (Wilson 1927).

    same: answers with the flat page's label. kept: of those that were accepted on the flat page, how
    many are accepted with the same label. framed: pages whose trace frame was found.
    """

    change: str
    model: str
    pages: int
    framed: int
    same: tuple[float, float, float]
    accepted_flat: int
    kept: tuple[float, float, float]


@dataclass(frozen=True)
class AskedTwice:
    """One model's answers about a page as it is and as it was changed."""

    change: str
    model: str
    flat: Prediction
    changed: Prediction
    framed: bool


def interval(hits: int, of: int) -> tuple[float, float, float]:
    """A share and its 95 % interval; nan of nothing."""
    if of == 0:
        return math.nan, math.nan, math.nan
    share, spread = hits / of, Z * Z / of
    middle = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * math.sqrt(share * (1 - share) / of + spread / of / 4)
    return share, max(0.0, middle - half), min(1.0, middle + half)


def half_of(patient: str) -> str:
    """ "tune" or "report": a patient's pages lie on one side."""
    return "report" if hashlib.sha256(patient.encode()).digest()[0] % 2 else "tune"


def chosen_pages(folder: Path, half: str | None, every: int) -> Iterator[bytes]:
    """Each Nth distinct page of one half of the patients, of all where None. Raises DataError."""
    pictures, pages = list_pages(folder, tuple(CARDIAC_PAGE_4.labels))
    some = [
        picture
        for picture, patient in zip(pictures, pages.patients, strict=True)
        if half is None or half_of(str(patient)) == half
    ]
    for picture in islice(some, 0, None, every):
        yield picture.path.read_bytes()


def changed_pages(data: bytes, seed: int) -> Iterator[tuple[str, bytes]]:
    """A page in each of the changes, as files; drawn by the seed."""
    page = read_page(data).whole((10**6, 10**6), "rgb")
    for number, (name, change) in enumerate(CHANGES.items()):
        rng = np.random.default_rng((seed, number))
        yield name, jpeg(np.ascontiguousarray(change(page, rng)))


def jpeg(page: Picture) -> bytes:
    """The picture as a JPEG of quality 95."""
    held = io.BytesIO()
    Image.fromarray(page).save(held, "JPEG", quality=QUALITY)
    return held.getvalue()


def ask(predictor: Predictor, keys: list[str], pages: Iterator[bytes]) -> Iterator[AskedTwice]:
    """Asks all models about each page and its changes."""
    for number, data in enumerate(pages):
        flat = predictor.predict(data, keys)
        for change, changed in changed_pages(data, number):
            answers = predictor.predict(changed, keys)
            framed = answers.batch.page.frame is not None
            for one, other in zip(flat.predictions, answers.predictions, strict=True):
                yield AskedTwice(change, one.model, one, other, framed)


def summarise(pairs: list[AskedTwice]) -> list[StraighteningResult]:
    """The rows of the table, changes in the order of CHANGES."""
    models = list(dict.fromkeys(pair.model for pair in pairs))
    rows = []
    for change in CHANGES:
        for model in models:
            some = [pair for pair in pairs if (pair.change, pair.model) == (change, model)]
            if some:
                rows.append(_row(change, model, some))
    return rows


def _row(change: str, model: str, pairs: list[AskedTwice]) -> StraighteningResult:
    same = [pair.flat.label == pair.changed.label for pair in pairs]
    sure = [
        bool(pair.changed.accepted[0]) and alike
        for pair, alike in zip(pairs, same, strict=True)
        if pair.flat.accepted[0]
    ]
    return StraighteningResult(
        change,
        model,
        pages=len(pairs),
        framed=sum(pair.framed for pair in pairs),
        same=interval(sum(same), len(same)),
        accepted_flat=len(sure),
        kept=interval(sum(sure), len(sure)),
    )


def measure_times(pages: Iterator[bytes]) -> dict[str, dict[str, float]]:
    """Processor milliseconds of looking at a page and cutting out its traces, median and 95th percentile.

    Decoding is not counted. A page that is flat already is named "flat".
    """
    spent: dict[str, list[float]] = {}
    for number, data in enumerate(pages):
        for change, changed in (("flat", data), *changed_pages(data, number)):
            spent.setdefault(change, []).append(_time(changed))
    return {
        change: {"median": float(np.median(one)), "p95": float(np.percentile(one, 95))}
        for change, one in spent.items()
    }


def _time(data: bytes) -> float:
    page = read_page(data)
    page.trace(READ)  # all that is decoded is decoded now
    grey = page.whole((FRAME_WIDTH, 1), "grey")
    scale = round(page.size[0] / grey.shape[1])
    frame = find_frame(grey)
    began = time.process_time()
    if frame:
        turn_upright(grey, frame, scale)
    else:
        straighten(grey, scale, page.size)
    page.trace(READ)
    return 1000 * (time.process_time() - began)


def _percent(share: tuple[float, float, float]) -> str:
    middle, low, high = (100 * one for one in share)
    return f"{middle:.1f} % ({low:.0f}-{high:.0f})"


def table(rows: list[StraighteningResult]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| change | model | pages | frame found | same label | accepted, where the flat one was |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        kept = f"{_percent(row.kept)} of {row.accepted_flat}" if row.accepted_flat else "none was"
        lines.append(
            f"| {row.change} | {row.model} | {row.pages} | {row.framed} | {_percent(row.same)} | {kept} |"
        )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Prints the table and the times, or JSON."""
    parser = argparse.ArgumentParser(description="Compare changed pages' answers with flat ones'.")
    parser.add_argument("--ecg", type=Path, required=True, help="labelled pages, a folder a class")
    parser.add_argument("--every", type=int, default=1, help="take each Nth page only")
    parser.add_argument("--half", choices=("tune", "report"), help="of the patients; else all")
    parser.add_argument("--models", nargs="+", help="keys; else all that read pages")
    parser.add_argument("--times", action="store_true", help="measure times, ask nobody")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with ending_in_a_sentence():
        pages = chosen_pages(options.ecg, options.half, options.every)
        if options.times:
            print(json.dumps(measure_times(pages), indent=2))
            return
        predictor = Predictor(read_registry(MODELS))
        try:
            keys = options.models or _page_models(predictor)
            rows = summarise(list(ask(predictor, keys, pages)))
        finally:
            predictor.close()
    print(json.dumps([asdict(row) for row in rows], indent=2) if options.json else table(rows))


def _page_models(predictor: Predictor) -> list[str]:
    return [
        key for key in predictor.registry if predictor.registry[key].task.key == CARDIAC_PAGE_4.key
    ]


if __name__ == "__main__":
    main()
