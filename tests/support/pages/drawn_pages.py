"""Pages drawn for tests: a header, a frame, a grid, traces, a footer. Nobody's heart."""

import io
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from ecg.page.frame import Box

INK, GRID, PAPER = "black", (250, 205, 205), "white"
LINE = 3  # px: thickness of the frame
TRACES = 4
HEADER, FOOTER = "ID 000  HR 75 bpm  (drawn)", "25 mm/s  10 mm/mV  (drawn)"


def draw_page(
    size: tuple[int, int] = (1600, 1120),
    *,
    words: tuple[str, str] = (HEADER, FOOTER),
    frame: bool = True,
    seed: int = 1,
) -> Image.Image:
    """An RGB page of `size` (width, height); `words` stand above and below, `seed` makes the traces."""
    page = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(page)
    box = frame_inside(size)
    _draw_grid(draw, box)
    _draw_traces(draw, box, seed)
    if frame:
        outer = (box.left - LINE, box.top - LINE, box.right + LINE - 1, box.bottom + LINE - 1)
        draw.rectangle(outer, outline=INK, width=LINE)
    letters = max(10, size[1] // 50)
    draw.text((box.left, box.top // 3), words[0], fill=INK, font_size=letters)
    below = box.bottom + (size[1] - box.bottom) // 3
    draw.text((box.left, below), words[1], fill=INK, font_size=letters)
    return page


def frame_inside(size: tuple[int, int]) -> Box:
    """The inside of the frame that `draw_page` draws on a page of this size."""
    width, height = size
    return Box(width // 20, height // 8, width - width // 20, height - height // 10)


def encode(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The picture as a file of this format."""
    held = io.BytesIO()
    image.save(held, kind, **options)
    return held.getvalue()


def _draw_grid(draw: ImageDraw.ImageDraw, box: Box) -> None:
    step = box.width // 40
    for x in range(box.left + step, box.right - step // 2, step):
        draw.line((x, box.top, x, box.bottom - 1), fill=GRID)
    for y in range(box.top + step, box.bottom - step // 2, step):
        draw.line((box.left, y, box.right - 1, y), fill=GRID)


def _draw_traces(draw: ImageDraw.ImageDraw, box: Box, seed: int) -> None:
    rng = np.random.default_rng(seed)
    row = box.height / TRACES
    xs = np.arange(box.left + 5, box.right - 5)
    for number in range(TRACES):
        beat = rng.uniform(0.08, 0.15) * box.width
        wave = np.exp(-(((xs % beat) / beat - 0.5) ** 2) / 0.002) * rng.uniform(0.4, 0.8)
        ys = box.top + row * (number + 0.8) - row * 0.7 * wave
        draw.line([*zip(xs.tolist(), ys.tolist(), strict=True)], fill=INK, width=2)
