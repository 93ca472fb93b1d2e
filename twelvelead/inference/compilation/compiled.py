"""The compiled form of a model: `compiled.onnx`, beside a record of what it was made from.

A compiled model is fresh while the record names the model's weights and all else in its entry that
the answer depends on; otherwise it is stale, and never served.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from model_registry.entry import COMPILED, ModelEntry
from model_registry.errors import WeightsError, named
from twelvelead.inference.engines.weights import read_weights

OPSET = 20  # of ONNX, which ONNX Runtime runs since 1.17
FORM = (
    1  # raise it when the exported graph gets another form: what was compiled before is stale then
)
PAGES, OUTPUTS, ACTIVATION = "pages", "outputs", "activation"
NAME, RECORD = COMPILED, "compiled.json"

Freshness = Literal["none", "fresh", "stale"]


@dataclass(frozen=True)
class Compiled:
    """What `compiled.json` says.

    sha256: of compiled.onnx. made_from: see `fingerprint`. max_difference: the largest difference of
    a probability (0..1) from the native model's over `pages` pages, each label being the same.
    precision: "float32" or "int8".
    """

    sha256: str
    made_from: str
    opset: int
    exporter: str
    pages: int
    max_difference: float
    precision: str = "float32"

    def write(self, folder: Path) -> None:
        """Writes the record into a model's folder."""
        text = json.dumps(asdict(self), indent=2)
        part = folder / f"{RECORD}.part"
        part.write_text(text + "\n", encoding="utf-8")
        part.replace(folder / RECORD)


def fingerprint(entry: ModelEntry) -> str:
    """A sha256 over all in an entry that a network's raw outputs depend on, its weights first."""
    told: list[Any] = [FORM, entry.weights.sha256, entry.framework, entry.architecture]
    told += [asdict(entry.head), entry.output, entry.labels, asdict(entry.preprocessing)]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def read_compiled(entry: ModelEntry) -> Compiled | None:
    """The record of a model's compiled form, fresh or stale; None where there is none.

    Raises WeightsError where the record can't be read, or its file is missing.
    """
    file = entry.folder / RECORD
    if not file.is_file():
        return None
    try:
        record = Compiled(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise WeightsError(
            f"{named(file)} can't be read: run `twelvelead compile {entry.key}` again."
        ) from error
    if not (entry.folder / NAME).is_file():
        raise WeightsError(
            f"{named(entry.folder / NAME)} is missing: run `twelvelead compile {entry.key}` again."
        )
    return record


def freshness(entry: ModelEntry) -> Freshness:
    """Whether a model is compiled, and from what it is now. Raises WeightsError as `read_compiled`."""
    record = read_compiled(entry)
    if record is None:
        return "none"
    return "fresh" if record.made_from == fingerprint(entry) else "stale"


def hold_onnx(entry: ModelEntry) -> Path:
    """The compiled file of a fresh model, hashed just now.

    Raises WeightsError where it or the weights were altered; weights that are not there at all are
    those of an image without frameworks, and the record names them.
    """
    record = read_compiled(entry)
    if record is None or record.made_from != fingerprint(entry):
        raise WeightsError(
            f"The model '{entry.key}' is not compiled as it is now: run `twelvelead compile {entry.key}`."
        )
    if entry.weights.path.exists():  # left out of a small image; nothing else can be served there
        read_weights(entry.weights)
    return _hold_file(entry, record)


def damage(entry: ModelEntry) -> str:
    """What is wrong with a model's compiled files, in a sentence; empty where they are sound or stale."""
    try:
        record = read_compiled(entry)
        if record is not None and record.made_from == fingerprint(entry):
            _hold_file(entry, record)
    except WeightsError as error:
        return str(error)
    return ""


def _hold_file(entry: ModelEntry, record: Compiled) -> Path:
    file = entry.folder / NAME
    try:
        with file.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"{named(file)} can't be read: {error.strerror}.") from error
    if found != record.sha256:
        raise WeightsError(
            f"{named(file)} has the sha256 {found}, {RECORD} says {record.sha256}: "
            f"run `twelvelead compile {entry.key}` again."
        )
    return file
