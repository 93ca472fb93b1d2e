"""The process in which one framework lives: loads models and runs them, one request after the other."""

import importlib
import os
import signal
import tempfile
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from model_registry.errors import ModelUnavailable, WeightsError, named
from twelvelead.inference.resources.memory import give_back

if TYPE_CHECKING:  # a process that starts imports its framework first
    from model_registry.entry import ModelEntry

Batch = npt.NDArray[np.float32]
Run = Callable[[Batch], Batch]


def serve(connection: Connection, module: str, threads: int, scratch: str) -> None:
    """Answers (number, (operation, ..)) from the other end until that is closed.

    Each answer comes with its question's number. Operations: ("start",) and ("load", key, entry) ->
    name of the runtime, the latter after one answer for a page of zeros; ("run", key, batch) -> raw
    outputs; ("unload", key). What fails comes back as an exception of `model_registry.errors`.
    scratch: a folder for files that last no longer than a load; the asker removes it.
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
    key = arguments[0]
    try:
        if operation == "load" and key not in loaded:
            loaded[key] = _load(framework, arguments[1])
        if operation == "unload":
            del loaded[key]
            give_back()
        return loaded[key](arguments[1]) if operation == "run" else framework.RUNTIME
    except ModelUnavailable as error:
        return error
    except Exception as error:  # whatever a framework raises must not end the process
        return ModelUnavailable(f"{key} failed in its framework ({type(error).__name__}).")


def _load(framework: Any, entry: "ModelEntry") -> Run:
    """A model that has answered once: its first run compiles, and takes the memory of all others.

    Raises WeightsError where it does not give one output a label.
    """
    run: Run = framework.load(entry)
    blank = np.zeros((1, *entry.preprocessing.shape), np.float32)
    if np.shape(run(blank)) != (1, len(entry.labels)):
        raise WeightsError(
            f"{named(entry.weights.path)} does not give one output a label: it is of another network."
        )
    give_back()
    return run
