"""The pictures that the gate's network learns from: what each shows, and which source it is from.

A folder, or a text file that lists files, is one source: a package, a family of plots, a style of a
simulator, a hospital. Sources, not pictures, are what training and measuring are kept apart by.
"""

import hashlib
import random
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ecg.errors import PageError
from ecg.picture.encoded import EncodedPicture
from ecg.picture.tone import is_light_on_dark
from twelvelead.datasets.pages import DataError
from twelvelead.inference.gate.kinds import KINDS, Kind

Rgb = npt.NDArray[np.uint8]
SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
KEPT_SIDE = 704  # px: pictures are kept no larger: twice what the network reads
KEPT_QUALITY = 92
LEAST_SIDE, LONGEST = 64, 10  # px, and times the other side: nothing else would be read


@dataclass(frozen=True)
class PictureSource:
    """One source of pictures: all show one kind of thing."""

    name: str
    kind: Kind
    files: tuple[Path, ...]


@dataclass
class Pictures:
    """Small JPEGs with what they show: place in KINDS, and place in `sources`.

    kept: a folder where a later run finds them small already.
    """

    kept: Path
    sources: list[str] = field(default_factory=list)
    data: list[bytes] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    source: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.data)

    def rgb(self, number: int) -> Rgb:
        """uint8 (height, width, 3) of one picture."""
        import cv2

        pixels = np.frombuffer(self.data[number], np.uint8)
        return np.asarray(cv2.imdecode(pixels, cv2.IMREAD_COLOR_RGB), np.uint8)

    def add(self, source: PictureSource) -> int:
        """Reads a source; how many of its files are pictures that the app would read too."""
        place, before = len(self.sources), len(self)
        self.sources.append(source.name)
        for file in source.files:
            small = self._small(file)
            if small:
                self.data.append(small)
                self.kinds.append(KINDS.index(source.kind))
                self.source.append(place)
        return len(self) - before

    def _small(self, file: Path) -> bytes:
        told = f"{file.resolve()} {file.stat().st_mtime_ns} {KEPT_SIDE}"
        place = self.kept / f"{hashlib.sha256(told.encode()).hexdigest()}.jpg"
        if not place.exists():
            self.kept.mkdir(parents=True, exist_ok=True)
            place.write_bytes(_small(file))
        return place.read_bytes()


def find_source(path: Path, kind: Kind, most: int, seed: int) -> PictureSource:
    """The pictures below a folder, or those that a text file lists, at most so many, drawn by chance.

    Raises DataError where there are none.
    """
    if path.suffix == ".txt":
        files = [Path(line) for line in path.read_text("utf-8").splitlines() if line]
    else:
        files = sorted(one for one in path.rglob("*") if one.suffix.lower() in SUFFIXES)
    if not files:
        raise DataError(f"{path} holds no pictures: name a folder of them, or a list of files.")
    random.Random(seed).shuffle(files)  # noqa: S311 - no secret
    return PictureSource(
        path.stem if path.suffix == ".txt" else path.name, kind, tuple(files[:most])
    )


def _small(file: Path) -> bytes:
    """A JPEG of a picture, shrunk and turned to dark on light as the app does; empty if unreadable."""
    import cv2

    try:
        picture = EncodedPicture(file.read_bytes())
        longest = max(picture.size)
        if min(picture.size) < LEAST_SIDE or longest > LONGEST * min(picture.size):
            return b""
        scale = next(one for one in (8, 4, 2, 1) if one == 1 or longest // one >= KEPT_SIDE)
        rgb = picture.decode(scale, "rgb")
    except (PageError, OSError):
        return b""
    factor = KEPT_SIDE / max(rgb.shape[:2])
    if factor < 1:
        size = (max(1, round(factor * rgb.shape[1])), max(1, round(factor * rgb.shape[0])))
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    if is_light_on_dark(np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)):
        rgb = 255 - rgb
    bgr = np.ascontiguousarray(rgb[:, :, ::-1])
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, KEPT_QUALITY])[1].tobytes()
