"""Pixels of a flat page out of a picture of it, and even light on them."""

import cv2
import numpy as np
import numpy.typing as npt

from ecg.page.frame import Box, Grey

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]

BLOCK = 24  # px of a page EVEN_WIDTH wide: paper is seen in each block
EVEN_WIDTH = 1000  # px
PAPER = 75  # percentile of a block's grey levels that is paper
INK = 0.6  # percentile of the evened page that is the middle of a stroke
BLACK = 6.0  # grey level of ink on the flat pages of the public set
SOFT = 0.55  # of the paper's brightness: what is lighter than that at the INK percentile is no ink


def corner_map(corners: Floats, size: tuple[float, float]) -> Floats:
    """The homography from a rectangle (0, 0, width, height) to four corners, (4, 2) clockwise."""
    width, height = size
    equations, wanted = np.zeros((8, 8)), corners.ravel()
    for n, (x, y) in enumerate(((0.0, 0.0), (width, 0.0), (width, height), (0.0, height))):
        to_x, to_y = corners[n]
        equations[2 * n] = (x, y, 1, 0, 0, 0, -x * to_x, -y * to_x)
        equations[2 * n + 1] = (0, 0, 0, x, y, 1, -x * to_y, -y * to_y)
    found = np.linalg.lstsq(equations, wanted)[0]  # in 64 bits: a quarter turn must be one exactly
    return np.append(found, 1.0).reshape(3, 3)


def moved(points: Floats, homography: Floats) -> Floats:
    """Points (n, 2) through a homography."""
    there = np.column_stack([points, np.ones(len(points))]) @ homography.T
    return np.asarray(there[:, :2] / there[:, 2:])


def cut_flat(picture: Pixels, to_picture: Floats, box: Box, scale: int) -> Pixels:
    """A part of the flat page, `box` in its full-size pixels, as large as the picture's are.

    picture: at 1/scale of its full size, (height, width[, 3]). What lies outside of it is paper.
    """
    small = box.times(1 / scale)
    shrink, grow = np.diag([1 / scale, 1 / scale, 1.0]), np.diag([scale, scale, 1.0])
    shift, middle = np.eye(3), np.eye(3)
    shift[:2, 2], middle[:2, 2] = (small.left, small.top), 0.5
    there = np.linalg.inv(middle) @ shrink @ to_picture @ grow @ shift @ middle
    paper = np.percentile(picture.reshape(-1, *picture.shape[2:])[::97], 85, axis=0)
    return np.asarray(
        cv2.warpPerspective(
            picture,
            there,
            (small.width, small.height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=np.broadcast_to(paper, (4,) if paper.ndim == 0 else (3,)).tolist(),
        ),
        np.uint8,
    )


def even_light(page: Pixels) -> Pixels:
    """The page as a scanner sees it: paper white, ink black, whatever light fell on it; same shape."""
    planes = page[..., np.newaxis] if page.ndim == 2 else page
    evened = np.dstack(
        [_even(np.ascontiguousarray(planes[..., n])) for n in range(planes.shape[2])]
    )
    return evened.reshape(page.shape)


def _even(plane: Grey) -> Grey:
    height, width = plane.shape
    paper = cv2.resize(_paper(plane), (width, height), interpolation=cv2.INTER_LINEAR)
    share = cv2.divide(plane, paper, scale=255.0, dtype=cv2.CV_32F)
    ink = float(np.percentile(share[::3, ::3], INK))
    if ink < SOFT * 255:
        gain = (255 - BLACK) / (255 - ink)
        share = (share - 255) * gain + 255
    return np.clip(share, 0, 255).astype(np.uint8)


def _paper(plane: Grey) -> npt.NDArray[np.float32]:
    """The paper's brightness in each block of the page, smoothed."""
    height, width = plane.shape
    factor = max(1.0, width / EVEN_WIDTH)
    across, down = (max(1, round(side / factor / BLOCK)) for side in (width, height))
    even = cv2.resize(plane, (across * BLOCK, down * BLOCK), interpolation=cv2.INTER_AREA)
    blocks = even.reshape(down, BLOCK, across, BLOCK).swapaxes(1, 2).reshape(down, across, -1)
    paper = np.percentile(blocks, PAPER, axis=-1).astype(np.float32)
    paper = cv2.medianBlur(np.pad(paper, 2, mode="edge"), 3)
    smooth = cv2.GaussianBlur(paper, (0, 0), 1.0)[2:-2, 2:-2]
    return np.maximum(smooth, 1.0).astype(np.float32)
