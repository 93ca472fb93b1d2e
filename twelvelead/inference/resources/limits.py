"""What serving may take of the machine: runs at once, threads, memory, time."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from model_registry import Runtime
from model_registry.errors import Busy

GIGABYTE = 1_000_000_000


@dataclass(frozen=True)
class Limits:
    """Bounds of one predictor.

    runs: pages that are worked on at once, 0 for one a core. threads: compute threads of each run, 0
    for cores / runs. model_memory: bytes that loaded models may take, as measured. runtime: "onnx"
    serves compiled models only, "native" none of them, "auto" those that are compiled and fresh.
    native_idle: seconds after which a framework's process that nobody asks is ended. answers_kept:
    seconds for which the answers for a page are kept, 0 for not at all.
    """

    runs: int = 0
    threads: int = 0
    model_memory: int = 4 * GIGABYTE
    runtime: Runtime = "auto"
    native_idle: float = 300.0
    answers_kept: float = 60.0


class Deadline:
    """A moment after which nobody waits for an answer any more."""

    def __init__(self, seconds: float = float("inf")) -> None:
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds until then, 0 when it has passed."""
        return max(0.0, self._until - time.monotonic())

    def check(self) -> None:
        """Raises Busy once it has passed: for `ecg.interrupt.Check`."""
        if not self.left():
            raise Busy("There was no time left to read what was sent; ask again, or send less.")


FOREVER = Deadline()


@dataclass(frozen=True)
class Usage:
    """What a predictor has in memory and did so far.

    budget: bytes that models may take. resident: key of each loaded model -> bytes, as measured.
    loads: (key, "onnx" or framework) -> how often loaded; evictions: key -> how often put out for
    another; processes: framework -> bytes resident of its process, where one runs. running: pages
    that are worked on now; waiting: those that wait for their slot.
    """

    budget: int = 0
    resident: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    loads: Mapping[tuple[str, str], int] = field(default_factory=lambda: MappingProxyType({}))
    evictions: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    processes: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    running: int = 0
    waiting: int = 0
