"""A picture as the gate's network reads it: small, with thin lines kept alive.

Shrinking averages a trace of two pixels away, so a trace is kept as the darkest of each block beside the
mean, measured against the paper around it, which also takes shadows out. Colour comes as redness and
saturation: the paper's print is mostly red, seldom anything else is.
"""

import numpy as np
import numpy.typing as npt

from ecg.page.frame import Box

Grey = npt.NDArray[np.uint8]
Channels = npt.NDArray[np.uint8]

SHORT, LONG = 256, 352  # px: what the network reads, lying or standing
CHANNELS = ("mean", "ink", "redness", "saturation")
OVER = 2  # the ink is the darkest of blocks of this side
COARSE = 8  # px: blocks whose brightest say what the paper is
PAPER = 230  # what the paper's mean is brought to, and what is put around a picture
PAPER_PERCENTILE = 90
NEUTRAL = 128  # redness of grey


def channels(grey: Grey, rgb: Grey) -> Channels:
    """uint8 (4, 256, 352), or (4, 352, 256) of a picture that is higher than wide.

    grey: uint8 (height, width), best twice as large as what comes out, or larger. rgb: uint8 (height,
    width, 3) of the same picture, smaller perhaps.
    """
    import cv2

    shape, box = placed(grey.shape)
    size = (box.width, box.height)
    doubled = resized(grey, (OVER * size[0], OVER * size[1]))
    mean = np.asarray(cv2.resize(doubled, size, interpolation=cv2.INTER_AREA), np.uint8)
    paper = max(float(np.percentile(mean[::4, ::4], PAPER_PERCENTILE)), 1.0)
    red, saturation = _colour(resized(rgb, size))
    out = np.empty((len(CHANNELS), *shape), np.uint8)
    for place, empty in enumerate((PAPER, 0, NEUTRAL, 0)):
        out[place] = empty
    inside = out[:, box.top : box.bottom, box.left : box.right]
    inside[0] = cv2.convertScaleAbs(mean, alpha=PAPER / paper)
    inside[1] = _ink(doubled, mean)
    inside[2], inside[3] = red, saturation
    return out


def placed(shape: tuple[int, ...]) -> tuple[tuple[int, int], Box]:
    """Height and width of what the network reads of a picture of this height and width, and where in it."""
    height, width = shape[:2]
    whole = (LONG, SHORT) if height > width else (SHORT, LONG)
    factor = min(whole[0] / height, whole[1] / width)
    rows, columns = (
        min(max(8, round(factor * side)), most)
        for side, most in zip((height, width), whole, strict=True)
    )
    top, left = (whole[0] - rows) // 2, (whole[1] - columns) // 2
    return whole, Box(left, top, left + columns, top + rows)


def resized(pixels: Grey, size: tuple[int, int]) -> Grey:
    """Pixels at (width, height): averaged over whole blocks first, which is quick, then in between."""
    import cv2

    blocks = min(pixels.shape[1] // size[0], pixels.shape[0] // size[1])
    if blocks > 1:
        rows, columns = (side // blocks * blocks for side in pixels.shape[:2])
        smaller = (columns // blocks, rows // blocks)
        whole = pixels[:rows, :columns]
        pixels = np.asarray(cv2.resize(whole, smaller, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def local_paper(grey: Grey, block: int = COARSE) -> Grey:
    """How bright the paper is around each pixel, uint8 (height, width): shadows are in it, lines are not."""
    import cv2

    height, width = grey.shape
    coarse = resized(grey, (max(1, width // block), max(1, height // block)))
    coarse = np.asarray(cv2.blur(cv2.dilate(coarse, np.ones((3, 3), np.uint8)), (3, 3)), np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height)), np.uint8)


def _ink(doubled: Grey, mean: Grey) -> Grey:
    """How much darker than the paper around it the darkest of each block is, in 255ths of that."""
    import cv2

    lower = np.minimum(doubled[::2], doubled[1::2])
    darkest = np.minimum(lower[:, ::2], lower[:, 1::2])
    return 255 - np.asarray(cv2.divide(darkest, local_paper(mean), scale=255), np.uint8)


def _colour(rgb: Grey) -> tuple[Grey, Grey]:
    """Redness, 128 being none, and saturation, of uint8 (height, width, 3)."""
    import cv2

    red, green, blue = cv2.split(rgb)
    other = cv2.addWeighted(green, 0.5, blue, 0.5, 0)
    redness = cv2.addWeighted(red, 1, other, -1, NEUTRAL)
    most, least = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    return np.asarray(redness, np.uint8), np.asarray(cv2.subtract(most, least), np.uint8)
