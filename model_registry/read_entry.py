"""Reads and checks one `model.toml`; what is wrong is said with file, key and what would be right."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from ecg.beats.drawing import BeatDrawing
from ecg.page.page import Colour
from ecg.tasks import TASKS, Task
from model_registry.architectures import ARCHITECTURES
from model_registry.entry import Framework, Head, ModelEntry, Output, Runtime, Weights
from model_registry.errors import EntryError, named
from model_registry.preprocessing import STEPS, Preprocessing, Scale
from model_registry.read_beat import read_drawing, read_segment
from model_registry.read_example import read_example
from model_registry.segments import SegmentReading
from model_registry.table import Table

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
SHA256 = re.compile(r"[0-9a-f]{64}")
SUFFIXES = {"keras": (".keras", ".h5"), "pytorch": (".safetensors", ".pth")}
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
COMPILED = (
    "compiled.onnx"  # made by `twelvelead compile`, instead of the weights where those are missing
)
MAX_SIDE = 2048  # px


def read_entry(file: Path) -> ModelEntry:
    """The entry of the network in `file`; its folder's name is the model's key.

    Raises EntryError for text that is no TOML, a key that is unknown, missing or of the wrong type,
    a value out of range, and weights that are missing or a Git-LFS pointer.
    """
    table = open_table(file)
    framework: Framework = table.one_of("framework", get_args(Framework))
    task = read_task(table)
    labels = read_labels(table, task)
    entry = ModelEntry(
        key=file.parent.name,
        title=read_title(table),
        task=task,
        framework=framework,
        labels=labels,
        output=table.one_of("output", get_args(Output)),
        weights=_weights(table.table("weights"), framework),
        preprocessing=_reading(table, task),
        drawing=_drawing(table, task),
        architecture=_architecture(table, framework),
        head=_head(table, framework),
        runtime=table.one_of("runtime", get_args(Runtime)) if table.has("runtime") else "auto",
        temperature=read_temperature(table),
        accept_from=read_accept_from(table),
        example=read_example(table, labels),
        metrics=read_metrics(file.parent / "metrics.json"),
    )
    table.nothing_else()
    _check_fit(table, entry)
    return entry


def open_table(file: Path) -> Table:
    """What stands in `file`. Raises EntryError for a key that is none and text that is no TOML."""
    if not KEY.fullmatch(file.parent.name):
        raise EntryError(
            f"{named(file)}: the folder's name is the model's key and may hold only "
            "a-z, 0-9, '_' and '-', at most 64 of them."
        )
    try:
        return Table(file, tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise EntryError(f"{named(file)}: this is not TOML: {error}.") from error
    except OSError as error:
        raise EntryError(f"{named(file)}: can't be read: {error.strerror}.") from error


def read_task(table: Table) -> Task:
    """One of the tasks that there are."""
    return TASKS[table.one_of("task", tuple(TASKS))]


def read_title(table: Table) -> str:
    """What people read."""
    title = table.text("title").strip()
    if not title:
        raise table.wrong("title", "give the words that people read")
    return title


def read_labels(table: Table, task: Task) -> tuple[str, ...]:
    """Two or more labels of the task, each once."""
    labels = table.texts("labels")
    unknown = sorted(set(labels) - set(task.labels))
    if unknown or len(labels) < 2 or len(set(labels)) != len(labels):
        raise table.wrong(
            "labels",
            f"list each of the model's outputs once, in its order, out of {', '.join(task.labels)}",
        )
    return labels


def _weights(table: Table, framework: Framework) -> Weights:
    file, sha256 = table.text("file"), table.text("sha256")
    suffixes = SUFFIXES[framework]
    if Path(file).name != file or not file.endswith(suffixes):
        raise table.wrong(
            "file", f"name a file in this folder that ends in {' or '.join(suffixes)}"
        )
    if not SHA256.fullmatch(sha256):
        raise table.wrong("sha256", "give the 64 hexadecimal digits that `sha256sum` prints")
    path = table.file.parent / file
    if not path.is_file():
        if (table.file.parent / COMPILED).is_file():
            return Weights(path, sha256)  # served compiled only, as in a small image
        raise table.wrong("file", f"{file} is missing; put the weights beside this model.toml")
    with path.open("rb") as opened:
        if opened.read(len(LFS_POINTER)) == LFS_POINTER:
            raise table.wrong(
                "file", f"{file} is a Git-LFS pointer, not the weights; run `git lfs pull`"
            )
    return Weights(path, sha256)


def _reading(table: Table, task: Task) -> Preprocessing | SegmentReading:
    """How pictures are read, or segments of a signal: an entry says one of the two."""
    if not table.has("segment"):
        return _preprocessing(table.table("preprocessing"))
    if table.has("preprocessing") or table.has("drawing") or task.subject != "beat":
        raise table.wrong(
            "segment", "goes with a task about beats, without 'preprocessing' and 'drawing'"
        )
    return read_segment(table.table("segment"))


def _drawing(table: Table, task: Task) -> BeatDrawing | None:
    """How beats are drawn for a network that reads pictures of them."""
    if task.subject == "beat" and not table.has("segment"):
        return read_drawing(table.table("drawing"))
    if table.has("drawing"):
        raise table.wrong("drawing", "goes with a task about beats: leave it out")
    return None


def _preprocessing(table: Table) -> Preprocessing:
    sides = table.integers("size")
    if len(sides) != 2 or not all(16 <= side <= MAX_SIDE for side in sides):
        raise table.wrong("size", f"give [height, width] in pixels, 16 to {MAX_SIDE} each")
    colour: Colour = table.one_of("colour", get_args(Colour))
    scale: Scale = table.one_of("scale", get_args(Scale))
    channels = table.integer("channels", 3 if colour == "rgb" or scale == "imagenet" else 1)
    steps = table.texts("steps", ())
    if channels not in (1, 3) or (channels == 1 and (colour == "rgb" or scale == "imagenet")):
        raise table.wrong("channels", 'use 3, or 1 with colour = "grey" and another scale')
    if not set(steps) <= set(STEPS) or (steps and colour != "grey"):
        raise table.wrong("steps", f'use {", ".join(STEPS)}, with colour = "grey"')
    return Preprocessing((sides[0], sides[1]), colour, scale, channels, steps)


def _architecture(table: Table, framework: Framework) -> str:
    if framework == "pytorch":
        return str(table.one_of("architecture", tuple(ARCHITECTURES)))
    return table.text("architecture", "")


def _head(table: Table, framework: Framework) -> Head:
    if framework == "keras":
        return Head()
    hidden = table.integers("head") if table.has("head") else None
    if hidden is not None and not all(1 <= width <= 8192 for width in hidden):
        raise table.wrong("head", "give the widths of hidden layers, 1 to 8192, as in [512] or []")
    taps = _taps(table)
    pooling = _pooling(table, hidden, taps)
    return Head(hidden, pooling, table.number("dropout", (0.0, 0.95), 0.5), taps)


def _taps(table: Table) -> tuple[str, ...]:
    if not table.has("taps"):
        return ()
    taps = table.texts("taps")
    layers = ARCHITECTURES[table.one_of("architecture", tuple(ARCHITECTURES))].taps
    if not taps or list(taps) != [layer for layer in layers if layer in taps]:
        raise table.wrong("taps", f"name layers in their order, out of {', '.join(layers)}")
    if not (table.has("pooling") and table.has("head")):
        raise table.wrong("taps", "goes with a head and with pooling, as in [4, 4]")
    return taps


def _pooling(
    table: Table, hidden: tuple[int, ...] | None, taps: tuple[str, ...]
) -> tuple[int, int] | None:
    if not table.has("pooling"):
        return None
    cells = table.integers("pooling")
    if len(cells) != 2 or not all(1 <= side <= 64 for side in cells):
        raise table.wrong(
            "pooling", "give [rows, columns], as in [1, 1] for global average pooling"
        )
    pools = sorted(name for name, facts in ARCHITECTURES.items() if facts.pools)
    if hidden is None or (table.text("architecture") not in pools and not taps):
        raise table.wrong(
            "pooling", f"goes with a head, and without taps with {', '.join(pools)} only"
        )
    return cells[0], cells[1]


def read_temperature(table: Table) -> float:
    """What divides the logits; 1 where nothing is said."""
    return table.table("calibration", {}).number("temperature", (0.01, 100.0), 1.0)


def read_accept_from(table: Table) -> float:
    """From which probability on answers count; 0.5 where nothing is said."""
    return table.table("decision", {}).number("accept_from", (0.0, 1.0), 0.5)


def read_metrics(file: Path) -> Mapping[str, Any] | None:
    """What `twelvelead train` measured, where it stands beside the entry."""
    if not file.is_file():
        return None
    try:
        metrics = json.loads(file.read_text(encoding="utf-8"), parse_constant=_no_number)
    except ValueError as error:
        raise EntryError(f"{named(file)}: this is not JSON: {error}.") from error
    if not isinstance(metrics, dict):
        raise EntryError(f"{named(file)}: it should hold one JSON object.")
    return metrics


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number in JSON")


def _check_fit(table: Table, entry: ModelEntry) -> None:
    """What two keys say together."""
    if entry.framework == "pytorch":
        smallest = ARCHITECTURES[entry.architecture].min_side
        if isinstance(entry.preprocessing, SegmentReading):
            raise table.wrong(
                "segment", "the architectures here read pictures; use Keras for segments"
            )
        if min(entry.preprocessing.size) < smallest:
            raise table.wrong(
                "preprocessing.size", f"{entry.architecture} needs at least {smallest} px a side"
            )
        if entry.preprocessing.channels != 3:
            raise table.wrong("preprocessing.channels", f"{entry.architecture} reads 3 channels")
