"""Draws the ink that stands still on all pages of a folder: what `ecg.page.straighten` knows a look by.

`python -m twelvelead.training.studies.static_ink --data DIR --out PNG [--every N]`. Where a trace or a letter
that differs from page to page may be, no pixel is dark on nine pages of ten; so nobody's heart is in it.
"""

import argparse
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from ecg.page.page import read_page
from ecg.tasks import CARDIAC_PAGE_4
from twelvelead.datasets.pages import DataError, distinct_pictures, ending_in_a_sentence

SIZE = (1050, 613)  # px of the frame's inside
READ = (1000, 600)  # px, at least, that it is decoded to
DARK = 140  # grey level: ink is darker
STILL = 0.9  # of the pages on which a pixel is ink


def static_ink(pages: Iterable[bytes]) -> npt.NDArray[np.bool_]:
    """(613, 1050): where the inside of the frame is ink on more than nine pages of ten.

    Pages without a frame are left out. Raises DataError where none has one.
    """
    counts, seen = np.zeros(SIZE[::-1], np.int64), 0
    for data in pages:
        page = read_page(data)
        if page.frame:
            trace = cv2.resize(page.trace(READ), SIZE, interpolation=cv2.INTER_AREA)
            counts += np.asarray(trace) < DARK
            seen += 1
    if not seen:
        raise DataError("No page has a trace frame: name a folder of clean pages.")
    return np.asarray(counts > STILL * seen)


def main(arguments: list[str] | None = None) -> None:
    """Writes the picture, black where ink stands still."""
    parser = argparse.ArgumentParser(description="Draw the ink that stands still on all pages.")
    parser.add_argument("--data", type=Path, required=True, help="labelled pages, a folder a class")
    parser.add_argument("--out", type=Path, required=True, help="the PNG to write")
    parser.add_argument("--every", type=int, default=1, help="take each Nth page only")
    options = parser.parse_args(arguments)
    with ending_in_a_sentence():
        pictures, _ = distinct_pictures(options.data, tuple(CARDIAC_PAGE_4.labels))
        some = islice(pictures, 0, None, options.every)
        ink = static_ink(picture.path.read_bytes() for picture in some)
    image = Image.fromarray(np.where(ink, 0, 255).astype(np.uint8))
    image.convert("1", dither=Image.Dither.NONE).save(options.out, optimize=True)


if __name__ == "__main__":
    main()
