"""A framework for tests whose weight files say, as JSON, what a model answers. Runs in a worker.

Keys: outputs (one number a label), or by_page = true (outputs follow the picture's brightness); early
(other outputs, for beats of a signal whose last number of context, a share, is below 0.85);
refuse (a WeightsError with these words); bug (load raises), bug_in_run (a run raises); megabytes (what
the model takes of memory). Beside the weights, a file `exit` ends the process in the next run, one
named `exit_in_load` in the next load; while there is one named `spin`, a run goes round and round;
named pipes `gate` and `hold` keep a load and a run back until somebody writes into them. Each load and
each run adds a line to the file `log`; a batch of zeros, as after a load, is answered without all that.
The file `pid` names the process of the last load.
"""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model_registry.entry import ModelEntry
from model_registry.errors import WeightsError
from tests.support.models.tiny_models import Facts, write_entry
from twelvelead.inference.engines.weights import read_weights

Batch = npt.NDArray[np.float32]
RUNTIME = "fake 1.0"
EARLY = 0.85  # of the usual interval
FACTS = Facts()


def limit_threads(count: int) -> None:
    """One is enough."""


def load(entry: ModelEntry) -> Callable[[Batch], Batch]:
    says = json.loads(read_weights(entry.weights))
    _log(entry, "load")
    (entry.folder / "pid").write_text(str(os.getpid()), encoding="utf-8")
    _pass(entry.folder / "gate")
    _end_at(entry.folder / "exit_in_load")
    says["ballast"] = np.ones((says.get("megabytes", 0), 1_000_000), np.uint8)
    if "refuse" in says:
        raise WeightsError(says["refuse"])
    if "bug" in says:
        raise ZeroDivisionError("secret")

    def run(batch: Batch) -> Batch:
        if not batch.any():
            return np.zeros((len(batch), len(entry.labels)), np.float32)
        _log(entry, "run")
        _pass(entry.folder / "hold")
        _end_at(entry.folder / "exit")
        while (entry.folder / "spin").exists():
            pass
        if "bug_in_run" in says:
            raise ZeroDivisionError("secret")
        return _answers(says, batch)

    return run


def _answers(says: dict[str, Any], batch: Batch) -> Batch:
    if says.get("by_page"):
        level = batch.mean(axis=(1, 2, 3))
        return np.stack([level, -level, 2 * level, 0 * level], axis=1)
    answers = np.tile(np.float32(says["outputs"]), (len(batch), 1))
    if "early" in says:
        answers[batch[:, 0, 0, -1] < EARLY] = says["early"]
    return answers


def make_fake_model(folder: Path, key: str = "fake", facts: Facts = FACTS, **says: Any) -> Path:
    """Writes folder/<key> for a model whose weights say `says`; that folder."""
    home = Path(folder, key)
    home.mkdir(parents=True)
    text = json.dumps({"outputs": [0.1, 0.6, 0.2, 0.1]} | says)
    Path(home, "weights.keras").write_text(text, encoding="utf-8")
    write_entry(home, facts)
    return home


def rewrite_weights(home: Path, **says: Any) -> None:
    """Puts other weights into a model's folder, and their sha256 into its entry."""
    weights, entry = home / "weights.keras", home / "model.toml"
    before = hashlib.sha256(weights.read_bytes()).hexdigest()
    weights.write_text(json.dumps(says), encoding="utf-8")
    after = hashlib.sha256(weights.read_bytes()).hexdigest()
    entry.write_text(entry.read_text("utf-8").replace(before, after), encoding="utf-8")


def logged(home: Path, word: str) -> int:
    """How often a model was loaded ("load") or run ("run")."""
    log = home / "log"
    return log.read_text("utf-8").split().count(word) if log.exists() else 0


def _pass(pipe: Path) -> None:
    """Waits at a named pipe, where there is one, until somebody writes into it."""
    if pipe.exists():
        pipe.read_text("utf-8")


def _end_at(file: Path) -> None:
    """Ends the process, once, where there is this file."""
    if file.exists():
        file.unlink()
        os._exit(1)


def _log(entry: ModelEntry, word: str) -> None:
    with (entry.folder / "log").open("a", encoding="utf-8") as log:
        log.write(f"{word}\n")
