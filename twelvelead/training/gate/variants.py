"""Random variants of a picture: turned, cropped, seen at an angle, lit, printed in another colour.

What the network must not learn is the look of one scanner; so all of that changes at every view.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twelvelead.inference.gate.channels import LONG, OVER, SHORT, Channels, channels
from twelvelead.training.gate.pictures import Rgb

Chance = np.random.Generator
Corners = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Freedom:
    """How far a picture may be changed. crop: most of a side that is cut off. turn: degrees."""

    crop: float = 0.12
    turn: float = 4.0
    far_turn: float = 18.0
    far: float = 0.15  # share of pictures turned that far
    angle: float = 0.08  # most of a side by which a corner moves
    quarter: float = 0.06  # share of pictures turned by 90, 180 or 270 degrees
    colours: float = 0.25  # share of pictures whose colours are exchanged or taken


STRICT = Freedom()
LOOSE = Freedom(crop=0.5, quarter=0.2)


def vary(rgb: Rgb, chance: Chance, freedom: Freedom) -> Channels:
    """A random view of uint8 (height, width, 3), as the network reads it, always lying."""
    if chance.random() < freedom.quarter:
        rgb = np.rot90(rgb, int(chance.integers(1, 4)))
    seen = _seen(rgb, chance, freedom)
    seen = _lit(_coloured(seen, chance, freedom), chance)
    return channels(_grey(seen), seen)


def plain(rgb: Rgb) -> Channels:
    """The view that serving has, lying: a higher picture is turned by a quarter."""
    return channels(_grey(rgb), rgb)


def _grey(rgb: Rgb) -> Rgb:
    import cv2

    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def _seen(rgb: Rgb, chance: Chance, freedom: Freedom) -> Rgb:
    """Cropped, turned, at an angle; laid on some ground where the picture ends."""
    import cv2

    height, width = rgb.shape[:2]
    left, top, right, bottom = chance.uniform(0, freedom.crop, 4) * chance.integers(0, 2, 4)
    box = np.array([[left, top], [1 - right, top], [1 - right, 1 - bottom], [left, 1 - bottom]])
    source = (box * (width, height)).astype(np.float32)
    rows, columns = _size(float(np.ptp(source[:, 1])), float(np.ptp(source[:, 0])))
    target = _corners(rows, columns, chance, freedom)
    matrix = cv2.getPerspectiveTransform(source, target)
    ground = [int(v) for v in (chance.integers(0, 256, 3) if chance.random() < 0.5 else (255,) * 3)]
    return np.asarray(
        cv2.warpPerspective(rgb, matrix, (columns, rows), borderValue=ground), np.uint8
    )


def _size(height: float, width: float) -> tuple[int, int]:
    """Rows and columns that fill what the network reads, doubled."""
    shape = (LONG, SHORT) if height > width else (SHORT, LONG)
    factor = OVER * min(shape[0] / height, shape[1] / width)
    return max(16, round(factor * height)), max(16, round(factor * width))


def _corners(rows: int, columns: int, chance: Chance, freedom: Freedom) -> Corners:
    """Where the corners come to lie: float32 (4, 2)."""
    most = freedom.far_turn if chance.random() < freedom.far else freedom.turn
    angle = np.radians(chance.uniform(-most, most) * (chance.random() < 0.7))
    centre = np.array([columns / 2, rows / 2])
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], float) - centre
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corners = corners @ turn * chance.uniform(0.8, 1.1) ** (chance.random() < 0.5)
    if chance.random() < 0.3:
        corners += chance.uniform(-freedom.angle, freedom.angle, (4, 2)) * (columns, rows)
    return np.asarray(corners + centre, np.float32)


def _coloured(rgb: Rgb, chance: Chance, freedom: Freedom) -> Rgb:
    """Colours exchanged, so that a red grid becomes a green or a blue one, or taken."""
    if chance.random() >= freedom.colours:
        return rgb
    if chance.random() < 0.4:
        return np.repeat(_grey(rgb)[:, :, np.newaxis], 3, axis=2)
    return np.ascontiguousarray(rgb[:, :, chance.permutation(3)])


def _lit(rgb: Rgb, chance: Chance) -> Rgb:
    """Gamma, a cast, a shadow from one side, blur, noise and a JPEG's blocks."""
    import cv2

    table = np.linspace(0, 1, 256) ** np.exp(chance.uniform(-0.5, 0.5))
    casts = chance.uniform(0.8, 1.0, 3) if chance.random() < 0.4 else np.ones(3)
    low, gain = chance.uniform(0, 0.15), chance.uniform(0.55, 1.0)
    tables = (255 * (low + (gain - low) * table[:, np.newaxis] * casts)).clip(0, 255)
    rgb = np.asarray(cv2.LUT(rgb, tables[:, np.newaxis].astype(np.uint8)), np.uint8)
    if chance.random() < 0.3:
        rgb = _shaded(rgb, chance)
    if chance.random() < 0.3:
        rgb = np.asarray(cv2.GaussianBlur(rgb, (0, 0), chance.uniform(0.4, 1.5)), np.uint8)
    if chance.random() < 0.2:
        noise = chance.standard_normal(rgb.shape[:2], np.float32) * chance.uniform(1, 8)
        rgb = np.asarray(cv2.add(rgb, cv2.merge([noise.astype(np.int8)] * 3), dtype=cv2.CV_8U))
    if chance.random() < 0.3:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(20, 80))]
        rgb = np.asarray(cv2.imdecode(cv2.imencode(".jpg", rgb, quality)[1], 1), np.uint8)
    return rgb


def _shaded(rgb: Rgb, chance: Chance) -> Rgb:
    import cv2

    corners = chance.uniform(120, 255, (2, 2)).astype(np.uint8)
    shade = cv2.resize(corners, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.multiply(rgb, cv2.merge([shade] * 3), scale=1 / 255), np.uint8)
