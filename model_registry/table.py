"""One table of a TOML file, its values taken by key and type, each fault told with file and key."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model_registry.errors import EntryError, named

MISSING = object()
WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
WORDS |= {list: "a list", dict: "a table"}


class Table:
    """Takes values out of a table and remembers which keys nobody asked for."""

    def __init__(self, file: Path, values: Mapping[str, Any], name: str = "") -> None:
        self.file = file
        self._values = dict(values)
        self._name = name
        self._known: set[str] = set()
        self._inner: list[Table] = []

    def wrong(self, key: str, right: str) -> EntryError:
        """The error for a value under `key`; `right` says what would be right."""
        return EntryError(f"{named(self.file)}: key '{self._full(key)}': {right}.")

    def has(self, key: str) -> bool:
        return key in self._values

    def nothing_else(self) -> None:
        """Raises EntryError where this table, or one in it, holds a key that nobody asked for."""
        for key in self._values:
            if key not in self._known:
                known = ", ".join(sorted(self._known))
                raise self.wrong(key, f"there is no such key; known here are {known}")
        for inner in self._inner:
            inner.nothing_else()

    def text(self, key: str, default: Any = MISSING) -> str:
        return str(self._take(key, str, default))

    def integer(self, key: str, default: Any = MISSING) -> int:
        return int(self._take(key, int, default))

    def boolean(self, key: str, default: Any = MISSING) -> bool:
        return bool(self._take(key, bool, default))

    def number(self, key: str, limits: tuple[float, float], default: Any = MISSING) -> float:
        """A number within `limits`, both included."""
        value = float(self._take(key, float, default))
        if not limits[0] <= value <= limits[1]:
            raise self.wrong(key, f"give a number from {limits[0]:g} to {limits[1]:g}")
        return value

    def one_of(self, key: str, choices: tuple[str, ...], default: Any = MISSING) -> Any:
        value = self.text(key, default)
        if value not in choices:
            raise self.wrong(key, f"use one of {', '.join(choices)}")
        return value

    def texts(self, key: str, default: Any = MISSING) -> tuple[str, ...]:
        return self._items(key, str, default)

    def integers(self, key: str, default: Any = MISSING) -> tuple[int, ...]:
        return self._items(key, int, default)

    def numbers(self, key: str, default: Any = MISSING) -> tuple[float, ...]:
        return self._items(key, float, default)

    def table(self, key: str, default: Any = MISSING) -> "Table":
        inner = Table(self.file, self._take(key, dict, default), self._full(key))
        self._inner.append(inner)
        return inner

    def _full(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key

    def _items(self, key: str, kind: type, default: Any) -> tuple[Any, ...]:
        values = self._take(key, list, default)
        if not all(_is(value, kind) for value in values):
            raise self.wrong(key, f"each item should be {WORDS[kind]}")
        return tuple(values)

    def _take(self, key: str, kind: type, default: Any) -> Any:
        self._known.add(key)
        if key not in self._values:
            if default is MISSING:
                raise self.wrong(key, f"is missing; it should be {WORDS[kind]}")
            return default
        value = self._values[key]
        if not _is(value, kind):
            raise self.wrong(key, f"should be {WORDS[kind]}, not {value!r}")
        return value


def _is(value: Any, kind: type) -> bool:
    """Whether a TOML value is of a kind; whole numbers are numbers, true and false are not."""
    if kind in (int, float) and isinstance(value, bool):
        return False
    return isinstance(value, (int, float) if kind is float else kind)
