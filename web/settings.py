"""Settings, all from the environment, in one table; a wrong value or name is refused at start."""

import dataclasses
import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
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


def _setting(read: Callable[[str], Any], default: Any, meaning: str) -> Any:
    metadata = {"read": read, "meaning": meaning}
    if isinstance(default, Mapping):
        return dataclasses.field(default_factory=lambda: default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class Settings:
    """Each field is the environment variable TWELVELEAD_<NAME IN CAPITALS>."""

    models_dir: Path = _setting(_folder, ROOT / "models", "the registry: a folder for each model")
    data_dir: Path | None = _setting(_folder, None, "labelled pages to browse, in class folders")
    data_folders: Mapping[str, str] = _setting(
        _folders, DEFAULT_FOLDERS, "names of class folders: folder=label;folder=label"
    )
    warm: tuple[str, ...] = _setting(_keys, (), "models loaded at start: keys with commas, or all")
    threads: int = _setting(_threads, 0, "compute threads of each framework; 0: all cores")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Raises SettingsError for a value that can't be used, or an unknown TWELVELEAD_ name."""
        fields = {PREFIX + field.name.upper(): field for field in dataclasses.fields(cls)}
        values: dict[str, Any] = {}
        for name, text in environ.items():
            if not name.startswith(PREFIX) or text == "":
                continue
            if name not in fields:
                near = difflib.get_close_matches(name, fields, n=1)
                meant = f"did you mean {near[0]}?" if near else f"known are {', '.join(fields)}."
                raise SettingsError(f"There is no setting {name}; {meant}")
            try:
                values[fields[name].name] = fields[name].metadata["read"](text)
            except ValueError as error:
                raise SettingsError(f"{name} should be {error}, not {text!r}.") from error
        return cls(**values)


def settings_table() -> str:
    """All settings as a Markdown table, for the README."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for field in dataclasses.fields(Settings):
        default = field.default
        if isinstance(default, Path):
            shown = f"`{default.relative_to(ROOT)}`"
        elif default is dataclasses.MISSING:
            shown = "the public sets' names"
        else:
            shown = "none" if default in (None, ()) else f"`{default}`"
        rows.append(f"| `{PREFIX}{field.name.upper()}` | {shown} | {field.metadata['meaning']} |")
    return "\n".join(rows)
