"""Compiles models: exports each to ONNX, and keeps that only where it answers as the native model does."""

import hashlib
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ecg.page.page import Page
from model_registry.entry import Example, ModelEntry
from model_registry.errors import ModelUnavailable
from model_registry.read_entry import read_entry
from twelvelead.inference.compilation.compiled import NAME, OPSET, RECORD, Compiled, fingerprint
from twelvelead.inference.compilation.probe_inputs import draw_beats
from twelvelead.inference.engines.backend import BACKENDS, Backend
from twelvelead.inference.engines.onnx_models import open_session, run_session
from twelvelead.inference.examples import read_example, read_page_example
from twelvelead.inference.fitting import beat_tensors
from twelvelead.inference.prediction import to_probabilities

Batch = npt.NDArray[np.float32]
Run = Callable[[Batch], Batch]

TOLERANCE = 1e-3  # of a probability
AT_ONCE = 8  # pages in one batch, which holds the dynamic batch too


class CompileError(ModelUnavailable):
    """A compiled form that is not kept, with the numbers."""


@dataclass
class Agreement:
    """How far two forms of a model answer alike, page after page."""

    pages: int = 0
    other_labels: int = 0
    max_difference: float = 0.0

    def add(self, one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> None:
        """Counts one page's probabilities, (labels,), by both."""
        self.pages += 1
        self.other_labels += int(one.argmax() != other.argmax())
        self.max_difference = max(self.max_difference, float(np.abs(one - other).max()))


def compile_model(entry: ModelEntry, pages: Iterable[Page]) -> Compiled:
    """Exports a model, holds it to its native answers, writes compiled.onnx and its record.

    pages: what it is held to, its example beside. Raises CompileError, with both numbers, where a
    probability differs by more than 1e-3 or a label is another one, WeightsError or another
    ModelUnavailable where the native model can't be loaded, OSError where the folder can't be
    written. What was there before stays until the new file is held.
    """
    part = entry.folder / f"{NAME}.part"
    try:
        exporter = export(entry, part)
        session = open_session(part, entry)
        backend = Backend(BACKENDS[entry.framework])
        try:
            found = compare(
                entry, pages, lambda b: backend.run(entry, b), lambda b: run_session(session, b)
            )
        finally:
            backend.close()
        _hold(entry, found)
        record = Compiled(
            sha256=hashlib.sha256(part.read_bytes()).hexdigest(),
            made_from=fingerprint(entry),
            opset=OPSET,
            exporter=exporter,
            pages=found.pages,
            max_difference=found.max_difference,
        )
        put(entry.folder, part, record)
        return record
    finally:
        part.unlink(missing_ok=True)


def export(entry: ModelEntry, target: Path) -> str:
    """Writes a model as ONNX, in a process of its own; the name and version of the exporter.

    Raises CompileError where that ends or the exporter fails, WeightsError. Who breaks off ends it too.
    """
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    file = entry.folder / "model.toml"
    process = spawn.Process(target=_export, args=(theirs, file, target), daemon=True)
    process.start()
    theirs.close()
    try:
        with ours:
            found: str | ModelUnavailable = ours.recv()
    except EOFError as error:
        raise CompileError(
            f"The process that exported '{entry.key}' ended, as for want of memory: "
            "free some and try again; natively the model is served as before."
        ) from error
    finally:
        process.kill()
        process.join()
    if isinstance(found, ModelUnavailable):
        raise found
    return found


def compare(entry: ModelEntry, pages: Iterable[Page], one: Run, other: Run) -> Agreement:
    """How far two ways to run a network agree on pages, the entry's example among them.

    A network that reads beats is asked about those of simulated signals instead.
    """
    found = Agreement()
    for tensors in _tensors(entry, pages):
        for first, second in zip(one(tensors), other(tensors), strict=True):
            found.add(to_probabilities(first, entry), to_probabilities(second, entry))
    return found


def put(folder: Path, part: Path, record: Compiled) -> None:
    """Puts a compiled file and its record in place of those before; never one with another's record."""
    (folder / RECORD).unlink(missing_ok=True)
    part.replace(folder / NAME)
    record.write(folder)


def _export(connection: Connection, file: Path, target: Path) -> None:
    """Sends the exporter's name, or what went wrong."""
    try:
        from twelvelead.inference.compilation.onnx_export import write_onnx

        connection.send(write_onnx(read_entry(file), target))
    except ModelUnavailable as error:
        connection.send(error)
    except Exception as error:  # whatever an exporter raises must not stop the other models
        told = f"'{file.parent.name}' can't be exported ({type(error).__name__}: {error})."
        connection.send(CompileError(told))


def _with_example(entry: ModelEntry, pages: Iterable[Page]) -> Iterator[Page]:
    if isinstance(entry.example, Example):
        yield read_page_example(entry.folder, entry.example)
    yield from pages


def _tensors(entry: ModelEntry, pages: Iterable[Page]) -> Iterator[Batch]:
    """What the network reads, in small batches."""
    if entry.reads == "page":
        for batch in _batches(_with_example(entry, pages)):
            yield np.stack([entry.picture(page) for page in batch])
        return
    example = read_example(entry)
    if example is not None:
        yield from (example.read(entry, part)[0] for part in example.parts(entry))
    for beats in draw_beats():
        yield beat_tensors(entry, beats)


def _batches(pages: Iterator[Page]) -> Iterator[Sequence[Page]]:
    while batch := list(islice(pages, AT_ONCE)):
        yield batch


def _hold(entry: ModelEntry, found: Agreement) -> None:
    if found.max_difference > TOLERANCE or found.other_labels:
        raise CompileError(
            f"Compiled, '{entry.key}' answers otherwise than natively: the largest difference of a "
            f"probability is {found.max_difference:.5f} (at most {TOLERANCE} is allowed), the label is "
            f"another one on {found.other_labels} of {found.pages} pages. It was not kept."
        )
