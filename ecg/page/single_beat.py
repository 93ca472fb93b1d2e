"""Finding a single beat in a picture: one trace from side to side, and nothing else beside it.

Pictures of beats, as public sets have them, are small, grey, without grid or axes; sizes, margins and
widths of lines differ. A 12-lead page has several traces above each other and words, so that few of its
columns hold one stretch of ink.
"""

import numpy as np

from ecg.page.frame import Box, Grey, Mask

SEEN_SIDE = 256  # px: a larger picture is shrunk to this for looking
LARGEST = 1600  # px: a picture of one beat is not larger
INK = 0.25  # of the strongest contrast, from which a pixel is ink
FAINTEST = 16  # grey levels: the least contrast of a line
GAP = (5, 5)  # px, height and width, that a line may be broken or turn back within
STRONGEST = 99.8  # percentile of the contrast that counts as the strongest
SINGLE = 0.85  # share of columns that hold one stretch of ink
COVERED = 0.9  # share of columns between the trace's ends that hold ink
THICK = 0.2  # of the trace's height: the median column of a line holds less
WIDE, HIGH = 0.4, 0.25  # least shares of the picture that a trace takes
LONGEST = 4.0  # width / height: more is a strip, not a beat
MARGIN = 0.026  # of the trace's height that stays free above and below, as `draw_beat` leaves it


def may_be_beat(size: tuple[int, int]) -> bool:
    """Whether a picture of this width and height could be one of a single beat."""
    return max(size) <= min(LARGEST, LONGEST * min(size))


def find_beat(grey: Grey) -> Box | None:
    """The single beat in a picture, uint8 (height, width), with the margin of drawn ones.

    None where there is something else.
    """
    import cv2

    height, width = grey.shape
    factor = max(1.0, max(height, width) / SEEN_SIDE)
    seen = grey
    if factor > 1:
        size = (max(1, round(width / factor)), max(1, round(height / factor)))
        seen = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    ink = _ink(seen, float(np.median(seen)))
    box = _around(ink) if ink is not None else None
    if ink is None or box is None or not _is_one_trace(ink, box):
        return None
    return _with_margin(box.times(factor), (height, width))


def _ink(seen: Grey, paper: float) -> Mask | None:
    """What differs clearly from the paper; None where nothing does."""
    import cv2

    contrast = np.abs(seen.astype(np.float32) - paper)
    strongest = float(np.percentile(contrast, STRONGEST))
    if strongest < FAINTEST:
        return None
    ink = (contrast > INK * strongest).astype(np.uint8)
    return cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones(GAP, np.uint8)) > 0


def _around(ink: Mask) -> Box | None:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    box = Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    large = box.width >= WIDE * ink.shape[1] and box.height >= HIGH * ink.shape[0]
    return box if large else None


def _is_one_trace(ink: Mask, box: Box) -> bool:
    inside = ink[box.top : box.bottom, box.left : box.right]
    runs = inside[0].astype(int) + (inside[1:] & ~inside[:-1]).sum(axis=0)
    thickness = float(np.median(inside.sum(axis=0))) / box.height
    covered = float((runs > 0).mean())
    return bool((runs == 1).mean() >= SINGLE and covered >= COVERED and thickness <= THICK)


def _with_margin(box: Box, size: tuple[int, int]) -> Box:
    margin = round(MARGIN * box.height)
    left, right = max(0, box.left), min(size[1], box.right)
    return Box(left, max(0, box.top - margin), right, min(size[0], box.bottom + margin))
