"""Which way round a picture's tones are: dark ink on light paper, or light traces on a dark ground.

Screens of monitors and dark-mode screenshots are light on dark, and so is a scan that a program stored
as its negative. What makes such a picture is an even dark ground with light lines on it. A photograph
taken in the dark has dark ink on paper that is dark too; bones, lamps and a sheet on a dark desk are
light, but no lines.
"""

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]

DARK = 110  # grey level: the ground of a negative is darker
CLEAR = 48  # grey levels by which ink differs from its ground
EVEN = 0.5  # least share of the picture within CLEAR of the ground
MOST_INK = 0.4  # share of the picture
LEAST_INK = 0.002  # the same of lines
SOLID = 0.6  # share of the rectangle around it from which what is light is a thing, not lines
BROAD = 0.04  # of the longer side: a thing is broader both ways, letters and dots are not

TURNED = "The picture is light on dark: it was read as its negative."


def is_light_on_dark(grey: Grey) -> bool:
    """Whether a picture, uint8 (height, width), shows light lines on an even dark ground."""
    ground = float(np.median(grey[::2, ::2]))
    if ground > DARK:
        return False
    light, dark = grey > ground + CLEAR, grey < ground - CLEAR
    inked, darker = float(light.mean()), float(dark.mean())
    if inked > MOST_INK or darker > inked or 1 - inked - darker < EVEN:
        return False
    solid = _solid(light)
    return inked - solid >= max(LEAST_INK, solid)


def _solid(light: npt.NDArray[np.bool_]) -> float:
    """Share of the picture that light things take: sheets, lamps, bones, bars; no lines or letters."""
    import cv2

    _, labels, found, _ = cv2.connectedComponentsWithStats(light.astype(np.uint8), connectivity=8)
    width, height, area = found[:, cv2.CC_STAT_WIDTH], found[:, cv2.CC_STAT_HEIGHT], found[:, 4]
    broad = np.minimum(width, height) >= BROAD * max(light.shape)
    things = [n for n in np.flatnonzero(broad & (area >= SOLID / 2 * width * height)) if n]
    return sum(float(area[n]) for n in things if _fills(labels == n, area[n])) / light.size


def _fills(thing: npt.NDArray[np.bool_], area: int) -> bool:
    """Whether it takes most of the rectangle around it, be that turned: a sheet lies as it lies."""
    import cv2

    contours, _ = cv2.findContours(
        thing.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    _, (width, height), _ = cv2.minAreaRect(np.concatenate(contours))
    return bool(area >= SOLID * max(1.0, width * height))
