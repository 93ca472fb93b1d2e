"""The `twelvelead` command: thin, over the same functions as the web."""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from ecg.errors import PageError, SignalError
from model_registry.errors import RegistryError
from twelvelead.cli.output import CommandError
from twelvelead.cli.parser import Options, make_parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 when all went well, 1 with a sentence on stderr, 2 for wrong usage."""
    options = make_parser().parse_args(arguments)
    try:
        # a module a verb: none brings in what only another one needs
        run: Callable[[Options], int] = import_module(f"twelvelead.cli.{options.verb}").run
        return run(options)
    except (CommandError, RegistryError, PageError, SignalError) as error:
        print(f"twelvelead: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("twelvelead: stopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
