"""Written and printed things: text, tables, forms, scribbles, music, codes, screens."""

from itertools import pairwise

import cv2
import numpy as np

from ecg.simulate.layouts.chance import any_of, between, colour_near
from twelvelead.datasets.not_ecgs.ground import (
    INKS,
    Box,
    Picture,
    Rng,
    any_size,
    frame,
    middle_box,
    paper,
    put,
    whole,
)

WORDS = (
    "the", "heart", "patient", "rhythm", "of", "and", "report", "normal", "sinus", "with", "lead",
    "in", "for", "results", "no", "clinical", "was", "rate", "72", "a", "method", "table", "figure",
    "market", "value", "year", "data", "is", "not", "to", "by", "discharge", "summary", "mmHg",
)  # fmt: skip


def sentence(rng: Rng, length: int) -> str:
    """About `length` characters of words."""
    words: list[str] = []
    while sum(map(len, words)) + len(words) < length:
        words.append(any_of(rng, WORDS))
    return " ".join(words)[:length].capitalize()


def write_lines(picture: Picture, rng: Rng, box: Box) -> None:
    """Lines of words that fill `box`."""
    left, top, right, bottom = box
    scale, ink = between(rng, 0.35, 1.0), any_of(rng, INKS)
    step = int(scale * between(rng, 28, 46))
    length = max(4, int((right - left) / (scale * 18)))
    for y in range(top + step, bottom, step):
        if rng.random() < 0.9:
            short = between(rng, 0.5, 1) if rng.random() < 0.2 else 1.0
            put(picture, sentence(rng, int(length * short)), (left + 4, y), (scale, ink))


def text_page(rng: Rng) -> Picture:
    """A page of text."""
    picture = paper(rng, ruled=0.1)
    write_lines(picture, rng, middle_box(picture, rng))
    return picture


def boxed_text(rng: Rng) -> Picture:
    """Text in a box, often pink, with or without a grid."""
    picture = paper(rng, ruled=0.35)
    box = middle_box(picture, rng) if rng.random() < 0.8 else whole(picture)
    frame(picture, rng, box)
    write_lines(picture, rng, box)
    return picture


