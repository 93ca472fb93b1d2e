"""Settings, all from the environment, in one table; a wrong value or name is refused at start."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ecg.library import DEFAULT_FOLDERS, plain_name
from ecg.tasks import CARDIAC_PAGE_4

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "TWELVELEAD_"


class SettingsError(ValueError):
    """A setting that can't be used; the message names it and says what would be right."""


def _folder(text: str) -> Path:
    path = Path(text).expanduser()
    if not path.is_dir():
        raise ValueError("a folder that exists")
    return path


def _keys(text: str) -> tuple[str, ...]:
    return tuple(key.strip() for key in text.split(",") if key.strip())


def _threads(text: str) -> int:
    if not text.isdecimal() or int(text) > 256:
        raise ValueError("a whole number from 0 (all cores) to 256")
    return int(text)


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
        "TWELVELEAD_THREADS": Setting(
            _threads, "`0`", "compute threads of each framework; 0: all cores"
        ),
    }
)


@dataclass(frozen=True)
class Settings:
    """What the app goes by; TABLE says how each field is read from the environment."""

    models_dir: Path = ROOT / "models"
    data_dir: Path | None = None
    data_folders: Mapping[str, str] = field(default_factory=lambda: DEFAULT_FOLDERS)
    warm: tuple[str, ...] = ()
    threads: int = 0

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


def settings_table() -> str:
    """All settings as a Markdown table, for the README."""
    rows = [f"| `{name}` | {one.default} | {one.meaning} |" for name, one in TABLE.items()]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])
