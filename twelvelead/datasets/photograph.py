"""A camera in arithmetic: what a page looks like that somebody photographed, turned or cropped.

For measuring and training, with a generator's own draws: paper that is turned, seen from the side, bowed,
lit from one side, in shadow, out of focus, noisy, in the light of a lamp, on some table, sent as a JPEG.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]
Side = Literal["left", "top", "right", "bottom"]
SIDES: tuple[Side, ...] = ("left", "top", "right", "bottom")
FINE = 0.35  # of a surface's roughness that is between neighbouring pixels


@dataclass(frozen=True)
class Camera:
    """How pages are photographed: most of each change, or (least, most); each is drawn anew a picture.

    rotation: degrees, either way. perspective: by how much of the page's sides each corner is moved
    inwards. quarter_turns: out of which one is drawn, counter-clockwise. fill: the share of the
    picture's width or height that the page takes. cut: the share of one side of the page that lies
    outside of the picture. bow: of the paper, as a share of its height. surfaces: what it may lie on.
    light: by which share it gets darker to one side. shadow: how dark, in every second picture.
    cast: of colour, as a share. defocus: standard deviation in pixels. motion: pixels. noise: standard
    deviation in grey levels. quality: of the JPEG. side: pixels of the picture's long side.
    """

    rotation: float = 8.0
    perspective: float = 0.04
    quarter_turns: tuple[int, ...] = (0,)
    fill: tuple[float, float] = (0.8, 0.96)
    cut: tuple[float, float] = (0.0, 0.0)
    bow: float = 0.0
    surfaces: tuple[str, ...] = ("table", "dark", "cloth", "light")
    light: float = 0.25
    shadow: float = 0.25
    cast: float = 0.06
    defocus: tuple[float, float] = (0.3, 1.0)
    motion: float = 2.0
    noise: tuple[float, float] = (1.0, 4.0)
    quality: tuple[int, int] = (70, 92)
    side: tuple[int, int] = (1600, 2600)


USUAL = Camera()
MILD = Camera(
    rotation=3.0,
    perspective=0.015,
    fill=(0.9, 0.98),
    light=0.12,
    shadow=0.0,
    cast=0.03,
    defocus=(0.2, 0.6),
    motion=0.0,
    noise=(0.5, 2.0),
    quality=(80, 95),
    side=(2000, 3000),
)
HARD = Camera(
    rotation=15.0,
    perspective=0.09,
    quarter_turns=(0, 1, 2, 3),
    fill=(0.65, 0.9),
    bow=0.004,
    light=0.4,
    shadow=0.4,
    cast=0.12,
    defocus=(0.6, 1.6),
    motion=4.0,
    noise=(2.0, 7.0),
    quality=(45, 85),
    side=(1300, 2000),
)
CAMERAS: Mapping[str, Camera] = MappingProxyType({"mild": MILD, "usual": USUAL, "hard": HARD})


def photograph(page: Picture, rng: np.random.Generator, camera: Camera = USUAL) -> Picture:
    """A photograph of a flat page, uint8 (h, w, 3) RGB in, uint8 (h2, w2, 3) RGB out; draws from `rng`."""
    long_side = int(rng.integers(camera.side[0], camera.side[1] + 1))
    size = (long_side, round(0.75 * long_side))
    corners = _corners(page, rng, camera, size)
    light = _light(size, rng, camera)
    paper, covered = _lay(page, corners, size, rng.uniform(-camera.bow, camera.bow))
    surface = SURFACES[camera.surfaces[int(rng.integers(len(camera.surfaces)))]](size, rng)
    surface += covered[..., np.newaxis] * (paper - surface)
    surface *= light[..., np.newaxis] * _cast(rng, camera)
    seen = _blurred(surface, rng, camera)
    seen += rng.uniform(*camera.noise) * _roughness(size, rng, 1.0)[..., np.newaxis]
    turned_by = camera.quarter_turns[int(rng.integers(len(camera.quarter_turns)))]
    sent = np.ascontiguousarray(np.rot90(np.clip(seen, 0, 255).astype(np.uint8), turned_by))
    return recompressed(sent, int(rng.integers(camera.quality[0], camera.quality[1] + 1)))


def turned(page: Picture, degrees: float, paper: int = 255) -> Picture:
    """The page turned counter-clockwise on paper of this brightness, in a picture that holds all of it."""
    height, width = page.shape[:2]
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    across, down = np.abs(turn[:, :2]) @ (width, height)
    size = (int(np.ceil(across)), int(np.ceil(down)))
    turn[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    around = (paper, paper, paper)
    found = cv2.warpAffine(page, turn, size, flags=cv2.INTER_LINEAR, borderValue=around)
    return np.asarray(found, np.uint8)


def cropped(page: Picture, share: float, side: Side) -> Picture:
    """The page without this share of its width or height at one side."""
    height, width = page.shape[:2]
    across, down = round(share * width), round(share * height)
    left, right = across * (side == "left"), width - across * (side == "right")
    top, bottom = down * (side == "top"), height - down * (side == "bottom")
    return np.ascontiguousarray(page[top:bottom, left:right])


def recompressed(picture: Picture, quality: int) -> Picture:
    """The picture as it comes out of a JPEG of this quality."""
    blue_first = np.ascontiguousarray(picture[..., ::-1])
    _, sent = cv2.imencode(".jpg", blue_first, [cv2.IMWRITE_JPEG_QUALITY, quality])
    found = np.asarray(cv2.imdecode(sent, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(found[..., ::-1])


def _corners(
    page: Picture, rng: np.random.Generator, camera: Camera, size: tuple[int, int]
) -> Plane:
    """Where the page's corners lie in the picture, (4, 2) x and y, clockwise from its upper left one."""
    height, width = page.shape[:2]
    sides = np.array([width, height]) / width
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * sides / 2
    corners *= 1 - rng.uniform(0, camera.perspective, (4, 2)) * 2
    angle = np.deg2rad(rng.uniform(-camera.rotation, camera.rotation))
    spin = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = corners @ spin.T
    fill = rng.uniform(*camera.fill)
    corners *= fill * min(np.array(size) / np.ptp(corners, axis=0))
    free = np.array(size) - np.ptp(corners, axis=0)
    corners += free * rng.uniform(0.2, 0.8, 2) - corners.min(axis=0)
    if camera.cut[1] > 0:
        corners += _shift(corners, rng, camera, size)
    return np.asarray(corners, np.float32)


