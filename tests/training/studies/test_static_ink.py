"""The ink that stands still on drawn pages of the known look, and nothing of their traces."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ecg.page.straighten.known_look import FILE
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.pages.known_pages import draw_known_page
from twelvelead.datasets.pages import DataError
from twelvelead.training.studies.static_ink import main, static_ink


def test_what_stands_still_is_found_and_no_trace(tmp_path: Path) -> None:
    for seed in range(4):
        folder = tmp_path / "normal"
        folder.mkdir(exist_ok=True)
        (folder / f"{seed}.png").write_bytes(encode(draw_known_page(seed)))
    main(["--data", str(tmp_path), "--out", str(tmp_path / "still.png")])
    found, known = (np.asarray(Image.open(one)) for one in (tmp_path / "still.png", FILE))

    assert found.shape == known.shape
    assert (~found & ~known).sum() > 0.7 * (~known).sum()
    assert (~found & known).mean() < 0.02


def test_pages_without_a_frame_have_none() -> None:
    with pytest.raises(DataError, match="clean pages"):
        static_ink([encode(draw_page((800, 560), frame=False))])
