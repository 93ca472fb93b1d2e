"""The registry: every folder under `models/` that holds a `model.toml`, good or broken."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from model_registry.entry import ModelEntry
from model_registry.errors import EntryError, ModelUnavailable, UnknownModel
from model_registry.read_entry import read_entry


class Registry(Mapping[str, ModelEntry]):
    """Model key -> entry, in the order of keys; entries that can't be used are kept with the reason."""

    def __init__(self, entries: Mapping[str, ModelEntry], broken: Mapping[str, str]) -> None:
        self._entries = dict(entries)
        self.broken = dict(broken)

    def __getitem__(self, key: str) -> ModelEntry:
        """Raises UnknownModel (naming the known keys) or ModelUnavailable (with the reason)."""
        if key in self._entries:
            return self._entries[key]
        if key in self.broken:
            raise ModelUnavailable(f"The model '{key}' can't be used: {self.broken[key]}")
        known = ", ".join(sorted([*self._entries, *self.broken])) or "none is registered"
        raise UnknownModel(f"There is no such model. Known models: {known}.")

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._entries


def read_registry(folder: Path) -> Registry:
    """Reads `model.toml` in every folder of `folder`. A broken or missing one stops no other.

    Raises EntryError where the folder itself is missing.
    """
    if not folder.is_dir():
        raise EntryError(f"{folder} is not a folder: it should hold one folder for each model.")
    entries: dict[str, ModelEntry] = {}
    broken: dict[str, str] = {}
    for home in sorted(path for path in folder.iterdir() if path.is_dir()):
        if home.name.startswith((".", "_")):
            continue
        try:
            entries[home.name] = read_entry(home / "model.toml")
        except EntryError as error:
            broken[home.name] = str(error)
        except OSError as error:
            broken[home.name] = f"{home.name} can't be read: {error.strerror}."
    return Registry(entries, broken)
