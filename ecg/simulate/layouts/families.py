"""Families of sheets: each a program's, a device's or a screen's look, varied within its bounds.

Whole families are kept apart: those of part "test" only ever measure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from ecg.simulate.layouts import looks
from ecg.simulate.layouts.sheet import SheetLayout

Part = Literal["train", "test"]


@dataclass(frozen=True)
class SheetFamily:
    """twelve: whether all twelve leads are shown. part: what its sheets are for."""

    make: Callable[[np.random.Generator], SheetLayout]
    twelve: bool
    part: Part


FAMILIES: Mapping[str, SheetFamily] = MappingProxyType(
    {
        "red_3x4_strip": SheetFamily(looks.red_3x4_strip, True, "train"),
        "pink_3x4_three_strips": SheetFamily(looks.pink_3x4_three_strips, True, "train"),
        "orange_6x2": SheetFamily(looks.orange_6x2, True, "train"),
        "green_6x2_strip": SheetFamily(looks.green_6x2_strip, True, "train"),
        "grey_12x1": SheetFamily(looks.grey_12x1, True, "train"),
        "plain_3x4": SheetFamily(looks.plain_3x4, True, "train"),
        "framed_pink_3x4_strip": SheetFamily(looks.framed_pink_3x4_strip, True, "train"),
        "dark_3x4": SheetFamily(looks.dark_3x4, True, "train"),
        "rhythm_strip": SheetFamily(looks.rhythm_strip, False, "train"),
        "dark_monitor": SheetFamily(looks.dark_monitor, False, "train"),
        "three_lead_paper": SheetFamily(looks.three_lead_paper, False, "train"),
        "blue_3x4": SheetFamily(looks.blue_3x4, True, "test"),
        "outlined_3x4_strip": SheetFamily(looks.outlined_3x4_strip, True, "test"),
        "cells_6x2": SheetFamily(looks.cells_6x2, True, "test"),
        "four_by_three": SheetFamily(looks.four_by_three, True, "test"),
        "axes_12x1": SheetFamily(looks.axes_12x1, True, "test"),
        "watch_page": SheetFamily(looks.watch_page, False, "test"),
        "green_monitor": SheetFamily(looks.green_monitor, False, "test"),
    }
)


def names_of(part: Part) -> tuple[str, ...]:
    """The families of one part."""
    return tuple(name for name, family in FAMILIES.items() if family.part == part)


def random_layout(rng: np.random.Generator, family: str) -> SheetLayout:
    """A sheet of `family`; the same generator state gives the same. Raises ValueError if unknown."""
    if family not in FAMILIES:
        raise ValueError(f"unknown family {family!r}: the known ones are {', '.join(FAMILIES)}")
    return FAMILIES[family].make(rng)
