"""`twelvelead gate`: how often the gate refuses pictures that show no ECG, and those that do."""

import sys
from typing import Any

from model_registry.registry import read_registry
from twelvelead.cli.output import CommandError, print_json
from twelvelead.cli.parser import Options
from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.gate.rates import Folder, rates
from twelvelead.inference.gate.gate import Gate
from twelvelead.inference.gate.network import SeeingNetwork
from twelvelead.inference.predictor import Predictor

COLUMNS = ("refused", "no_ecg")


def run(options: Options) -> int:
    """`twelvelead gate --ecg DIR --other DIR`"""
    folders = [Folder(path, "ecg") for path in options.ecg]
    folders += [Folder(path, "other") for path in options.other]
    if not folders:
        raise CommandError("No folder is named: give --ecg DIR, --other DIR, or both.")
    network = SeeingNetwork()
    network.load()
    predictor = Predictor(read_registry(options.models), examine=Gate(network))
    try:
        found = rates(
            predictor,
            folders,
            options.model,
            lambda path: print(f"{path} is done", file=sys.stderr),
        )
    except DataError as error:
        raise CommandError(str(error)) from error
    finally:
        predictor.close()
    if options.json:
        print_json(found)
    else:
        print(gate_text(found))
    return 0


def gate_text(found: dict[str, Any]) -> str:
    """The rates as a table: a line a folder, then all ECGs and all others, with their reasons."""
    lines = [f"{'pictures':>8} {'refused, 95 %':>22} {'no ECG, 95 %':>22}  folder"]
    lines += [_line(row, f"{row['folder']} ({_words(row['shown'])})") for row in found["folders"]]
    for shown in ("ecg", "other"):
        if shown in found:
            lines += _summary(found[shown], _words(shown))
    return "\n".join(lines)


def _summary(whole: dict[str, Any], words: str) -> list[str]:
    lines = ["", _line(whole, f"all {words}")]
    if whole["not_readable"]:
        lines.append(f"{whole['not_readable']} of them are not readable, and not counted.")
    lines += [f"  {_share(one)}  {code}" for code, one in whole["reasons"].items()]
    lines += [f"  {_share(one)}  accepted by {key}" for key, one in whole["accepted"].items()]
    return lines


def _line(row: dict[str, Any], name: str) -> str:
    return f"{row['pictures']:>8} " + " ".join(_share(row[one]) for one in COLUMNS) + f"  {name}"


def _share(one: dict[str, Any]) -> str:
    if one["share"] is None:
        return f"{'-':>22}"
    low, high = one["interval"]
    return f"{one['share']:>7.1%} {f'({low:.1%}-{high:.1%})':>14}"


def _words(shown: str) -> str:
    return "ECGs" if shown == "ecg" else "no ECGs"
