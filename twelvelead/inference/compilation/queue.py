"""Which models wait to be compiled, the most useful first, and how servers that wait for them know.

Who compiles models of a folder holds a lock on its file `.compiling` and lists there what is left, so
that a process that ended is never taken for one that works.
"""

import fcntl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from model_registry.entry import EnsembleEntry, Entry, ModelEntry
from model_registry.errors import ModelUnavailable
from model_registry.registry import Registry

FILE = ".compiling"
TRIES, PAUSE = 5, 0.05  # s: who only looks holds the lock for less
Tell = Callable[[Sequence[str]], None]


class AlreadyCompiling(ModelUnavailable):
    """Another process compiles models of this folder."""


def most_useful_first(registry: Registry) -> list[ModelEntry]:
    """Every network, those of pages, which the first page asks, before those of beats.

    First what the best network and the best ensemble of a task need, then what the second ones need,
    and so on, by held-out macro-F1, unmeasured ones last; of those, small weights before large ones.
    """
    ranks: dict[str, int] = {}
    for group in _groups(registry):
        for rank, entry in enumerate(sorted(group, key=_macro_f1, reverse=True)):
            for network in registry.networks(entry.key):
                ranks[network.key] = min(rank, ranks.get(network.key, rank))
    networks = [entry for entry in registry.values() if isinstance(entry, ModelEntry)]
    return sorted(
        networks, key=lambda one: (one.task.subject != "page", ranks[one.key], _size(one), one.key)
    )


@contextmanager
def compiling(folder: Path) -> Iterator[Tell]:
    """Yields what tells which models are left, the first being compiled now. One process at a time.

    Raises AlreadyCompiling, OSError.
    """
    with (folder / FILE).open("a", encoding="utf-8") as file:
        _lock(file, folder)

        def tell(keys: Sequence[str]) -> None:
            file.truncate(0)
            file.write("".join(f"{key}\n" for key in keys))
            file.flush()

        try:
            yield tell
        finally:
            tell([])


def compiling_notes(entry: ModelEntry) -> tuple[str, ...]:
    """In a sentence, how far it is with a network that is compiled, or waits for that."""
    left = left_to_compile(entry.folder.parent)
    if entry.key not in left:
        return ()
    before = left.index(entry.key)
    if not before:
        return (f"{entry.key} is being compiled, and served natively until then.",)
    others = "one other" if before == 1 else f"{before} others"
    return (f"{entry.key} is compiled after {others}, and served natively until then.",)


def left_to_compile(folder: Path) -> list[str]:
    """The keys of models that are left, the first being compiled now; none where no process does that."""
    try:
        with (folder / FILE).open(encoding="utf-8") as file:
            keys = file.read().split()
            if keys:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return []  # nobody holds it: whoever wrote that has ended
    except BlockingIOError:
        return keys
    except OSError:
        pass
    return []


def _lock(file: TextIO, folder: Path) -> None:
    for _ in range(TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(PAUSE)
        else:
            return
    raise AlreadyCompiling(f"Another process compiles the models in {folder}: wait for it.")


def _groups(registry: Registry) -> list[list[Entry]]:
    """Networks and ensembles of each task."""
    found: dict[tuple[str, bool], list[Entry]] = {}
    for entry in registry.values():
        found.setdefault((entry.task.key, isinstance(entry, EnsembleEntry)), []).append(entry)
    return list(found.values())


def _macro_f1(entry: Entry) -> float:
    """0..1 as it was held out; below that where it was not measured."""
    figure = (entry.metrics or {}).get("cross_validation", {}).get("macro_f1")
    return float(figure) if isinstance(figure, int | float) else -1.0


def _size(entry: ModelEntry) -> int:
    try:
        return entry.weights.path.stat().st_size
    except OSError:
        return 0
