"""Whether a second run lands where the card says.

python -m twelvelead.training.studies.reproduced KEY --again DIR

DIR is a models folder that `twelvelead train KEY` wrote again; each main figure of it must lie within the
95 % interval that the shipped model's metrics.json states.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_registry.registry import read_registry
from twelvelead.datasets.pages import DataError, ending_in_a_sentence

FIGURES = ("accuracy", "macro_f1", "auc")


@dataclass(frozen=True)
class Check:
    """One figure: as shipped with its interval, and as found again."""

    name: str
    shipped: float
    interval: tuple[float, float]
    again: float

    @property
    def holds(self) -> bool:
        return self.interval[0] <= self.again <= self.interval[1]

    def __str__(self) -> str:
        low, high = self.interval
        verdict = "within" if self.holds else "NOT within"
        return (
            f"{self.name}: {self.again:.3f}, {verdict} {low:.3f} - {high:.3f} ({self.shipped:.3f})"
        )


def check(key: str, shipped: Path, again: Path) -> list[Check]:
    """Holds the figures of `again`/key to those of `shipped`/key.

    Raises DataError where the two were measured on other data or another split.
    """
    told, found = _held_out(key, shipped), _held_out(key, again)
    for name in ("split_sha256", "data_sha256"):
        if told[name] != found[name]:
            raise DataError(
                f"The second run has another {name}: reproduce on the pages that the card names."
            )
    return [
        Check(name, told[name], tuple(told[f"{name}_interval"]), found[name]) for name in FIGURES
    ]


def _held_out(key: str, models: Path) -> Mapping[str, Any]:
    metrics = read_registry(models)[key].metrics or {}
    if "cross_validation" not in metrics:
        raise DataError(f"{models / key} has no cross-validated figures: train it first.")
    figures: Mapping[str, Any] = metrics["cross_validation"]
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("key")
    parser.add_argument("--again", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("models"))
    chosen = parser.parse_args()
    with ending_in_a_sentence():
        checks = check(chosen.key, chosen.models, chosen.again)
        print(*checks, sep="\n")
        raise SystemExit(0 if all(one.holds for one in checks) else 1)
