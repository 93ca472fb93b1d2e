"""`twelvelead data fetch`: brings public data, each file checked."""

from pathlib import Path

from twelvelead.cli.output import CommandError
from twelvelead.cli.parser import Options
from twelvelead.datasets.fetch.download import FetchError
from twelvelead.datasets.fetch.ecg12 import fetch_public_set
from twelvelead.datasets.fetch.mitdb import LICENCE, fetch_mitdb


def run(options: Options) -> int:
    """`twelvelead data fetch [SET]`"""
    target = options.to or Path("data") / options.set
    try:
        if options.set == "mitdb":
            print(LICENCE)
            fetch_mitdb(target)
        else:
            fetch_public_set(target)
    except FetchError as error:
        raise CommandError(str(error)) from error
    return 0