def newspaper(rng: Rng) -> Picture:
    """Columns under a headline, with a grey picture."""
    picture = paper(rng, ruled=0.0)
    height, width = picture.shape[:2]
    put(picture, sentence(rng, 24), (20, 50), (1.5, (0, 0, 0)))
    columns = int(rng.integers(2, 5))
    for column in range(columns):
        left = 15 + column * (width - 20) // columns
        write_lines(picture, rng, (left, 70, left + (width - 60) // columns, height - 15))
    x, y = int(rng.integers(width // 2)), int(rng.integers(80, height // 2))
    cv2.rectangle(picture, (x, y), (x + width // 3, y + height // 4), (150, 150, 150), -1)
    return picture


def table(rng: Rng) -> Picture:
    """Numbers in ruled rows and columns."""
    picture = paper(rng, ruled=0.15)
    left, top, right, bottom = middle_box(picture, rng)
    rows, columns = int(rng.integers(3, 25)), int(rng.integers(2, 9))
    colour = any_of(rng, [(0, 0, 0), (120, 120, 120), (240, 150, 155)])
    ys, xs = np.linspace(top, bottom, rows + 1), np.linspace(left, right, columns + 1)
    for y in ys.astype(int).tolist():
        cv2.line(picture, (left, y), (right, y), colour, 1)
    for x in xs.astype(int).tolist():
        cv2.line(picture, (x, top), (x, bottom), colour, 1)
    scale = float(np.clip((bottom - top) / rows / 50, 0.3, 0.9))
    for y in ys[1:]:
        for x in xs[:-1]:
            put(
                picture, f"{rng.normal() * 50:.1f}", (int(x) + 5, int(y) - 5), (scale, (20, 20, 20))
            )
    return picture


def form(rng: Rng) -> Picture:
    """Fields to fill in, boxes to tick."""
    picture = paper(rng, ruled=0.0)
    height, width = picture.shape[:2]
    colour = any_of(rng, [(0, 0, 0), (230, 120, 125), (60, 90, 170)])
    for y in range(40, height - 30, int(rng.integers(38, 70))):
        put(picture, sentence(rng, 12), (20, y), (0.55, (20, 20, 20)))
        if rng.random() < 0.6:
            cv2.rectangle(picture, (width // 3, y - 20), (width - 30, y + 8), colour, 1)
        for x in range(width // 3, width - 60, 90) if rng.random() < 0.3 else ():
            cv2.rectangle(picture, (x, y - 14), (x + 16, y + 2), colour, 2)
    return picture


def _stroke(picture: Picture, rng: Rng, start: tuple[float, float], length: int) -> None:
    turn = np.cumsum(rng.normal(0, 0.5, length)) + np.sin(np.linspace(0, 20, length))
    pace = between(rng, 2, 8)
    steps = np.stack([np.cos(turn) + 0.4, np.sin(turn)], axis=1) * pace
    points = (np.array(start) + np.cumsum(steps, axis=0)).astype(np.int32)
    ink, width = any_of(rng, INKS), int(rng.integers(1, 5))
    cv2.polylines(picture, [points], False, ink, width, cv2.LINE_AA)


def scribble(rng: Rng) -> Picture:
    """Handwriting without words."""
    picture = paper(rng, ruled=0.4)
    height, width = picture.shape[:2]
    for y in range(60, height, int(rng.integers(50, 120))):
        for _ in range(int(rng.integers(1, 6))):
            _stroke(picture, rng, (between(rng, 0, width * 0.8), y), int(rng.integers(20, 120)))
    return picture


def signature(rng: Rng) -> Picture:
    """One bold stroke on paper, or below a line."""
    picture = paper(rng, ruled=0.2)
    height, width = picture.shape[:2]
    cv2.line(picture, (40, int(height * 0.7)), (width - 40, int(height * 0.7)), (90, 90, 90), 1)
    for _ in range(int(rng.integers(1, 4))):
        _stroke(
            picture, rng, (width * between(rng, 0.1, 0.4), height / 2), int(rng.integers(60, 300))
        )
    return picture


def sheet_music(rng: Rng) -> Picture:
    """Staves with notes: five lines a row, and marks on them."""
    picture = paper(rng, ruled=0.0)
    height, width = picture.shape[:2]
    gap = int(rng.integers(6, 16))
    for top in range(50, height - 6 * gap, int(gap * between(rng, 8, 13))):
        for line in range(5):
            cv2.line(picture, (20, top + line * gap), (width - 20, top + line * gap), (0, 0, 0), 1)
        for x in range(60, width - 30, int(gap * between(rng, 2, 4))):
            y = top + int(rng.integers(-1, 10)) * gap // 2
            cv2.ellipse(picture, (x, y), (gap * 6 // 10, gap * 4 // 10), -20, 0, 360, (0, 0, 0), -1)
            if rng.random() < 0.8:
                cv2.line(picture, (x + gap // 2, y), (x + gap // 2, y - 3 * gap), (0, 0, 0), 1)
    return picture


def barcode(rng: Rng) -> Picture:
    """Bars."""
    picture = paper(rng, ruled=0.1)
    height, width = picture.shape[:2]
    x = width // 10
    while x < width * 9 // 10:
        bar = int(rng.integers(1, 9))
        picture[height // 5 : height * 4 // 5, x : x + bar] = 0
        x += bar + int(rng.integers(2, 10))
    put(picture, "4 012345 678901", (width // 4, height * 9 // 10), (0.8, (0, 0, 0)))
    return picture


def square_code(rng: Rng) -> Picture:
    """A code of squares with three eyes."""
    cells, size = int(rng.integers(21, 45)), int(rng.integers(8, 20))
    code: Picture = rng.choice(np.array([0, 255], np.uint8), (cells, cells))
    for y, x in ((0, 0), (0, cells - 7), (cells - 7, 0)):
        code[y : y + 7, x : x + 7] = 0
        code[y + 1 : y + 6, x + 1 : x + 6] = 255
        code[y + 2 : y + 5, x + 2 : x + 5] = 0
    code = np.pad(code, 4, constant_values=255).repeat(size, axis=0).repeat(size, axis=1)
    return np.repeat(code[..., None], 3, axis=2)


def screenshot(rng: Rng) -> Picture:
    """Windows with title bars, buttons and text."""
    height, width = any_size(rng)
    picture = np.full((height, width, 3), colour_near(rng, (90, 120, 160), 80), np.uint8)
    for _ in range(int(rng.integers(1, 5))):
        x, y = int(rng.integers(width // 2)), int(rng.integers(height // 2))
        right, low = (
            int(rng.integers(x + 150, width + 200)),
            int(rng.integers(y + 120, height + 200)),
        )
        body = colour_near(rng, any_of(rng, [(245, 245, 245), (40, 42, 48)]), 8)
        cv2.rectangle(picture, (x, y), (right, low), body, -1)
        cv2.rectangle(picture, (x, y), (right, y + 26), colour_near(rng, (150, 150, 165), 70), -1)
        put(picture, sentence(rng, 18), (x + 8, y + 19), (0.5, (240, 240, 240)))
        write_lines(picture, rng, (x + 10, y + 35, min(right, width), min(low, height)))
    return picture


def flow_chart(rng: Rng) -> Picture:
    """Boxes with words, and arrows between them."""
    picture = paper(rng, ruled=0.2)
    height, width = picture.shape[:2]
    spots = [
        (int(rng.integers(20, width - 160)), int(rng.integers(20, height - 70))) for _ in range(9)
    ]
    for first, second in pairwise(spots):
        start, end = (first[0] + 70, first[1] + 25), (second[0] + 70, second[1] + 25)
        cv2.arrowedLine(picture, start, end, (60, 60, 60), 2, cv2.LINE_AA, 0, 0.06)
    for x, y in spots:
        fill = colour_near(rng, any_of(rng, [(255, 220, 220), (220, 235, 255)]), 10)
        cv2.rectangle(picture, (x, y), (x + 140, y + 50), fill, -1)
        frame(picture, rng, (x, y, x + 140, y + 50))
        put(picture, sentence(rng, 11), (x + 8, y + 30), (0.5, (10, 10, 10)))
    return picture
