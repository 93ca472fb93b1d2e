"""Pages of the look that the page models know, drawn: the ink that stands still, and nobody's heart."""

import numpy as np
from PIL import Image, ImageDraw

from ecg.page.frame import Box
from ecg.page.straighten.known_look import FILE

SIZE = (1476, 1048)  # px: two thirds of the public pages
FRAME = Box(48, 190, 1448, 1008)  # the inside of its frame
LINE = 3  # px
PINK, DOTS = (245, 160, 165), (240, 170, 170)
BASELINES = (0.145, 0.39, 0.635, 0.88)  # of the frame's height


def draw_known_page(seed: int = 1) -> Image.Image:
    """An RGB page with frame, dotted grid, lead names, pulses, separators and traces; header and footer."""
    page = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(page)
    _draw_dots(page)
    left, top, right, bottom = FRAME.as_tuple()
    draw.rectangle((left - LINE, top - LINE, right + LINE - 1, bottom + LINE - 1), None, PINK, LINE)
    with Image.open(FILE) as static:
        ink = static.convert("L").resize((FRAME.width, FRAME.height), Image.Resampling.BOX)
    page.paste("black", (left, top), Image.eval(ink, lambda level: 255 - level))
    _draw_traces(draw, seed)
    draw.text((left, top // 3), "ID : 0   (drawn)", fill="black", font_size=22)
    draw.line((left, top // 2, right, top // 2), fill="black", width=5)
    draw.text((left, bottom + 12), "25 mm/s  10 mm/mV  (drawn)", fill="black", font_size=14)
    return page


def _draw_dots(page: Image.Image) -> None:
    """A point a millimetre, a line of more of them each five."""
    pixels = np.array(page)
    inside = pixels[FRAME.top : FRAME.bottom, FRAME.left : FRAME.right]
    inside[::5, ::5] = DOTS
    inside[::26, ::3] = DOTS
    inside[::3, ::26] = DOTS
    page.paste(Image.fromarray(pixels))


def _draw_traces(draw: ImageDraw.ImageDraw, seed: int) -> None:
    rng = np.random.default_rng(seed)
    xs = np.arange(FRAME.left + 60, FRAME.right - 40)
    for baseline in BASELINES:
        beat = rng.uniform(0.08, 0.12) * FRAME.width
        wave = np.exp(-(((xs % beat) / beat - 0.5) ** 2) / 0.001) * rng.uniform(0.06, 0.1)
        ys = FRAME.top + FRAME.height * (baseline - wave)
        draw.line([*zip(xs.tolist(), ys.tolist(), strict=True)], fill="black", width=3)
