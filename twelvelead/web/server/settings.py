"""Settings, all from the environment, in one table; a wrong value or name is refused at start."""

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

from ecg.page.folder_names import DEFAULT_FOLDERS, plain_name
from ecg.tasks import CARDIAC_PAGE_4
from model_registry import Runtime
from twelvelead.inference.resources.machine import read_bytes
from twelvelead.project import MODELS

PREFIX = "TWELVELEAD_"
HOST = re.compile(r"\*|(\*\.)?[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63}){0,9}|\[[0-9a-f:.]{2,45}\]")
HOUR, DAY = 3600, 86_400  # s
Log = Literal["json", "text", "off"]


class SettingsError(ValueError):
    """A setting that can't be used; the message names it and says what would be right."""


def _folder(text: str) -> Path:
    path = Path(text).expanduser()
    if not path.is_dir():
        raise ValueError("a folder that exists")
    return path


def _keys(text: str) -> tuple[str, ...]:
    return tuple(key.strip() for key in text.split(",") if key.strip())


def _whole(most: int, zero: str) -> Callable[[str], int]:
    """Reads a whole number from 0, which means `zero`, to `most`."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal()) or int(text) > most:
            raise ValueError(f"a whole number from 0 ({zero}) to {most}")
        return int(text)

    return read


def _seconds(least: float, most: float, zero: str = "") -> Callable[[str], float]:
    """Reads seconds from `least` to `most`; `zero` is what 0 means."""

    def read(text: str) -> float:
        number = float(text) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) else -1.0
        if not least <= number <= most:
            begin = f"{least:g} ({zero})" if zero else f"{least:g}"
            raise ValueError(f"seconds from {begin} to {most:g}")
        return number

    return read


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return text

    return read


def _hosts(text: str) -> tuple[str, ...]:
    names = tuple(name.strip().lower() for name in text.split(",") if name.strip())
    if not all(HOST.fullmatch(name) for name in names):
        raise ValueError(
            "names as in ecg.example.org, *.example.org, 192.0.2.1, [2001:db8::1] or *"
        )
    return names


def _folders(text: str) -> Mapping[str, str]:
    known = ", ".join(CARDIAC_PAGE_4.labels)
    pairs = [pair.partition("=") for pair in text.split(";") if pair.strip()]
    if any(label.strip() not in CARDIAC_PAGE_4.labels for _, _, label in pairs):
        raise ValueError(f"folder=label;folder=label with labels out of {known}")
    return {plain_name(name): label.strip() for name, _, label in pairs}


@dataclass(frozen=True)
class Setting:
    """How one variable is read (ValueError with what would be right), its default, its meaning."""

    read: Callable[[str], Any]
    default: str
    meaning: str


TABLE: Mapping[str, Setting] = MappingProxyType(
    {
        "TWELVELEAD_MODELS_DIR": Setting(
            _folder, "`models`", "the registry: a folder for each model"
        ),
        "TWELVELEAD_DATA_DIR": Setting(
            _folder, "none", "labelled pages to browse, in class folders"
        ),
        "TWELVELEAD_DATA_FOLDERS": Setting(
            _folders,
            "the public sets' names",
            "names of class folders: `folder=label;folder=label`",
        ),
        "TWELVELEAD_WARM": Setting(
            _keys, "none", "models loaded at start: keys with commas, or `all`"
        ),
        "TWELVELEAD_RUNS": Setting(
            _whole(256, "one a core"), "`0`", "pages worked on at once; 0: one a core"
        ),
        "TWELVELEAD_THREADS": Setting(
            _whole(256, "cores / runs"),
            "`0`",
            "compute threads of each run; 0: cores / runs; runs x threads never above the cores",
        ),
        "TWELVELEAD_MEMORY": Setting(
            read_bytes,
            "all that there is",
            "what the server may take with its models, uploads and recordings: `1GB`; where the "
            "machine or its container has less, that",
        ),
        "TWELVELEAD_MODEL_MEMORY": Setting(
            read_bytes,
            "what the rest leaves of half of the memory",
            "what loaded models may take: `512MB`, `1.5GB`, `2GiB`",
        ),
        "TWELVELEAD_RUNTIME": Setting(
            _one_of(*get_args(Runtime)),
            "`auto`",
            "`onnx`: compiled models only; `native`: the frameworks only; `auto`: what is compiled, "
            "else the framework",
        ),
        "TWELVELEAD_NATIVE_IDLE": Setting(
            _seconds(1, 7 * DAY), "`300`", "seconds after which an unasked framework's process ends"
        ),
        "TWELVELEAD_ANSWERS_KEPT": Setting(
            _seconds(0, DAY, "not at all"),
            "`60`",
            "seconds for which answers are kept for the same page and model; 0: not at all",
        ),
        "TWELVELEAD_ADMITTED": Setting(
            _whole(512, "32 a run"),
            "`0`",
            "requests with a page at once, running and waiting; 0: 32 a run, a quarter of them "
            "while answers are slow; others get 503 and `Retry-After`",
        ),
        "TWELVELEAD_DEADLINE": Setting(
            _seconds(1, HOUR), "`30`", "seconds after which nobody waits for an answer any more"
        ),
        "TWELVELEAD_HOSTS": Setting(
            _hosts,
            "loopback names, or any where it listens on more than loopback",
            "names under which it answers, beside localhost: `ecg.example.org,*.example.org`; "
            "`*`: any",
        ),
        "TWELVELEAD_LOG": Setting(
            _one_of(*get_args(Log)), "`json`", "a line a request on stderr: `json`, `text` or `off`"
        ),
    }
)


@dataclass(frozen=True)
class Settings:
    """What the app goes by; TABLE says how each field is read from the environment."""

    models_dir: Path = MODELS
    data_dir: Path | None = None
    data_folders: Mapping[str, str] = field(default_factory=lambda: DEFAULT_FOLDERS)
    warm: tuple[str, ...] = ()
    runs: int = 0
    threads: int = 0
    memory: int = 0  # bytes; 0: what the machine has
    model_memory: int = 0  # bytes; 0: as `capacity_of` derives it
    runtime: Runtime = "auto"
    native_idle: float = 300.0
    answers_kept: float = 60.0
    admitted: int = 0
    deadline: float = 30.0
    hosts: tuple[str, ...] = ()
    log: Log = "json"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Raises SettingsError for a value that can't be used, or an unknown TWELVELEAD_ name."""
        values: dict[str, Any] = {}
        for name, text in environ.items():
            if not name.startswith(PREFIX) or text == "":
                continue
            if name not in TABLE:
                near = difflib.get_close_matches(name, TABLE, n=1)
                meant = f"did you mean {near[0]}?" if near else f"known are {', '.join(TABLE)}."
                raise SettingsError(f"There is no setting {name}; {meant}")
            try:
                values[name.removeprefix(PREFIX).lower()] = TABLE[name].read(text)
            except ValueError as error:
                raise SettingsError(f"{name} should be {error}, not {text!r}.") from error
        return cls(**values)

    def models_to_warm(self, known: Collection[str]) -> list[str]:
        """Those of the `known` models that are to be loaded at start. Raises SettingsError for others."""
        names = sorted(known)
        if not set(self.warm) <= {*names, "all"}:
            told = ", ".join([*names, "all"])
            raise SettingsError(f"TWELVELEAD_WARM names unknown models; known are {told}.")
        return [key for key in names if key in self.warm or "all" in self.warm]


def settings_table() -> str:
    """All settings as a Markdown table, for the README."""
    rows = [f"| `{name}` | {one.default} | {one.meaning} |" for name, one in TABLE.items()]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])
