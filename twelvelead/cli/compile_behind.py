"""Compiles models behind a server that serves them natively meanwhile: what `serve --compile` starts.

One model after another, at the lowest priority, each in processes that end with it; where memory runs
out, the system ends these first. It ends with the server: its standard input is a pipe that nobody else
holds open.
"""

import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

from model_registry.errors import RegistryError
from model_registry.registry import Registry, read_registry
from twelvelead.cli.compile import compile_one, drawn_pages, row_text, standing
from twelvelead.inference.compilation.queue import compiling, most_useful_first

LOWEST = 19  # priority
FIRST_TO_END = "1000"  # for Linux, where memory runs out


def compile_missing(registry: Registry) -> None:
    """Compiles what is not, the most useful first, and says what came of it; silent where nothing is.

    What can't be compiled is served by its framework. Raises AlreadyCompiling, OSError.
    """
    missing = [
        entry
        for entry in most_useful_first(registry)
        if entry.runtime != "native" and standing(entry)["state"] != "compiled"
    ]
    if not missing:
        return
    with compiling(missing[0].folder.parent) as tell:
        keys = [entry.key for entry in missing]
        tell(keys)
        _say(f"{', '.join(keys)}, one after another; each is served natively until then.")
        pages = drawn_pages()
        for place, entry in enumerate(missing):
            tell(keys[place:])
            _say(f"{place + 1} of {len(keys)}: {row_text(compile_one(entry, pages))}")


def main(folder: Path) -> int:
    """Compiles what is missing in a folder of models until the server ends."""
    os.nice(LOWEST)
    with suppress(OSError):  # another system
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_END, encoding="ascii")
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # ignored by what a script starts behind
    with suppress(KeyboardInterrupt):
        threading.Thread(target=_end_with_server, daemon=True).start()
        try:
            compile_missing(read_registry(folder))
        except (RegistryError, OSError) as error:
            _say(str(error))
    return 0


def _end_with_server() -> None:
    """Breaks off, so that what was begun is cleared away, when nobody holds the other end any more."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGINT)


def _say(told: str) -> None:
    print(f"Compiling: {told}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
