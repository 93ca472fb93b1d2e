"""What was done to a picture to make a flat page of it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecg.page.frame import Box

Floats = npt.NDArray[np.float64]
Corner = tuple[float, float]
Row = tuple[float, float, float]
SQUARE = 0.0015  # slope of a side that counts as upright or level: one pixel in 700


@dataclass(frozen=True)
class Straightening:
    """How the flat page comes out of the upright picture; all in full-size pixels, edges, not middles.

    to_picture: the homography (3 x 3) from the flat page to the picture. size: (width, height) of the
    flat page. frame: the inside of the trace frame on the flat page, None where only the sheet or the
    grid was found. corners: where the corners of what was straightened lie in the picture, clockwise
    from the upper left one of the upright page. degrees: by how much it was turned clockwise beyond
    the quarter turns, which count clockwise too. notes: the same in sentences.
    """

    to_picture: tuple[Row, Row, Row]
    size: tuple[int, int]
    frame: Box | None
    corners: tuple[Corner, ...]
    degrees: float = 0.0
    quarter_turns: int = 0
    notes: tuple[str, ...] = ()

    @property
    def homography(self) -> Floats:
        """float64 (3, 3), from the flat page to the picture."""
        return np.array(self.to_picture)

    @property
    def is_warped(self) -> bool:
        """Whether more was done than to cut and to turn by quarters: light and paper are a camera's."""
        return not is_square(np.array(self.corners))


def as_rows(homography: Floats) -> tuple[Row, Row, Row]:
    """A matrix, (3, 3), as what can be compared and kept."""
    first, second, third = ((float(a), float(b), float(c)) for a, b, c in homography)
    return first, second, third


def is_square(corners: Floats) -> bool:
    """Whether all four sides, (4, 2), are upright or level."""
    sides = np.abs(np.roll(corners, -1, axis=0) - corners)
    return bool((sides.min(axis=1) <= SQUARE * sides.max(axis=1)).all())


def tilt(corners: Floats) -> float:
    """By how many degrees, -45 to 45, the figure is turned clockwise on the screen beyond quarter turns."""
    sides = np.roll(corners, -1, axis=0) - corners
    angles = np.rad2deg(np.arctan2(sides[:, 1], sides[:, 0])) - 90 * np.arange(4)
    around = np.exp(1j * np.deg2rad(4 * angles)).sum()
    return float(np.rad2deg(np.angle(around)) / 4)
