"""`twelvelead data`: brings public data, each file checked."""

import argparse
from pathlib import Path
from typing import Any

SETS = ("ecg12", "mitdb")


def add_data(commands: Any, failed: type[Exception]) -> None:
    """Adds the command to `commands` of argparse; what goes wrong is raised as `failed`."""
    data = commands.add_parser("data", help="bring public data").add_subparsers(required=True)
    text = (
        "bring a public set: ecg12, 12-lead pages without their copies, or mitdb, MIT-BIH records"
    )
    fetch = data.add_parser("fetch", help=text, description=text)
    fetch.add_argument("set", nargs="?", choices=SETS, default="ecg12")
    fetch.add_argument("--to", type=Path, metavar="DIR", help="data/SET without it")
    fetch.set_defaults(run=lambda options: fetch_data(options, failed))


def fetch_data(options: argparse.Namespace, failed: type[Exception]) -> int:
    """`twelvelead data fetch [SET]`"""
    from twelvelead.datasets.fetch import ecg12 as fetch
    from twelvelead.datasets.fetch import mitdb as fetch_mitdb
    from twelvelead.datasets.fetch.download import FetchError

    target = options.to or Path("data") / options.set
    try:
        if options.set == "mitdb":
            print(fetch_mitdb.LICENCE)
            fetch_mitdb.fetch_mitdb(target)
        else:
            fetch.fetch_public_set(target)
    except FetchError as error:
        raise failed(str(error)) from error
    return 0
