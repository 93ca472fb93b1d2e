"""The process in which one framework lives: loads models and runs them, one request after the other."""

import gc
import importlib
import os
import signal
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.memory import give_back
from model_registry.entry import ModelEntry
from model_registry.errors import EntryError, ModelUnavailable, RegistryError
from model_registry.read_entry import read_entry

Batch = npt.NDArray[np.float32]
Run = Callable[[Batch], Batch]


def serve(connection: Connection, module: str, threads: int) -> None:
    """Answers (operation, arguments) from the other end until that is closed.

    Operations: ("load", path of model.toml, sha256) -> name of the runtime; ("run", the same path, batch)
    -> raw outputs; ("unload", the same path) -> None. What fails comes back as an exception of
    `model_registry.errors`.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which closes the pipe
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    framework = _import(module, threads)
    loaded: dict[str, Run] = {}
    while True:
        try:
            operation, *arguments = connection.recv()
        except EOFError:
            return
        connection.send(_answer(framework, loaded, operation, arguments))


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
    file = arguments[0]
    try:
        return OPERATIONS[operation](framework, loaded, *arguments)
    except EntryError as error:
        return ModelUnavailable(str(error))
    except RegistryError as error:
        return error
    except Exception as error:  # whatever a framework raises must not end the process
        return ModelUnavailable(
            f"{Path(file).parent.name} failed in its framework ({type(error).__name__})."
        )


def _load(framework: Any, loaded: dict[str, Run], file: str, sha256: str) -> Any:
    if file not in loaded:
        loaded[file] = framework.load(_read(file, sha256))
    return framework.RUNTIME


def _run(_: Any, loaded: dict[str, Run], file: str, batch: Batch) -> Batch:
    return loaded[file](batch)


def _unload(_: Any, loaded: dict[str, Run], file: str) -> None:
    loaded.pop(file, None)
    gc.collect()
    give_back()


OPERATIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {"load": _load, "run": _run, "unload": _unload}
)


def _read(file: str, sha256: str) -> ModelEntry:
    """The entry, if it still names the weights that the asker knows, labels and all."""
    entry = read_entry(Path(file))
    if entry.weights.sha256 != sha256:
        raise ModelUnavailable(f"{file} was changed since the app started: restart it.")
    return entry
