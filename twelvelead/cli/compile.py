"""`twelvelead compile`: makes the compiled form of models, and says what came of each."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from model_registry.entry import ModelEntry
from model_registry.errors import ModelUnavailable
from model_registry.registry import Registry, read_registry
from twelvelead.cli.output import CommandError, print_json
from twelvelead.cli.parser import Options
from twelvelead.inference.compilation.compiled import (
    RECORD,
    Compiled,
    damage,
    freshness,
    read_compiled,
)
from twelvelead.inference.compilation.queue import compiling

Row = dict[str, Any]


def run(options: Options) -> int:
    """`twelvelead compile [KEY..]`"""
    if options.int8 and options.data is None:
        raise CommandError(
            "--int8 needs --data DIR: pages on which its labels are held to float32's."
        )
    entries = _networks(read_registry(options.models), [] if options.all else options.keys)
    data = options.data if options.int8 else None
    try:
        rows = compile_all(entries, again=options.again, data=data)
    except OSError as error:
        raise CommandError(f"{options.models} can't be written ({error.strerror}).") from error
    if options.json:
        print_json({"models": rows})
    else:
        print("\n".join(row_text(row) for row in rows))
    return 1 if any(row["state"] != "compiled" for row in rows) else 0


def compile_all(
    entries: Sequence[ModelEntry], *, again: bool = False, data: Path | None = None
) -> list[Row]:
    """Compiles what is not compiled as it is now, or all `again`; one row for each model.

    data: a folder of labelled pages, for compiling to int8 those whose labels stay. Raises
    AlreadyCompiling, OSError.
    """
    rows = [standing(entry) for entry in entries]
    wanted = [
        entry
        for entry, row in zip(entries, rows, strict=True)
        if again or row["state"] != "compiled" or (data and row["precision"] != "int8")
    ]
    if not wanted:
        return rows
    made = {}
    with compiling(wanted[0].folder.parent) as tell, _bar(len(wanted)) as step:
        pages = drawn_pages()
        for place, entry in enumerate(wanted):
            tell([one.key for one in wanted[place:]])
            step(entry.key)
            made[entry.key] = compile_one(entry, pages, data)
    return [made.get(row["model"], row) for row in rows]


def compile_one(entry: ModelEntry, pages: Sequence[Any], data: Path | None = None) -> Row:
    """What came of one model; what fails is told in its row."""
    from twelvelead.inference.compilation.compile import compile_model

    begun = time.perf_counter()
    try:
        record = compile_model(entry, pages)
        detail = ""
        if data is not None:
            from twelvelead.training.shipping.quantise import quantise

            record, detail = quantise(entry, record, pages, data)
    except ModelUnavailable as error:
        return _row(entry, None) | {"state": "failed", "detail": str(error)}
    except OSError as error:
        told = f"{entry.key}/{RECORD} can't be written ({error.strerror})."
        return _row(entry, None) | {"state": "failed", "detail": told}
    seconds = round(time.perf_counter() - begun, 1)
    return _row(entry, record) | {"seconds": seconds, "detail": detail}


def standing(entry: ModelEntry) -> Row:
    """What there is before anything is compiled; what is damaged or can't be read is made anew."""
    if not damage(entry) and freshness(entry) == "fresh":
        return _row(entry, read_compiled(entry))
    return _row(entry, None)


def row_text(row: Row) -> str:
    """One line for people."""
    told = f"{row['model']:<16} {row['state']}"
    if row["state"] == "compiled":
        told += (
            f" ({row['precision']}, opset {row['opset']}; largest difference of a probability "
            f"{row['max_difference']:.1e} over {row['pages']} pages)"
        )
    return told + (f": {row['detail']}" if row["detail"] else "")


def drawn_pages() -> list[Any]:
    """The pages that every model is held to."""
    from twelvelead.inference.compilation.probe_inputs import draw_pages

    return list(draw_pages())


def _networks(registry: Registry, keys: Sequence[str]) -> list[ModelEntry]:
    """The networks behind keys, ensembles' members among them, each once; all where no key is given.

    Raises UnknownModel, ModelUnavailable.
    """
    found: dict[str, ModelEntry] = {}
    for key in keys or list(registry):
        found |= {entry.key: entry for entry in registry.networks(key)}
    return list(found.values())


def _row(entry: ModelEntry, record: Compiled | None) -> Row:
    row: Row = {"model": entry.key, "framework": entry.framework, "detail": "", "seconds": 0.0}
    named = ("precision", "opset", "exporter", "pages", "max_difference", "sha256")
    row |= {name: getattr(record, name, None) for name in named}
    return row | {"state": "compiled" if record else "not compiled"}


@contextmanager
def _bar(count: int) -> Iterator[Any]:
    """A bar over `count` models on stderr; yields what tells it that the next one begins."""
    from tqdm import tqdm

    with tqdm(total=count + 1, unit="model", file=sys.stderr, desc="drawing pages") as bar:

        def step(key: str) -> None:
            bar.update()
            bar.set_description(f"compiling {key}")

        yield step
        bar.update()
