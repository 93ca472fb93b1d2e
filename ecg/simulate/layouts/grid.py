"""The paper of a sheet: its grid in lines, dots or crosses, and the frames around traces or picture."""

import cv2
import numpy as np
import numpy.typing as npt

from ecg.simulate.layouts.sheet import SheetLayout
from ecg.simulate.paint import Rgb

Picture = npt.NDArray[np.uint8]
Rect = tuple[int, int, int, int]


def blank_paper(layout: SheetLayout) -> Picture:
    """The sheet before anything is written on it: uint8 (h, w, 3)."""
    height, width = layout.size
    picture = np.full((height, width, 3), layout.paper.colour, dtype=np.uint8)
    area = traces_area(layout)
    left, top, right, bottom = (0, 0, width, height) if layout.paper.whole else area
    _rule(picture[top:bottom, left:right], layout)
    _frame(picture, area, layout)
    return picture


def traces_area(layout: SheetLayout) -> Rect:
    """Left, top, right, bottom of the area of traces, px."""
    scale = layout.paper.px_per_mm
    left, top, right, bottom = (round(mm * scale) for mm in layout.area)
    return left, top, right, bottom


def _rule(inside: Picture, layout: SheetLayout) -> None:
    """Draws the grid, from the top left corner."""
    paper = layout.paper
    if paper.grid == "none":
        return
    if paper.grid != "coarse" and paper.px_per_mm >= 2.5:
        _lines(inside, (1.0 * paper.px_per_mm, 1), paper.fine, dotted=paper.grid == "dots")
    if paper.grid == "crosses":
        _crosses(inside, 5.0 * paper.px_per_mm, paper.strong)
    elif paper.grid != "fine":
        width = 2 if paper.px_per_mm >= 8 and paper.grid == "lines" else 1
        _lines(inside, (5.0 * paper.px_per_mm, width), paper.strong, dotted=paper.grid == "dots")


def _lines(inside: Picture, pitch: tuple[float, int], colour: Rgb, *, dotted: bool = False) -> None:
    """Lines each pitch[0] px, pitch[1] px wide; dotted: only every third or fourth pixel of them."""
    height, width = inside.shape[:2]
    step = max(2, round(pitch[0] / 2)) if dotted else 1
    for add in range(pitch[1]):
        across = np.arange(0, height - add, pitch[0]).astype(int) + add
        down = np.arange(0, width - add, pitch[0]).astype(int) + add
        inside[across[across < height], ::step] = colour
        inside[::step, down[down < width]] = colour


def _crosses(inside: Picture, pitch: float, colour: Rgb) -> None:
    for y in np.arange(0, inside.shape[0], pitch):
        for x in np.arange(0, inside.shape[1], pitch):
            cv2.drawMarker(
                inside, (int(x), int(y)), colour, cv2.MARKER_CROSS, max(3, int(pitch / 4))
            )


def _frame(picture: Picture, area: Rect, layout: SheetLayout) -> None:
    paper = layout.paper
    left, top, right, bottom = area
    thick, colour = paper.edge_width, paper.edge
    boxes: list[Rect] = []
    if paper.frame == "box":
        boxes = [area]
    elif paper.frame == "double":
        boxes = [area, (left - 3 * thick, top - 3 * thick, right + 3 * thick, bottom + 3 * thick)]
    elif paper.frame == "picture":
        boxes = [(0, 0, picture.shape[1] - 1, picture.shape[0] - 1)]
    elif paper.frame in ("rows", "cells"):
        boxes = _cells(area, len(layout.lines), 1 if paper.frame == "rows" else layout.columns)
    for x0, y0, x1, y1 in boxes:
        cv2.rectangle(picture, (x0, y0), (x1, y1), colour, thick)


def _cells(area: Rect, rows: int, columns: int) -> list[Rect]:
    left, top, right, bottom = area
    xs = np.linspace(left, right, columns + 1).astype(int).tolist()
    ys = np.linspace(top, bottom, rows + 1).astype(int).tolist()
    return [(xs[c], ys[r], xs[c + 1], ys[r + 1]) for r in range(rows) for c in range(columns)]