def _shift(
    corners: npt.NDArray[np.float64],
    rng: np.random.Generator,
    camera: Camera,
    size: tuple[int, int],
) -> npt.NDArray[np.float64]:
    """By how much the page is moved so that a part of one of its sides leaves the picture."""
    side = int(rng.integers(4))
    axis, share = side % 2, rng.uniform(*camera.cut)
    away = share * float(np.ptp(corners[:, axis]))
    edge = corners[:, axis].min() if side < 2 else corners[:, axis].max() - size[axis]
    shift = np.zeros(2)
    shift[axis] = (-away if side < 2 else away) - edge
    return np.asarray(shift)


def _lay(page: Picture, corners: Plane, size: tuple[int, int], bow: float) -> tuple[Plane, Plane]:
    """The page in its place, float32 (h, w, 3), and how far it covers each pixel, (h, w) 0 to 1."""
    height, width = page.shape[:2]
    across = float(np.linalg.norm(corners[1] - corners[0]))
    shrunk = page
    if across < width:  # as a lens does: nothing between two pixels is left out
        to = (round(across), max(1, round(height * across / width)))
        shrunk = np.asarray(cv2.resize(page, to, interpolation=cv2.INTER_AREA), np.uint8)
    bottom, right = shrunk.shape[0] - 1, shrunk.shape[1] - 1
    flat = np.array([[0, 0], [right, 0], [right, bottom], [0, bottom]], np.float32)
    there = np.linalg.inv(cv2.getPerspectiveTransform(flat, corners))
    xs, ys = np.meshgrid(np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32))
    depth = there[2, 0] * xs + there[2, 1] * ys + there[2, 2]
    x = ((there[0, 0] * xs + there[0, 1] * ys + there[0, 2]) / depth).astype(np.float32)
    y = ((there[1, 0] * xs + there[1, 1] * ys + there[1, 2]) / depth).astype(np.float32)
    if bow:
        y += (bow * bottom * np.sin(np.pi * np.clip(x / right, 0, 1))).astype(np.float32)
    paper = cv2.remap(shrunk, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = np.minimum.reduce([x + 0.5, right + 0.5 - x, y + 0.5, bottom + 0.5 - y])
    return paper.astype(np.float32), np.clip(inside, 0, 1).astype(np.float32)


def _light(size: tuple[int, int], rng: np.random.Generator, camera: Camera) -> Plane:
    """How bright the light falls on each pixel, (h, w), 1 where it is full."""
    width, height = size
    xs, ys = np.meshgrid(
        np.linspace(-0.5, 0.5, width, dtype=np.float32),
        np.linspace(-0.5, 0.5, height, dtype=np.float32),
    )
    angle, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 1.0) * camera.light
    along = xs * np.cos(angle) + ys * np.sin(angle)
    light = rng.uniform(0.78, 1.0) * (1 - depth * (along + 0.5))
    if camera.shadow and rng.random() < 0.5:
        angle, place = rng.uniform(0, 2 * np.pi), rng.uniform(-0.3, 0.3)
        edge = (xs * np.cos(angle) + ys * np.sin(angle) - place) / rng.uniform(0.02, 0.15)
        light = light * (1 - rng.uniform(0.4, 1.0) * camera.shadow / (1 + np.exp(-4 * edge)))
    return np.asarray(light, np.float32)


