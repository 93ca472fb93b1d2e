"""The process in which one framework lives: loads models and runs them, one request after the other."""

import importlib
import os
import signal
import tempfile
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model_registry.entry import ModelEntry
from model_registry.errors import EntryError, ModelUnavailable, RegistryError, WeightsError, named
from model_registry.read_entry import read_entry
from twelvelead.inference.resources.memory import give_back

Batch = npt.NDArray[np.float32]
Run = Callable[[Batch], Batch]


def serve(connection: Connection, module: str, threads: int, scratch: str) -> None:
    """Answers (number, (operation, path of model.toml, ..)) from the other end until that is closed.

    Each answer comes with its question's number. Operations: ("start",) and ("load", path, sha256,
    (height, width, channels)) -> name of the runtime, the latter after one answer for a page of
    zeros; ("run", path, batch) -> raw outputs; ("unload", path). What fails comes back as an exception
    of `model_registry.errors`. scratch: a folder for files that last no longer than a load; the asker
    removes it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which closes the pipe
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    tempfile.tempdir = scratch
    framework = _import(module, threads)
    loaded: dict[str, Run] = {}
    while True:
        try:
            number, (operation, *arguments) = connection.recv()
            connection.send((number, _answer(framework, loaded, operation, arguments)))
        except (EOFError, OSError):
            return  # nobody asks any more


def _import(module: str, threads: int) -> Any:
    """The framework's module, None where the framework is not installed."""
    try:
        framework = importlib.import_module(module)
    except ImportError:
        return None
    framework.limit_threads(threads)
    return framework


def _answer(framework: Any, loaded: dict[str, Run], operation: str, arguments: list[Any]) -> Any:
    if framework is None:
        return ModelUnavailable("Its framework is not installed here: run `make setup`.")
    if operation == "start":
        return framework.RUNTIME
    file = arguments[0]
    try:
        if operation == "load" and file not in loaded:
            loaded[file] = _load(framework, _read(file, arguments[1]), arguments[2])
        if operation == "unload":
            del loaded[file]
            give_back()
        return loaded[file](arguments[1]) if operation == "run" else framework.RUNTIME
    except EntryError as error:
        return ModelUnavailable(str(error))
    except RegistryError as error:
        return error
    except Exception as error:  # whatever a framework raises must not end the process
        return ModelUnavailable(
            f"{Path(file).parent.name} failed in its framework ({type(error).__name__})."
        )


def _load(framework: Any, entry: ModelEntry, shape: tuple[int, int, int]) -> Run:
    """A model that has answered once: its first run compiles, and takes the memory of all others.

    Raises WeightsError where it does not give one output a label.
    """
    run: Run = framework.load(entry)
    if np.shape(run(np.zeros((1, *shape), np.float32))) != (1, len(entry.labels)):
        raise WeightsError(
            f"{named(entry.weights.path)} does not give one output a label: it is of another network."
        )
    give_back()
    return run


def _read(file: str, sha256: str) -> ModelEntry:
    """The entry, if it still names the weights that the asker knows, labels and all."""
    entry = read_entry(Path(file))
    if entry.weights.sha256 != sha256:
        raise ModelUnavailable(f"{named(Path(file))} was changed since it was read.")
    return entry
