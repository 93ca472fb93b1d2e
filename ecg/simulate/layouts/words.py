"""Words on a sheet, and the other things that programs print beside an ECG: tables, bars, marks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from ecg.simulate.layouts.grid import traces_area
from ecg.simulate.layouts.sheet import SheetLayout

Picture = npt.NDArray[np.uint8]
Point = tuple[int, int]
HERSHEY_HEIGHT = 22.0  # px of a capital at scale 1
COLUMN_CHARACTERS = 26  # of the header, to a column


@dataclass(frozen=True, eq=False)
class Pen:
    """Writes on `picture` in a layout's hand."""

    picture: Picture
    layout: SheetLayout

    def write(self, text: str, at: Point, larger: float = 1.0) -> None:
        """Writes `text` with its top left corner at (x, y) px, `larger` times the usual size."""
        hand = self.layout.hand
        height = max(5.0, larger * self.height)
        if hand.font == "plain":
            self._write_plain(text, at, height)
            return
        size = height / HERSHEY_HEIGHT * 0.8
        thick = 2 if height > 30 else 1
        foot = (at[0], round(at[1] + 0.8 * height))
        font = int(hand.font)
        cv2.putText(self.picture, text, foot, font, size, hand.words, thick, cv2.LINE_AA)

    @property
    def height(self) -> float:
        """The usual height of words, px."""
        return self.layout.hand.size * self.layout.paper.px_per_mm

    def _write_plain(self, text: str, at: Point, height: float) -> None:
        font = ImageFont.load_default(size=height)
        box = font.getbbox(text)
        wide, high = int(box[2]) + 2, int(box[3]) + 2
        x, y = max(0, at[0]), max(0, at[1])
        piece = self.picture[y : y + high, x : x + wide]
        if piece.size == 0:
            return
        image = Image.fromarray(piece)
        ImageDraw.Draw(image).text((0, 0), text, font=font, fill=self.layout.hand.words)
        self.picture[y : y + high, x : x + wide] = np.asarray(image)


def write_words(picture: Picture, layout: SheetLayout) -> None:
    """Title, header and footer; the header in columns, as many of its lines as have room."""
    pen, hand = Pen(picture, layout), layout.hand
    left, top, right, bottom = traces_area(layout)
    step = 1.4 * pen.height
    y = 0.4 * step
    if hand.title:
        pen.write(hand.title, (left, round(y)), 1.3)
        y += 1.5 * step
    room = int((top - y) / step)
    wide = max(1.0, COLUMN_CHARACTERS * 0.55 * pen.height)
    shown = hand.header[: room * int((right - left) / wide)]
    for number, text in enumerate(shown):
        column, line = divmod(number, room)
        pen.write(text[:COLUMN_CHARACTERS], (round(left + column * wide), round(y + line * step)))
    for number, text in enumerate(hand.footer):
        pen.write(text, (left, round(bottom + (0.3 + number) * step)))


def _barcode(picture: Picture, layout: SheetLayout, rng: np.random.Generator) -> None:
    scale = layout.paper.px_per_mm
    x, y, end = traces_area(layout)[2] - round(45 * scale), round(2 * scale), picture.shape[1]
    while x < end - 2 * scale and x > 0:
        bar = max(1, round(float(rng.uniform(0.2, 0.9)) * scale))
        picture[y : y + round(9 * scale), x : x + bar] = layout.hand.words
        x += bar + max(1, round(float(rng.uniform(0.2, 0.9)) * scale))


def _logo(picture: Picture, layout: SheetLayout, rng: np.random.Generator) -> None:
    scale = layout.paper.px_per_mm
    centre = (round(layout.area[2] * scale) - round(12 * scale), round(8 * scale))
    colour = tuple(int(c) for c in rng.integers(0, 255, 3))
    cv2.ellipse(picture, centre, (round(9 * scale), round(4 * scale)), 0, 0, 360, colour, -1)
    cv2.circle(picture, centre, round(2.5 * scale), layout.paper.colour, -1)


def _table(picture: Picture, layout: SheetLayout, rng: np.random.Generator) -> None:
    scale = layout.paper.px_per_mm
    right = round(layout.area[2] * scale)
    rows, row = int(rng.integers(3, 6)), round(4.5 * scale)
    left = right - round(70 * scale)
    for line in range(rows + 1):
        y = round(2 * scale) + line * row
        cv2.line(picture, (left, y), (right, y), layout.hand.words, 1)
    for x in np.linspace(left, right, int(rng.integers(3, 5))).astype(int):
        low = round(2 * scale) + rows * row
        cv2.line(picture, (int(x), round(2 * scale)), (int(x), low), layout.hand.words, 1)


def _stamp(picture: Picture, layout: SheetLayout, rng: np.random.Generator) -> None:
    scale = layout.paper.px_per_mm
    x = int(rng.integers(0, picture.shape[1]))
    y = int(rng.integers(0, picture.shape[0]))
    ink = (40, 60, 160) if rng.random() < 0.5 else (180, 40, 50)
    cv2.circle(picture, (x, y), round(11 * scale), ink, max(1, round(0.5 * scale)), cv2.LINE_AA)
    cv2.circle(picture, (x, y), round(8 * scale), ink, 1, cv2.LINE_AA)


def _rule(picture: Picture, layout: SheetLayout, rng: np.random.Generator) -> None:
    del rng
    left, top, right, _ = traces_area(layout)
    y = max(0, top - round(2 * layout.paper.px_per_mm))
    cv2.line(picture, (left, y), (right, y), layout.hand.words, 2)


def _holes(picture: Picture, layout: SheetLayout, rng: np.random.Generator) -> None:
    """The punched edge of a roll of paper."""
    scale = layout.paper.px_per_mm
    for x in np.arange(float(rng.uniform(2, 8)), picture.shape[1] / scale, 12.0):
        for y in (round(2 * scale), picture.shape[0] - round(2 * scale)):
            cv2.circle(picture, (round(x * scale), y), round(scale), (90, 90, 90), -1)


def _scribble(picture: Picture, layout: SheetLayout, rng: np.random.Generator) -> None:
    """A note by hand."""
    scale = layout.paper.px_per_mm
    steps = rng.normal([0.6, 0.0], [1.0, 1.3], (40, 2)) * scale
    start = rng.uniform(0.1, 0.7, 2) * (picture.shape[1], picture.shape[0])
    points = (start + np.cumsum(steps, axis=0)).astype(np.int32)
    cv2.polylines(picture, [points], False, (30, 40, 140), max(1, round(0.4 * scale)), cv2.LINE_AA)


Extra = Callable[[Picture, SheetLayout, np.random.Generator], None]
EXTRAS: Mapping[str, Extra] = {
    "barcode": _barcode,
    "logo": _logo,
    "table": _table,
    "stamp": _stamp,
    "rule": _rule,
    "holes": _holes,
    "scribble": _scribble,
}


def add_extras(picture: Picture, layout: SheetLayout, rng: np.random.Generator) -> None:
    """Draws each of `layout.hand.extras`. Raises KeyError for a name that EXTRAS lacks."""
    for name in layout.hand.extras:
        EXTRAS[name](picture, layout, rng)
