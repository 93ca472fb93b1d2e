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
SOLID = 0.6  # share of its bounding box from which what is light is a thing, not lines
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

    _, _, found, _ = cv2.connectedComponentsWithStats(light.astype(np.uint8), connectivity=8)
    width, height, area = found[1:, cv2.CC_STAT_WIDTH], found[1:, cv2.CC_STAT_HEIGHT], found[1:, 4]
    broad = np.minimum(width, height) >= BROAD * max(light.shape)
    return float(area[broad & (area >= SOLID * width * height)].sum() / light.size)
