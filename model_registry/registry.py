"""The registry: every folder under `models/` that holds a `model.toml`, good or broken."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from model_registry.comparison import Comparison, read_comparison
from model_registry.entry import EnsembleEntry, Entry, ModelEntry
from model_registry.errors import EntryError, ModelUnavailable, UnknownModel
from model_registry.read_ensemble import check_members, read_any_entry


class Registry(Mapping[str, Entry]):
    """Model key -> entry, in the order of keys; entries that can't be used are kept with the reason.

    comparison: how the models differ, None where nobody measured it or its file can't be used;
    comparison_fault says why it can't.
    """

    comparison: Comparison | None = None
    comparison_fault: str | None = None

    def __init__(self, entries: Mapping[str, Entry], broken: Mapping[str, str]) -> None:
        self._entries = dict(entries)
        self.broken = dict(broken)

    def __getitem__(self, key: str) -> Entry:
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

    def networks(self, key: str) -> tuple[ModelEntry, ...]:
        """Those that answer for a key: the network itself, or an ensemble's members in their order."""
        entry = self[key]
        if isinstance(entry, ModelEntry):
            return (entry,)
        return tuple(one for member in entry.members for one in self.networks(member))

    def sha256(self, key: str) -> str:
        """Names what answers: the sha256 of a network's weights.

        An ensemble's is taken over the sha256 and share of each member, in order, its labels, its
        kind of average and its temperature.
        """
        entry = self[key]
        if isinstance(entry, ModelEntry):
            return entry.weights.sha256
        members = [one.weights.sha256 for one in self.networks(key)]
        told = [members, entry.shares, entry.labels, entry.average, entry.temperature]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def read_registry(folder: Path) -> Registry:
    """Reads `model.toml` in every folder of `folder`. A broken or missing one stops no other.

    Raises EntryError where the folder itself is missing.
    """
    if not folder.is_dir():
        raise EntryError(f"{folder} is not a folder: it should hold one folder for each model.")
    entries: dict[str, Entry] = {}
    broken: dict[str, str] = {}
    for home in sorted(path for path in folder.iterdir() if path.is_dir()):
        if home.name.startswith((".", "_")):
            continue
        try:
            entries[home.name] = read_any_entry(home / "model.toml")
        except EntryError as error:
            broken[home.name] = str(error)
        except OSError as error:
            broken[home.name] = f"{home.name} can't be read: {error.strerror}."
    misfits = _misfits(entries, broken)
    usable = {key: entry for key, entry in entries.items() if key not in misfits}
    registry = Registry(usable, broken | misfits)
    try:
        registry.comparison = read_comparison(folder)
    except EntryError as error:
        registry.comparison_fault = str(error)
    return registry


def _misfits(entries: Mapping[str, Entry], broken: Mapping[str, str]) -> dict[str, str]:
    """The ensembles whose members can't be averaged, with the reason."""
    misfits: dict[str, str] = {}
    for key, entry in entries.items():
        if not isinstance(entry, EnsembleEntry):
            continue
        try:
            check_members(entry, entries, broken)
        except EntryError as error:
            misfits[key] = str(error)
    return misfits
