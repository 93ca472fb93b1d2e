"""The registry: every folder under `models/` that holds a `model.toml`, good or broken."""

import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from model_registry.comparison import Comparison, read_comparison
from model_registry.entry import EnsembleEntry, Entry, ModelEntry
from model_registry.errors import EntryError, ModelUnavailable, UnknownModel
from model_registry.read_ensemble import check_members, read_any_entry


class Registry(Mapping[str, Entry]):
    """Model key -> entry, in the order of keys; entries that can't be used are kept with the reason.

    An entry is read when somebody first asks for it, so that a thousand cost no more to start with
    than ten. Asking for `broken`, the length or all keys reads all.
    """

    def __init__(self, folder: Path, homes: Sequence[Path]) -> None:
        self._folder = folder
        self._unread = {home.name: home for home in homes}
        self.known = frozenset(
            self._unread
        )  # every key, usable or broken, none of them read for it
        self._alone: dict[str, Entry] = {}  # read, an ensemble's members not looked at yet
        self._entries: dict[str, Entry] = {}
        self._broken: dict[str, str] = {}
        self._lock = threading.RLock()

    def __getitem__(self, key: str) -> Entry:
        """Raises UnknownModel (naming the known keys) or ModelUnavailable (with the reason)."""
        if key in self._entries:
            return self._entries[key]
        if key not in self.known:
            known = ", ".join(sorted(self.known)) or "none is registered"
            raise UnknownModel(f"There is no such model. Known models: {known}.")
        self._read(key)
        if key in self._broken:
            raise ModelUnavailable(f"The model '{key}' can't be used: {self._broken[key]}")
        return self._entries[key]

    def __iter__(self) -> Iterator[str]:
        self.read_all()
        return iter(sorted(self._entries))

    def __len__(self) -> int:
        self.read_all()
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        if key not in self.known:
            return False
        self._read(str(key))
        return key in self._entries

    @property
    def broken(self) -> Mapping[str, str]:
        """The keys of models that can't be used, with the reason; empty when all are well."""
        self.read_all()
        return MappingProxyType(dict(sorted(self._broken.items())))

    @property
    def is_read(self) -> bool:
        """Whether every entry was read."""
        return len(self._entries) + len(self._broken) == len(self.known)

    def read_all(self, pause: float = 0.0) -> None:
        """Reads every entry that was not read yet; `pause` seconds after each are for other threads."""
        if not self.is_read:
            for key in sorted(self.known):
                self._read(key)
                time.sleep(pause)

    @cached_property
    def _compared(self) -> Comparison | EntryError | None:
        try:
            return read_comparison(self._folder)
        except EntryError as error:
            return error

    @property
    def comparison(self) -> Comparison | None:
        """How the models differ; None where nobody measured it or its file can't be used."""
        return None if isinstance(self._compared, EntryError) else self._compared

    @property
    def comparison_fault(self) -> str | None:
        """Why that file can't be used."""
        return str(self._compared) if isinstance(self._compared, EntryError) else None

    def _read(self, key: str) -> None:
        """Reads one entry, an ensemble's members with it, and puts it with the usable or the broken."""
        with self._lock:
            if key in self._entries or key in self._broken:
                return
            self._read_alone(key)
            entry = self._alone.get(key)
            if entry is None:
                return
            try:
                if isinstance(entry, EnsembleEntry):
                    unknown = not self.known.issuperset(entry.members)  # told beside all that fit
                    for member in self.known if unknown else entry.members:
                        self._read_alone(member)
                    check_members(entry, self._alone, self._broken)
                self._entries[key] = entry
            except EntryError as error:
                self._broken[key] = str(error)

    def _read_alone(self, key: str) -> None:
        if key not in self.known or key in self._alone or key in self._broken:
            return
        try:
            self._alone[key] = read_any_entry(self._unread[key] / "model.toml")
        except EntryError as error:
            self._broken[key] = str(error)
        except OSError as error:
            self._broken[key] = f"{key} can't be read: {error.strerror}."

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
    """The models of `folder`, one in each folder there; each is read when it is first asked for.

    A broken or missing `model.toml` stops no other. Raises EntryError where the folder is missing.
    """
    if not folder.is_dir():
        raise EntryError(f"{folder} is not a folder: it should hold one folder for each model.")
    with os.scandir(folder) as found:
        names = [one.name for one in found if one.is_dir() and not one.name.startswith((".", "_"))]
    return Registry(folder, [folder / name for name in names])
