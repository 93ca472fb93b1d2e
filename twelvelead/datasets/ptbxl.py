"""Beats of PTB-XL, lead II: those of normal recordings and those of recordings with infarction.

P. Wagner et al., "PTB-XL, a large publicly available electrocardiography dataset", Sci Data 7 (2020) 154.
Normal: all diagnostic statements are of the class NORM. Infarction: at least one statement of the class MI
with a likelihood of 50 % or more. Other recordings are left out.
"""

import ast
import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ecg.beats.beats import Beats
from ecg.beats.r_peaks import find_r_peaks
from twelvelead.datasets.pages import DataError
from twelvelead.datasets.records import BeatRecord, read_files

ALL = ("*",)  # instead of names: every record that is there
LEAD = "II"
LIKELY = 50.0  # %
NORMAL, INFARCTION = "normal", "myocardial_infarction"


def read_records(folder: Path, names: Sequence[str], extra: str = "") -> list[BeatRecord]:
    """The records of those two classes under `folder`, at 500 Hz; symbols are the labels.

    Beats are where our own detector finds them; the last one of a recording has no symbol, since the
    interval that follows it is not known. names: `ecg_id`s, or ALL. Raises DataError where the tables
    `ptbxl_database.csv` and `scp_statements.csv`, or all records, are not there.
    """
    del extra
    classes = read_classes(folder)
    chosen = []
    for row in _rows(folder / "ptbxl_database.csv"):
        label = label_of(ast.literal_eval(row["scp_codes"]), classes)
        path = folder / row["filename_hr"]
        wanted = tuple(names) == ALL or row["ecg_id"] in names
        if label and wanted and path.with_suffix(".dat").is_file():
            chosen.append((row, label))
    if not chosen:
        raise DataError(
            f"{folder} holds no record of PTB-XL, normal or with infarction, at 500 Hz."
        )
    return [_read(folder, row, label) for row, label in tqdm(chosen, unit="record")]


def label_of(statements: Mapping[str, float], classes: Mapping[str, str]) -> str:
    """The label of a recording by its statements (code -> likelihood in %); empty for neither."""
    named = {classes[code] for code in statements if code in classes}
    if named == {"NORM"}:
        return NORMAL
    likely = [code for code, share in statements.items() if share >= LIKELY]
    return INFARCTION if any(classes.get(code) == "MI" for code in likely) else ""


def _read(folder: Path, row: Mapping[str, str], label: str) -> BeatRecord:
    signal = read_files(folder / row["filename_hr"], (".hea", ".dat"))
    trace = signal.values[signal.leads.index(LEAD)]
    indices = find_r_peaks(trace, signal.rate)
    symbols = np.array(
        [label] * max(0, len(indices) - 1) + [""] * min(1, len(indices)), dtype=np.str_
    )
    patient = row["patient_id"].removesuffix(".0")
    return BeatRecord(row["ecg_id"], LEAD, Beats(trace, signal.rate, indices), symbols, patient)


def read_classes(folder: Path) -> dict[str, str]:
    """Diagnostic statements' codes with their class. Raises DataError where the table is not there."""
    rows = _rows(folder / "scp_statements.csv")
    return {row[""]: row["diagnostic_class"] for row in rows if row["diagnostic_class"]}


def _rows(file: Path) -> list[dict[str, str]]:
    if not file.is_file():
        raise DataError(f"{file} is not there: name a folder of PTB-XL.")
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))
