"""A tiny set of simulated pages and quick settings, to try a recipe out in a minute. No skill results."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from ecg.simulate.paint import paint_page
from ecg.simulate.twelve_leads import FINDINGS, simulate

SMALL = (80, 144)  # px: height, width; InceptionV3 needs 75
QUICK = {
    "VARIANTS": 1,
    "EPOCHS_TOP": 1,
    "EPOCHS_ALL": 1,
    "EPOCHS": 1,
    "HELD_OUT_PART": 2,
    "DRAWN": 15,
    "EPOCHS_DRAWN": 1,
}
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


def quicken(recipe: Any) -> None:
    """Sets a recipe's knobs so low that it runs in seconds: small pictures, one epoch a phase."""
    recipe.PREPROCESSING = replace(recipe.PREPROCESSING, size=SMALL)
    for knob, value in QUICK.items():
        if hasattr(recipe, knob):
            setattr(recipe, knob, value)


def data_folder(per_class: int = 3) -> tuple[Path, bool]:
    """The folder named by ECG_DATA_DIR and True; without it a freshly drawn trial set and False."""
    named = os.environ.get("ECG_DATA_DIR")
    if named:
        return Path(named), True
    return draw_trial_set(Path(tempfile.mkdtemp(prefix="twelvelead-trial-")), per_class), False
