"""What every table of `model.toml` shares: strict types, known keys only, and what would be right."""

from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

REMEDY = "errorMessage"  # in the JSON Schema, where some editors show it
PAIR: dict[str, Any] = {"min_length": 2, "max_length": 2}


class TomlTable(BaseModel):
    """A table of `model.toml`. tag: tells it from others that may stand in its place."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    tag: ClassVar[str] = ""


@dataclass(frozen=True)
class OneOf:
    """A text out of those that another module knows."""

    choices: tuple[str, ...]

    def __get_pydantic_core_schema__(self, kind: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema(list(self.choices))


def key(meaning: str, right: str = "", default: Any = ..., **limits: Any) -> Any:
    """A key of a table: what it means, and what would be right where it is out of its `limits`.

    default: what holds where it is left out; without one it is required. Of a number that is only
    limited, nothing else need be said to be `right`.
    """
    if not right and limits.keys() == {"ge", "le"}:
        right = f"give a number from {limits['ge']:g} to {limits['le']:g}"
    extra: dict[str, Any] | None = {REMEDY: right} if right else None
    return Field(default, description=meaning, json_schema_extra=extra, **limits)


def fault(right: str, key: str) -> PydanticCustomError:
    """The error for the value of a table's `key`; `right` says what would be right."""
    return PydanticCustomError("fault", "{right}", {"right": right, "key": key})
