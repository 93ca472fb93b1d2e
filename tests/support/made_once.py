"""What is made once a run, however many workers pytest has."""

import fcntl
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder `name`, which the first worker to want it has `make` fill, while others wait for it.

    It is the same folder for all workers: copy it before changing anything in it. Passes on what
    `make` raises; the next one to want it tries again.
    """
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # which the workers share
    folder = root / name
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            part = Path(tempfile.mkdtemp(prefix=f"{name}.part", dir=root))
            make(part)
            part.rename(folder)
    return folder
