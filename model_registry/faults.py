"""What is wrong with a `model.toml` as people are told: which key, and what would be right."""

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from model_registry.schema import AnyDocument
from model_registry.toml_table import REMEDY, TomlTable

Tables = list[type[TomlTable]]
WORDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
}
WRONG_TYPES = {
    "string_type": "a text",
    "literal_error": "a text",
    "int_type": WORDS[int],
    "float_type": WORDS[float],
    "bool_type": WORDS[bool],
    "list_type": WORDS[list],
    "model_type": "a table",
    "model_attributes_type": "a table",
}


def describe(error: ErrorDetails) -> str:
    """One of pydantic's errors in our words: `key 'weights.file': is missing; it should be a text`."""
    names, field, tables = _place(error["loc"])
    within = error.get("ctx", {})
    if error["type"] == "fault":
        return _sentence([*names, within["key"]], within["right"])
    if error["type"].startswith("union_tag"):
        names.append(within["discriminator"].strip("'"))
        return _sentence(names, _right_tag(error["input"].get(names[-1]), tables))
    if error["type"] == "extra_forbidden":
        known = ", ".join(sorted(tables[0].model_fields))
        return _sentence(names, f"there is no such key; known here are {known}")
    return _sentence(names, _right_value(error, field))


def _sentence(names: list[str], right: str) -> str:
    return f"key '{'.'.join(names)}': {right}"


def _place(loc: tuple[int | str, ...]) -> tuple[list[str], FieldInfo | None, Tables]:
    """The keys that lead to an error, what the last may hold (None: it is unknown), and its tables."""
    names: list[str] = []
    field, tables = None, list(_tables(AnyDocument))
    for part in loc:
        if isinstance(part, int):
            continue  # an item of the list under the key before
        if len(tables) > 1:
            tables = [one for one in tables if one.tag == part]  # which table it is: no key
            continue
        names.append(part)
        field = tables[0].model_fields.get(part)
        tables = list(_tables(field.annotation)) if field else tables
    return names, field, tables


def _tables(kind: Any) -> Iterator[type[TomlTable]]:
    """The tables that a key may hold; none where it holds something else."""
    if isinstance(kind, type) and issubclass(kind, TomlTable):
        yield kind
    for part in get_args(kind):
        yield from _tables(part)


def _right_tag(value: Any, tables: Tables) -> str:
    """What would be right of the key by which tables are told apart."""
    if value is None:
        return "is missing; it should be a text"
    if not isinstance(value, str):
        return f"should be a text, not {value!r}"
    return f"use one of {', '.join(one.tag for one in tables)}"


def _right_value(error: ErrorDetails, field: FieldInfo | None) -> str:
    kind, value, is_item = error["type"], error["input"], isinstance(error["loc"][-1], int)
    if field is None:
        raise TypeError(f"no key has {kind}")
    if kind == "missing":
        return f"is missing; it should be {_word(field)}"
    if kind in WRONG_TYPES and not (kind == "literal_error" and isinstance(value, str)):
        word = WRONG_TYPES[kind]
        return f"each item should be {word}" if is_item else f"should be {word}, not {value!r}"
    if isinstance(field.json_schema_extra, dict):
        return str(field.json_schema_extra[REMEDY])
    choices: str = error["ctx"]["expected"]  # "'a', 'b' or 'c'"
    return "use one of " + choices.replace("'", "").replace(" or ", ", ")


def _word(field: FieldInfo) -> str:
    if any(_tables(field.annotation)):
        return "a table"
    return WORDS.get(get_origin(field.annotation) or field.annotation, "a text")
