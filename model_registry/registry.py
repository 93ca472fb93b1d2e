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
from model_registry.errors import EntryError, ModelUnavailable, UnknownModel, named
from model_registry.read_entry import read_any_entry
from model_registry.watch import State, Watch, state_of

READ_AGAIN = "It is read again when its files change."


class Registry(Mapping[str, Entry]):
    """Model key -> entry, in the order of keys; entries that can't be used are kept with the reason.

    An entry is read when somebody first asks for it, so that a thousand cost no more to start with
    than ten. Asking for `broken`, the length or all keys reads all. A broken entry is read again when
    its files changed, a usable one by `read_again` only.
    """

    def __init__(self, folder: Path, homes: Sequence[Path]) -> None:
        self._folder = folder
        self._homes = {home.name: home for home in homes}
        self.known = frozenset(self._homes)  # every key, usable or broken, none of them read for it
        self._alone: dict[str, Entry] = {}  # read, an ensemble's members not looked at yet
        self._entries: dict[str, Entry] = {}
        self._broken: dict[str, str] = {}
        self._watches: dict[str, Watch] = {}  # of those that are broken
        self._states: dict[str, State] = {}  # of each model.toml, when it was read
        self._was_read = False
        self._lock = threading.RLock()

    def __getitem__(self, key: str) -> Entry:
        """Raises UnknownModel (naming the known keys) or ModelUnavailable (with the reason)."""
        entry = self._entries.get(key)
        if entry is not None:
            return entry
        if key not in self.known:
            known = ", ".join(sorted(self.known)) or "none is registered"
            raise UnknownModel(f"There is no such model. Known models: {known}.")
        with self._lock:
            self._read(key)
            if key in self._broken:
                reason = self._broken[key]
                raise ModelUnavailable(f"The model '{key}' can't be used: {reason} {READ_AGAIN}")
            return self._entries[key]

    def __iter__(self) -> Iterator[str]:
        self.read_all()
        with self._lock:
            return iter(sorted(self._entries))

    def __len__(self) -> int:
        self.read_all()
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        if key not in self.known:
            return False
        with self._lock:
            self._read(str(key))
            return key in self._entries

    @property
    def broken(self) -> Mapping[str, str]:
        """The keys of models that can't be used, with the reason; empty when all are well."""
        self.read_all()
        with self._lock:
            return MappingProxyType(dict(sorted(self._broken.items())))

    @property
    def is_read(self) -> bool:
        """Whether every entry was read."""
        return self._was_read

    def read_all(self, pause: float = 0.0) -> None:
        """Reads every entry that was not read yet, and the broken ones whose files changed.

        `pause` seconds after each are for other threads.
        """
        unread = self.known - self._entries.keys()
        for key in sorted(unread):
            self._read(key)
            time.sleep(pause)
        self._was_read = True

    def read_again(self, key: str) -> None:
        """Reads a model's entry anew, with it an ensemble's broken members and whose member it is."""
        with self._lock:
            entry = self._alone.get(key)
            members = entry.members if isinstance(entry, EnsembleEntry) else ()
            again = {key, *self._broken.keys() & set(members)}
            for other, found in self._alone.items():
                if isinstance(found, EnsembleEntry) and again & set(found.members):
                    again.add(other)
            for one in again:
                for known in (self._alone, self._entries, self._broken, self._watches):
                    known.pop(one, None)
            for one in sorted(again):
                self._read(one)

    def watch(self, key: str) -> Watch:
        """The files of a model and its members as they are now, its model.toml as it was when read."""
        with self._lock:
            entry = self._alone.get(key)
            members = entry.members if isinstance(entry, EnsembleEntry) else ()
            watch = Watch(self._homes[one] for one in (key, *members) if one in self.known)
            if key in self._states:
                watch.assume(self._homes[key] / "model.toml", self._states[key])
            return watch

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
            self._renew(key)
            if key in self._entries or key in self._broken:
                return
            self._read_alone(key)
            entry = self._alone.get(key)
            if entry is None:
                return
            watch = self.watch(key)
            try:
                if isinstance(entry, EnsembleEntry):
                    unknown = not self.known.issuperset(entry.members)  # told beside all that fit
                    for member in self.known if unknown else entry.members:
                        self._read_alone(member)
                    check_members(entry, self._alone, self._broken)
                self._entries[key] = entry
            except EntryError as error:
                self._broken[key], self._watches[key] = str(error), watch

    def _renew(self, key: str) -> None:
        """Reads a broken entry anew where its files, or those of a broken member, changed."""
        if key not in self._broken:
            return
        entry = self._alone.get(key)
        members = entry.members if isinstance(entry, EnsembleEntry) else ()
        for one in (*members, key):
            if one in self._broken and self._watches[one].changed():
                self.read_again(one)

    def _read_alone(self, key: str) -> None:
        if key not in self.known or key in self._alone or key in self._broken:
            return
        file = self._homes[key] / "model.toml"
        self._states[key] = state_of(file)
        watch = self.watch(key)
        try:
            self._alone[key] = read_any_entry(file)
        except EntryError as error:
            self._broken[key], self._watches[key] = str(error), watch
        except OSError as error:
            told = f"{key} can't be read: {error.strerror}."
            self._broken[key], self._watches[key] = told, watch

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


def check_members(
    entry: EnsembleEntry, entries: Mapping[str, Entry], broken: Mapping[str, str]
) -> None:
    """Raises EntryError for a member that is unknown, broken, an ensemble, or answers otherwise."""
    for member in entry.members:
        fault = _fault(entry, member, entries, broken)
        if fault:
            raise EntryError(
                f"{named(entry.folder / 'model.toml')}: key 'ensemble.members': '{member}' {fault}."
            )


def _fault(
    entry: EnsembleEntry, member: str, entries: Mapping[str, Entry], broken: Mapping[str, str]
) -> str:
    """What is wrong with one member and what would be right; empty where it fits."""
    if member in broken:
        return (
            f"can't be used, so neither can this ensemble: mend it ({broken[member].rstrip('.')})"
        )
    if member not in entries:
        known = sorted(k for k, one in entries.items() if not isinstance(one, EnsembleEntry))
        return f"is not a model here; known are {', '.join(known) or 'none'}"
    found = entries[member]
    if isinstance(found, EnsembleEntry):
        return f"is an ensemble itself: list its members ({', '.join(found.members)}) instead"
    if found.task != entry.task:
        return f"has the task {found.task.key}: take models of this ensemble's, {entry.task.key}"
    if set(found.labels) != set(entry.labels):
        return (
            f"has the labels {', '.join(found.labels)}: "
            f"take models with all of this ensemble's, {', '.join(entry.labels)}, and no other"
        )
    return ""
