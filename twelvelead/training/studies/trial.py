"""A tiny set of simulated pages and quick settings, to try a recipe out in a minute. No skill results."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from ecg.simulate.paint import paint_page
from ecg.simulate.twelve_leads import FINDINGS, simulate
from twelvelead.training.recipe import PageRecipe

R = TypeVar("R", bound=PageRecipe)

SMALL = (64, 96)  # px: height, width, at least
QUICK: Mapping[str, int] = MappingProxyType(
    {
        "variants": 1,
        "epochs_top": 1,
        "epochs_all": 1,
        "epochs": 1,
        "held_out_part": 2,
        "drawn": 15,
        "epochs_drawn": 1,
    }
)
SEEDS_FROM = 1000  # apart from those of the shipped samples


def draw_trial_set(folder: Path, per_class: int) -> Path:
    """Draws `per_class` simulated pages for each class into class-named folders; the folder."""
    seed = SEEDS_FROM
    for label, findings in FINDINGS.items():
        (folder / label).mkdir(parents=True, exist_ok=True)
        for number in range(per_class):
            finding = findings[number % len(findings)]
            page = paint_page(simulate(finding, seed=seed))
            page.save(folder / label / f"simulated-{number}.jpg", quality=80)
            seed += 1
    return folder


def quicken(recipe: R) -> R:
    """The recipe with knobs so low that it runs in seconds: small pictures, one epoch a phase."""
    height, width = (max(side, recipe.LEAST_SIDE) for side in SMALL)
    knobs: dict[str, Any] = {name: QUICK[name] for name in QUICK if hasattr(recipe, name)}
    small = replace(recipe.preprocessing, size=(height, width))
    return replace(recipe, preprocessing=small, **knobs)


def data_folder(per_class: int = 3) -> tuple[Path, bool]:
    """The folder named by ECG_DATA_DIR and True; without it a freshly drawn trial set and False."""
    named = os.environ.get("ECG_DATA_DIR")
    if named:
        return Path(named), True
    return draw_trial_set(Path(tempfile.mkdtemp(prefix="twelvelead-trial-")), per_class), False
