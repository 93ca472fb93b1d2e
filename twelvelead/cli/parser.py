"""The words of the `twelvelead` command: its commands and their options."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from ecg.signal.read_options import Unit
from ecg.tasks import NOTICE
from twelvelead.project import MODELS

MOST_PAGES = 9_999  # of a document
SETS = ("ecg12", "mitdb")
Options = argparse.Namespace
Add = Callable[[str, str], argparse.ArgumentParser]


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands. `verb` names the module that runs the one that was given."""
    parser = argparse.ArgumentParser(prog="twelvelead", description=NOTICE)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    models = Path(os.environ.get("TWELVELEAD_MODELS_DIR") or MODELS)

    def command(name: str, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(verb=name)
        added.add_argument("--json", action="store_true", help="print JSON")
        added.add_argument("--models", type=Path, default=models, help="folder of the registry")
        return added

    command("models", "list the models and what each reads, broken ones with the reason")
    _add_asking(command)
    _add_measuring(command)
    _add_making(command)
    added = command("serve", "serve the app")
    added.add_argument("--host", default="127.0.0.1")
    added.add_argument("--compile", action="store_true", help="compile what is not, meanwhile")
    added.add_argument("--port", type=_port, default=os.environ.get("PORT", "8080"))
    data = commands.add_parser("data", help="bring public data").add_subparsers(required=True)
    text = (
        "bring a public set: ecg12, 12-lead pages without their copies, or mitdb, MIT-BIH records"
    )
    added = data.add_parser("fetch", help=text, description=text)
    added.set_defaults(verb="data")
    added.add_argument("set", nargs="?", choices=SETS, default="ecg12")
    added.add_argument("--to", type=Path, metavar="DIR", help="data/SET without it")
    return parser


def _add_asking(command: Add) -> None:
    """The commands that ask models about files."""
    added = command("predict", "ask models about ECG pages, pictures of a beat, or signals")
    added.add_argument("files", nargs="+", type=Path, metavar="FILE")
    added.add_argument(
        "--model",
        action="append",
        default=[],
        help="a key, repeated, or all: without it all that read a picture, the usual one of a signal",
    )
    added.add_argument(
        "--page", type=_page, default=1, metavar="N", help="of a PDF; else its first"
    )
    _add_signal(added)
    added = command("beats", "find every beat of a signal, and ask a model about each")
    added.add_argument("files", nargs="+", type=Path, metavar="FILE", help="CSV, WFDB or zip")
    added.add_argument(
        "--model",
        action="append",
        default=[],
        help="a key, repeated; all; none; without it the usual one",
    )
    added.add_argument("--out", type=Path, metavar="FILE", help="write the beats: .csv or .atr")
    _add_signal(added)


def _add_signal(parser: argparse.ArgumentParser) -> None:
    """What a signal's file may not tell."""
    parser.add_argument("--rate", type=float, metavar="HZ", help="sampling rate of a signal")
    parser.add_argument("--lead", metavar="NAME", help="lead, or column, of a signal")
    parser.add_argument("--unit", choices=get_args(Unit), help="unit of a CSV's values")


def _add_measuring(command: Add) -> None:
    """The commands that measure models and data."""
    added = command(
        "evaluate", "measure a model on class-named folders, or on records with marked beats"
    )
    added.add_argument("--model", required=True, metavar="KEY")
    added.add_argument("--data", type=Path, required=True, metavar="DIR")
    added.add_argument("--out-of-fold", action="store_true", help="the card's held-out figures")
    added.add_argument(
        "--detected", action="store_true", help="beats where our detector finds them, not as marked"
    )
    added.add_argument(
        "--leave-out-seen",
        action="store_true",
        help="without pages that are, or nearly are, in the model's training data",
    )
    added = command("gate", "measure which pictures are refused: of folders of ECGs, and of others")
    added.add_argument("--ecg", type=Path, action="append", default=[], metavar="DIR")
    added.add_argument("--other", type=Path, action="append", default=[], metavar="DIR")
    added.add_argument(
        "--model", action="append", default=[], metavar="KEY", help="also count what it accepts"
    )
    added = command("audit", "find copies in a data folder, and pages on both sides of a split")
    added.add_argument("folder", type=Path, metavar="DIR")
    added.add_argument("--against", type=Path, metavar="DIR2", help="another folder, as a test set")
    added.add_argument("--html", type=Path, metavar="FILE", help="write a report with the pictures")


def _add_making(command: Add) -> None:
    """The commands that write into models' folders."""
    added = command("train", "cross-validate by patient, then fit on all pages")
    added.add_argument("key", metavar="KEY")
    added.add_argument("--data", type=Path, required=True, metavar="DIR")
    added.add_argument("--backbone", type=Path, help="ImageNet weights; downloaded without it")
    added.add_argument(
        "--work", type=Path, default=Path("runs"), help="what a later run goes on from"
    )
    added.add_argument("--folds", type=int, help="5 of pages, 4 of beats without it")
    added.add_argument("--split", type=Path, help="a file in place of the usual split")
    added.add_argument("--despite-leaks", default="", metavar="WHY", help="told in the card")
    added = command("compile", "export models to ONNX, held to their native answers")
    added.add_argument("keys", nargs="*", metavar="KEY", help="all without one")
    added.add_argument("--all", action="store_true", help="all, as without a KEY")
    added.add_argument("--again", action="store_true", help="also what is compiled already")
    added.add_argument("--int8", action="store_true", help="8-bit, where labels stay on --data")
    added.add_argument("--data", type=Path, metavar="DIR", help="labelled pages for --int8")


def _page(text: str) -> int:
    """The number of a page, from 1."""
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text[:9]) <= MOST_PAGES:
        raise argparse.ArgumentTypeError(f"a page is a number from 1 to {MOST_PAGES}, not {text!r}")
    return int(text)


def _port(text: str) -> int:
    """A port number; argparse tells the rest in one line."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text!r}")
    return int(text)
