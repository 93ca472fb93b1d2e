"""Which models differ beyond chance: `models/comparison.json`, as `training` wrote it."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from model_registry.errors import EntryError, named

FILE = "comparison.json"
STRICT = ConfigDict(  # deferred: most processes that start read no comparison
    frozen=True, strict=True, allow_inf_nan=False, defer_build=True
)
CHANCE = 0.05  # a Holm-corrected p below this is called more than chance


class Pair(BaseModel):
    """Two models on the same held-out pages. p: exact McNemar test (1947), two-sided, uncorrected."""

    model_config = STRICT

    a: str
    b: str
    only_a_right: int = Field(ge=0)
    only_b_right: int = Field(ge=0)
    p: float = Field(ge=0, le=1)


class Comparison(BaseModel):
    """Every pair of models that share a split; n: pages."""

    model_config = STRICT

    n: int = Field(ge=0)
    split_sha256: str
    models: list[str]
    pairs: list[Pair]

    def corrected(self) -> list[tuple[Pair, float]]:
        """Each pair with its p after Holm (1979), the smallest first."""
        ranked = sorted(self.pairs, key=lambda pair: (pair.p, pair.a, pair.b))
        found, highest = [], 0.0
        for place, pair in enumerate(ranked):
            highest = max(highest, min(1.0, pair.p * (len(ranked) - place)))
            found.append((pair, highest))
        return found


def read_comparison(folder: Path) -> Comparison | None:
    """The comparison in `folder`, None where there is none.

    Raises EntryError for a file that can't be read, is no JSON or lacks something.
    """
    file = folder / FILE
    if not file.is_file():
        return None
    try:
        return Comparison.model_validate_json(file.read_text(encoding="utf-8"))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise EntryError(f"{named(file)}: {place}: {first['msg']}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise EntryError(f"{named(file)}: can't be read as UTF-8 text.") from error
