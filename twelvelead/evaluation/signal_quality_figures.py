"""How well stretches that can't be read are found, and how rarely good beats lose their label.

`python -m twelvelead.evaluation.signal_quality_figures [--mitdb DIR] [--svdb DIR] [--vfdb DIR] [--cudb DIR]
[--ludb DIR] [--ptbxl DIR]` prints tables for the databases whose folders are given.

Every second record by name, from the first on, chose the weights of `ecg.signal.quality`; the others
measure them. docs/signal_quality.md says what could not be kept apart so.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.signal_quality.leads import (
    DATABASES,
    FLUTTER,
    GOOD,
    MarkedLead,
    read_leads,
)
from twelvelead.evaluation.signal_quality.marking import (
    RATIOS,
    Marking,
    lay_noise,
    mark,
    share,
    try_no_ecgs,
    turn,
)
from twelvelead.evaluation.signal_quality.measures import (
    Columns,
    area_under_curve,
    cell_times,
    read_columns,
    together,
)
from twelvelead.evaluation.signal_quality.paced import paced_rows

ILL = ("VFL", "VF", "VFIB", FLUTTER)  # names of flutter and fibrillation
ASKED = (
    *(("mitdb", "MLII"), ("ludb", "II"), ("ptbxl", "II"), ("ptbxl", "V1"), ("ptbxl", "V5")),
    *(("ptbxl", "I"), ("svdb", "ECG1"), ("svdb", "ECG2")),
)
NEEDED = 8.0  # s of a kind, below which a row says nothing
Folders = dict[str, Path]
Markings = dict[str, dict[str, Marking]]  # by database and half


def figures(folders: Folders) -> str:
    """The tables as Markdown. Raises DataError."""
    found = {name: mark(read_leads(name, folder)) for name, folder in folders.items()}
    parts = [_good(found), _bad(found), _paced(folders)]
    if "mitdb" in folders:
        parts += [_noise(folders["mitdb"])]
    if {"mitdb", "vfdb"} <= set(folders):
        parts += [_measures(folders)]
    parts += [_polarity(folders), _no_ecgs()]
    return "\n\n".join(part for part in parts if part)


def _good(found: Markings) -> str:
    rows = []
    for name in ("mitdb", "svdb", "ludb", "ptbxl"):
        for half, marking in found.get(name, {}).items():
            counts = marking.beats.get(GOOD, Counter[str]())
            told = ", ".join(f"{c} {n}" for c, n in counts.most_common() if c != "read")
            rows.append([name, half, sum(counts.values()), _percent(share(counts), 2), told])
    return _table("Good beats that lose their label", ["", "half", "beats", "lost %", "for"], rows)


def _bad(found: Markings) -> str:
    rows: list[list[Any]] = []
    for name in ("vfdb", "cudb", "mitdb"):
        for half, marking in found.get(name, {}).items():
            rows += _bad_rows(name, half, marking)
    head = ["", "half", "people say", "s", "marked %", "as flutter %", "noise %", "electrode off %"]
    return _table("What people marked, and what is found of it", head, rows)


def _paced(folders: Folders) -> str:
    names = [name for name in ("mitdb", "ludb") if name in folders]
    rows = [row for name in names for row in paced_rows(folders[name], name)]
    head = ["", "record", "paced beats", "without label %", "as paced %"]
    return _table("Paced records", head, rows)


def _bad_rows(name: str, half: str, marking: Marking) -> Iterator[list[Any]]:
    for kind, counts in sorted(marking.cells.items()):
        seconds = 2 * sum(counts.values())
        if seconds >= NEEDED and kind not in ("-", "paced"):
            told = [_percent(share(counts, code)) for code in ("flutter", "noise", "electrode_off")]
            yield [name, half, kind, seconds, _percent(share(counts)), *told]


def _noise(folder: Path) -> str:
    leads = (one for one in read_leads("mitdb", folder) if one.measured)
    rows = []
    for (kind, ratio), one in lay_noise(leads).items():
        found, kept = one.right + one.wrong, one.right_read + one.wrong_read
        rows.append(
            [
                kind,
                ratio,
                _percent(one.wrong / max(1, found)),
                _percent(one.missed / max(1, one.right + one.missed)),
                _percent(1 - kept / max(1, found)),
                _percent(1 - one.wrong_read / max(1, one.wrong)) if one.wrong else "-",
                _percent(one.wrong_read / max(1, kept)),
            ]
        )
    head = ["noise", "dB", "found that are none %", "missed %", "without label %"]
    head += ["of those that are none %", "none among labelled %"]
    return _table(
        f"Noise over measured records of mitdb, {RATIOS[0]} to {RATIOS[-1]} dB", head, rows
    )


def _measures(folders: Folders) -> str:
    clean = list(islice(_columns_of("mitdb", folders["mitdb"], (GOOD,)), 48))
    ill = [
        one
        for name in ("vfdb", "cudb")
        if name in folders
        for one in _columns_of(name, folders[name], ILL)
    ]
    loud = []
    for number, lead in enumerate(read_leads("mitdb", folders["mitdb"])):
        loud.append(read_columns(_drowned(lead, number), lead.rate))
    good, flutter, noise = together(clean), together(ill), together(loud)
    rows = [
        [
            name,
            f"{area_under_curve(noise[name], good[name]):.3f}",
            f"{area_under_curve(flutter[name], good[name]):.3f}",
        ]
        for name in good
    ]
    return _table(
        "Each measure by itself, area under the curve", ["", "noise at 0 dB", "flutter"], rows
    )


def _drowned(lead: MarkedLead, number: int) -> Any:
    """A minute of a lead with pink noise as strong as it."""
    from ecg.simulate.other_signals import pink

    begin, end = round(600 * lead.rate), round(660 * lead.rate)
    clean = lead.trace[begin:end]
    noise = pink(np.random.default_rng(number), clean.size, lead.rate)
    return (clean + clean.std() * noise).astype(np.float32)


def _columns_of(name: str, folder: Path, kinds: tuple[str, ...]) -> Iterator[Columns]:
    for lead in read_leads(name, folder):
        columns = read_columns(lead.trace, lead.rate)
        count = next(iter(columns.values())).size
        kept = np.isin(lead.kinds(cell_times(count)), kinds)
        yield {key: values[kept] for key, values in columns.items()}


def _polarity(folders: Folders) -> str:
    rows = []
    for name, lead in ASKED:
        if name in folders:
            found = turn(read_leads(name, folders[name], lead=lead))
            rows += [[name, lead, half, *counts] for half, counts in found.items()]
    head = ["", "lead", "half", "records", "upside down", "doubted without a name"]
    head += ["turned: upside down", "turned: doubted without a name"]
    return _table("Which way up a lead stands", head, rows)


def _no_ecgs() -> str:
    rows = [[kind, *counts] for kind, counts in try_no_ecgs().items()]
    head = ["simulated", "signals", "called no ECG", "beats found", "beats with a label"]
    return _table("What is no ECG", head, rows)


def _percent(value: float, digits: int = 1) -> str:
    return f"{100 * value:.{digits}f}"


def _table(title: str, head: list[str], rows: list[list[Any]]) -> str:
    if not rows:
        return ""
    lines = [f"**{title}**", "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def main() -> None:
    """The tables of the databases that are given."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    for name in DATABASES:
        parser.add_argument(f"--{name}", type=Path, help="folder of its WFDB files")
    options = vars(parser.parse_args())
    try:
        print(figures({name: folder for name, folder in options.items() if folder}))
    except DataError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
