"""`twelvelead compile`: makes the compiled form of models, and says what came of each."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from model_registry.entry import ModelEntry
from model_registry.errors import ModelUnavailable
from model_registry.registry import Registry
from twelvelead.inference.compilation.compiled import (
    RECORD,
    Compiled,
    damage,
    freshness,
    read_compiled,
)

Row = dict[str, Any]


def networks_to_compile(registry: Registry, keys: Sequence[str]) -> list[ModelEntry]:
    """The networks behind keys, ensembles' members among them, each once; all where no key is given.

    Raises UnknownModel, ModelUnavailable.
    """
    found: dict[str, ModelEntry] = {}
    for key in keys or list(registry):
        found |= {entry.key: entry for entry in registry.networks(key)}
    return list(found.values())


def compile_all(
    entries: Sequence[ModelEntry], *, again: bool = False, data: Path | None = None
) -> list[Row]:
    """Compiles what is not compiled as it is now, or all `again`; one row for each model.

    data: a folder of labelled pages, for compiling to int8 those whose labels stay.
    """
    rows = [_standing(entry) for entry in entries]
    wanted = [
        entry
        for entry, row in zip(entries, rows, strict=True)
        if again or row["state"] != "compiled" or (data and row["precision"] != "int8")
    ]
    if not wanted:
        return rows
    made = {}
    with _bar(len(wanted)) as step:
        pages = _drawn_pages()
        for entry in wanted:
            step(entry.key)
            made[entry.key] = _compile(entry, pages, data)
    return [made.get(row["model"], row) for row in rows]


def compile_missing(registry: Registry) -> None:
    """Compiles what is not, and says what came of it; silent where nothing was to be done.

    What can't be compiled is served by its framework.
    """
    entries = [entry for entry in registry.values() if isinstance(entry, ModelEntry)]
    missing = [entry for entry in entries if _standing(entry)["state"] != "compiled"]
    for row in compile_all(missing):
        print(row_text(row), file=sys.stderr)


def note_damage(registry: Registry, key: str) -> list[str]:
    """In sentences, why the compiled forms of a usable model and its members can't be served."""
    if key not in registry:
        return []
    return [told for entry in registry.networks(key) if (told := damage(entry))]


def row_text(row: Row) -> str:
    """One line for people."""
    told = f"{row['model']:<16} {row['state']}"
    if row["state"] == "compiled":
        told += (
            f" ({row['precision']}, opset {row['opset']}; largest difference of a probability "
            f"{row['max_difference']:.1e} over {row['pages']} pages)"
        )
    return told + (f": {row['detail']}" if row["detail"] else "")


def _standing(entry: ModelEntry) -> Row:
    """What there is before anything is compiled; what is damaged or can't be read is made anew."""
    if not damage(entry) and freshness(entry) == "fresh":
        return _row(entry, read_compiled(entry))
    return _row(entry, None)


def _compile(entry: ModelEntry, pages: Sequence[Any], data: Path | None) -> Row:
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


def _row(entry: ModelEntry, record: Compiled | None) -> Row:
    row: Row = {"model": entry.key, "framework": entry.framework, "detail": "", "seconds": 0.0}
    named = ("precision", "opset", "exporter", "pages", "max_difference", "sha256")
    row |= {name: getattr(record, name, None) for name in named}
    return row | {"state": "compiled" if record else "not compiled"}


def _drawn_pages() -> list[Any]:
    from twelvelead.inference.compilation.probe_inputs import draw_pages

    return list(draw_pages())


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
