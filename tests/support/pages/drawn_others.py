"""What people send that is no 12-lead page, drawn for tests."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE = (1200, 800)
PINK, STRONG = (250, 215, 215), (235, 165, 165)


def ecg_paper(size: tuple[int, int] = SIZE, box: int = 8) -> Image.Image:
    """Paper with lines each `box` px, each fifth of them strong."""
    page = Image.new("RGB", size, (255, 250, 250))
    draw = ImageDraw.Draw(page)
    for step in range(0, max(size), box):
        colour = STRONG if step % (5 * box) == 0 else PINK
        draw.line((step, 0, step, size[1]), fill=colour)
        draw.line((0, step, size[0], step), fill=colour)
    return page


def rhythm_strip() -> Image.Image:
    """One lead on a strip of paper."""
    page = ecg_paper((1400, 240))
    xs = np.arange(20, 1380)
    phase = (xs % 170) / 170
    wave = 0.12 * np.exp(-((phase - 0.3) ** 2) / 0.0012) + np.exp(-((phase - 0.45) ** 2) / 0.00015)
    wave += 0.3 * np.exp(-((phase - 0.75) ** 2) / 0.004)
    ys = 170 - 110 * wave
    draw = ImageDraw.Draw(page)
    draw.line([*zip(xs.tolist(), ys.tolist(), strict=True)], fill="black", width=2)
    draw.text((24, 40), "II", fill="black", font_size=20)
    return page


def eeg() -> Image.Image:
    """Sixteen channels of slow noise in a box."""
    page = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(page)
    rng = np.random.default_rng(3)
    for row in range(16):
        noise = np.convolve(rng.normal(size=1300), np.hanning(9), "same")[100:1200]
        ys = 60 + 45 * row + 5 * noise
        draw.line([*zip(range(80, 1180), ys.tolist(), strict=True)], fill="black", width=1)
        draw.text((20, 52 + 45 * row), f"F{row}-C{row}", fill="black", font_size=14)
    draw.rectangle((70, 20, 1190, 780), outline="black", width=2)
    return page


def bars() -> Image.Image:
    """A bar chart in a box."""
    page = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(page)
    for number, high in enumerate((300, 520, 180, 610, 420)):
        draw.rectangle(
            (140 + 200 * number, 720 - high, 260 + 200 * number, 720), fill=(70, 110, 180)
        )
        draw.text((180 + 200 * number, 735), "ABCDE"[number], fill="black", font_size=24)
    draw.rectangle((80, 60, 1150, 720), outline="black", width=2)
    return page


def letter() -> Image.Image:
    """A page of words."""
    page = Image.new("RGB", (900, 1200), "white")
    draw = ImageDraw.Draw(page)
    words = "the quick brown fox jumps over the lazy dog and then sleeps until noon"
    for line in range(34):
        draw.text((80, 80 + 30 * line), words[line % 9 :], fill="black", font_size=22)
    return page


def cat() -> Image.Image:
    """A face with ears, out of focus."""
    page = Image.new("RGB", (800, 800), (120, 140, 90))
    draw = ImageDraw.Draw(page)
    draw.ellipse((200, 200, 620, 640), fill=(190, 130, 70))
    draw.polygon([(230, 280), (260, 110), (370, 220)], fill=(170, 110, 60))
    draw.polygon([(590, 280), (560, 110), (450, 220)], fill=(170, 110, 60))
    for x in (320, 480):
        draw.ellipse((x, 340, x + 50, 410), fill=(40, 160, 60))
    draw.ellipse((385, 450, 435, 490), fill=(230, 130, 140))
    return page.filter(ImageFilter.GaussianBlur(3))


NO_ECGS: dict[str, Callable[[], Image.Image]] = {
    "an EEG": eeg,
    "a bar chart": bars,
    "a letter": letter,
    "a cat": cat,
}
