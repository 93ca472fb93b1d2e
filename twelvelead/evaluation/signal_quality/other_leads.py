"""What a model of infarction says of normal recordings in leads that it knows, and in others.

`python -m twelvelead.evaluation.signal_quality.other_leads --ptbxl DIR [--model beat_infarction]`
"""

import argparse
import ast
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from ecg.signal.signal import Signal
from model_registry.registry import read_registry
from twelvelead.datasets.ptbxl import read_classes
from twelvelead.datasets.records import read_files
from twelvelead.inference.predictor import Predictor

NORMAL = "normal"


@dataclass(frozen=True)
class Way:
    """A lead, whether it is turned upside down, and what it is called."""

    lead: str
    turned: bool = False
    name: str = ""


WAYS = (Way("II"), Way("II", True), Way("II", True, "ECG1"), Way("V1"), Way("V1", False, "ECG"))


def normal_records(folder: Path) -> Iterator[Path]:
    """Records of PTB-XL, without endings, whose diagnostic statements are all NORM. Raises DataError."""
    classes = read_classes(folder)
    with (folder / "ptbxl_database.csv").open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            codes = ast.literal_eval(row["scp_codes"])
            path = folder / row["filename_hr"]
            if {classes[c] for c in codes if c in classes} == {"NORM"} and path.with_suffix(
                ".dat"
            ).is_file():
                yield path


def ask(predictor: Predictor, model: str, records: list[Path], way: Way) -> list[int]:
    """Beats; called ill; accepted so by the model's rule alone; accepted so as it is served."""
    counts = np.zeros(4, np.int64)
    for path in records:
        signal = read_files(path, (".hea", ".dat"))
        row = signal.values[[signal.leads.index(way.lead)]] * np.float32(-1 if way.turned else 1)
        one = Signal(row, signal.rate, (way.name or way.lead,))
        (said,) = predictor.predict(one, [model]).predictions
        ill = said.classes != said.labels.index(NORMAL)
        alone = ill & said.rule.accepted(said.probabilities)
        counts += [ill.size, ill.sum(), alone.sum(), (ill & said.accepted).sum()]
    return [int(count) for count in counts]


def main() -> None:
    """A row for each of WAYS, as Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--ptbxl", type=Path, required=True)
    parser.add_argument("--model", default="beat_infarction")
    parser.add_argument("--most", type=int, default=120, help="records")
    parser.add_argument("--models", type=Path, default=Path("models"))
    options = parser.parse_args()
    predictor = Predictor(read_registry(options.models))
    try:
        records = list(islice(normal_records(options.ptbxl), options.most))
        print(
            "| lead | beats | called ill | accepted so by its rule alone | accepted so as served |"
        )
        print("|---|---|---|---|---|")
        for way in WAYS:
            told = way.lead + (" upside down" if way.turned else "")
            told += f", named {way.name}" if way.name else ""
            counts = ask(predictor, options.model, records, way)
            print("| " + " | ".join(map(str, [told, *counts])) + " |")
    finally:
        predictor.close()


if __name__ == "__main__":
    main()
