"""What loads and runs networks, whichever way it does."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from model_registry.entry import ModelEntry
from twelvelead.inference.resources.limits import Deadline

Batch = npt.NDArray[np.float32]


class Engine(Protocol):
    """What loads and runs models: a framework in a process of its own, or ONNX Runtime in this one."""

    def load(self, entry: ModelEntry, deadline: Deadline) -> str:
        """Loads a model; the name of its runtime."""

    def run(self, entry: ModelEntry, batch: Batch, deadline: Deadline) -> Batch:
        """Raw outputs (n, labels) for (n, height, width, channels)."""

    def unload(self, entry: ModelEntry) -> None:
        """Forgets a model."""

    def cost(self, entry: ModelEntry) -> int:
        """Bytes that a loaded model takes, as measured."""

    def close(self) -> None:
        """Forgets all."""