def _cast(rng: np.random.Generator, camera: Camera) -> Plane:
    """(3,) of red, green and blue: warm or cold light."""
    warmth, green = rng.uniform(-1, 1) * camera.cast, rng.uniform(-0.3, 0.3) * camera.cast
    cast = np.array([1 + warmth, 1 + green, 1 - warmth], np.float32)
    return np.asarray(cast / cast.max(), np.float32)


def _blurred(seen: Plane, rng: np.random.Generator, camera: Camera) -> Plane:
    blurred = cv2.GaussianBlur(seen, (0, 0), max(0.05, rng.uniform(*camera.defocus)))
    length = rng.uniform(0, camera.motion)
    if length >= 1:
        angle, reach = rng.uniform(0, np.pi), int(np.ceil(length)) + 1
        kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
        for step in np.linspace(-length / 2, length / 2, 33):
            row, column = reach + step * np.sin(angle), reach + step * np.cos(angle)
            kernel[round(row), round(column)] += 1 / 33
        blurred = cv2.filter2D(blurred, -1, kernel)
    return np.asarray(blurred, np.float32)


def _roughness(size: tuple[int, int], rng: np.random.Generator, fine: float) -> Plane:
    """(h, w) with standard deviation about 1: `fine` of it between neighbours, the rest in large spots."""
    width, height = size
    rough = fine * rng.standard_normal((height, width), dtype=np.float32)
    if fine < 1:
        few = rng.standard_normal((height // 40 + 2, width // 40 + 2), dtype=np.float32)
        rough += (1 - fine) * np.asarray(cv2.resize(few, size, interpolation=cv2.INTER_CUBIC))
    return rough


def _table(size: tuple[int, int], rng: np.random.Generator) -> Plane:
    """Wood: brown, with a grain that runs across."""
    colour = np.array([120, 84, 52], np.float32) * rng.uniform(0.6, 1.2)
    lines = rng.standard_normal((size[1], 8), dtype=np.float32)
    grain = cv2.GaussianBlur(cv2.resize(lines, size), (0, 0), 2.0)
    return np.asarray(colour + 14 * grain[..., np.newaxis], np.float32)


def _dark(size: tuple[int, int], rng: np.random.Generator) -> Plane:
    return _plain(size, rng, rng.uniform(15, 60), 3.0)


def _light_table(size: tuple[int, int], rng: np.random.Generator) -> Plane:
    return _plain(size, rng, rng.uniform(140, 205), 4.0)


def _cloth(size: tuple[int, int], rng: np.random.Generator) -> Plane:
    return _plain(size, rng, rng.uniform(60, 140), 16.0)


def _plain(size: tuple[int, int], rng: np.random.Generator, level: float, rough: float) -> Plane:
    colour = level * rng.uniform(0.85, 1.15, 3).astype(np.float32)
    return np.asarray(colour + rough * _roughness(size, rng, FINE)[..., np.newaxis], np.float32)


SURFACES: Mapping[str, Callable[[tuple[int, int], np.random.Generator], Plane]] = MappingProxyType(
    {"table": _table, "dark": _dark, "cloth": _cloth, "light": _light_table}
)
