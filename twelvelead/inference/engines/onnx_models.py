"""Compiled models, on ONNX Runtime, in the process that asks: no framework, many threads at once."""

import functools
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read when ONNX Runtime is first imported

import onnxruntime

from model_registry.entry import ModelEntry
from model_registry.errors import Busy, NoUsableAnswer, WeightsError, named
from twelvelead.inference.compilation.compiled import OUTPUTS, PAGES, hold_onnx, read_compiled
from twelvelead.inference.resources.limits import FOREVER, Deadline
from twelvelead.inference.resources.memory import give_back, resident_memory

Batch = npt.NDArray[np.float32]

onnxruntime.disable_telemetry_events()  # nobody is told what runs here
RUNTIME = f"onnxruntime {onnxruntime.__version__}"
AS_REQUESTED = 1  # an arena grows by what is asked for, not to the next power of two


class OnnxModels:
    """The compiled models that are loaded. Safe to call from many threads; runs go side by side.

    threads: compute threads of each run; they wait asleep, not spinning, so that runs beside each
    other don't take each other's cores.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._sessions: dict[str, Any] = {}
        self._costs: dict[str, int] = {}
        self._loading = threading.Lock()

    def load(self, entry: ModelEntry, deadline: Deadline = FOREVER) -> str:
        """Loads a compiled model; the name of its runtime. Raises WeightsError."""
        del deadline  # it takes a second at most, and can't be broken off
        with self._loading:
            if entry.key not in self._sessions:
                self._sessions[entry.key] = self._open(entry)
        return runtime_of(entry)

    def run(self, entry: ModelEntry, batch: Batch, deadline: Deadline = FOREVER) -> Batch:
        """Raw outputs, float32 (n, labels), of a loaded model for float32 (n, h, w, c).

        Raises NoUsableAnswer where ONNX Runtime fails, Busy where the model was just put out.
        """
        del deadline
        session = self._sessions.get(entry.key)
        if session is None:
            raise Busy(f"The model '{entry.key}' was just put out of memory; ask again.")
        try:
            return run_session(session, batch)
        except Exception as error:  # onnxruntime's own exceptions share no public class
            raise NoUsableAnswer(
                f"The model '{entry.key}' failed in {RUNTIME} ({type(error).__name__})."
            ) from error

    def cost(self, entry: ModelEntry) -> int:
        """Bytes that a loaded model takes, as measured when it was loaded and ran once."""
        return self._costs[entry.key]

    def unload(self, entry: ModelEntry) -> None:
        """Forgets a model and gives its memory back to the system."""
        self._sessions.pop(entry.key, None)
        give_back()

    def close(self) -> None:
        """Forgets all."""
        self._sessions.clear()

    def _open(self, entry: ModelEntry) -> Any:
        before = resident_memory()
        file = hold_onnx(entry)
        session, size = open_session(file, entry, self._threads), file.stat().st_size
        give_back()
        self._costs[entry.key] = max(size, resident_memory() - before)
        return session


@functools.cache
def _share_arena() -> None:
    """One arena for what all models' runs compute with; weights lie outside, and go with their model."""
    memory = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    growing = onnxruntime.OrtArenaCfg({"arena_extend_strategy": AS_REQUESTED})
    onnxruntime.create_and_register_allocator(memory, growing)


def open_session(file: Path, entry: ModelEntry, threads: int = 0) -> Any:
    """ONNX Runtime's session over a compiled file, which it ran once; 0 threads are one a core.

    Raises WeightsError where ONNX Runtime can't read it, or its input or output is not what the entry says.
    """
    _share_arena()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.use_env_allocators", "1")
    options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")
    try:
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        shape = tuple(session.get_inputs()[0].shape[1:])
        if shape != entry.preprocessing.shape:
            raise ValueError(f"it reads {shape}")
        found = run_session(session, np.zeros((1, *shape), np.float32)).shape
        if found != (1, len(entry.labels)):
            raise ValueError(f"it gives {found}")
    except Exception as error:  # onnxruntime's own exceptions share no public class
        raise WeightsError(
            f"{named(file)} can't be loaded by {RUNTIME} "
            f"({type(error).__name__}): run `twelvelead compile {entry.key}` again."
        ) from error
    return session


def run_session(session: Any, batch: Batch) -> Batch:
    """Raw outputs, float32 (n, labels)."""
    return np.asarray(session.run([OUTPUTS], {PAGES: batch})[0], dtype=np.float32)


def runtime_of(entry: ModelEntry) -> str:
    """How answers name the runtime of a compiled model, its precision where that is not float32."""
    record = read_compiled(entry)
    return RUNTIME if record is None or record.precision == "float32" else f"{RUNTIME} int8"
