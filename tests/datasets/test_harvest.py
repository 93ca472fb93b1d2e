"""Gathering pictures of packages: distinct, large enough, and never an ECG by its name."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from twelvelead.datasets.harvest import Harvest, fingerprint


def picture(seed: int, size: tuple[int, int] = (240, 300)) -> np.ndarray:
    rough = np.random.default_rng(seed).integers(0, 256, (8, 10, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(rough).resize((size[1], size[0])))


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def gathered(source: Path, out: Path, harvest: Harvest | None = None) -> int:
    count = (harvest or Harvest()).gather(source, out)
    assert count == len(list((out / source.name).iterdir()))
    return count


def test_pictures_of_all_folders_below_are_taken_up_to_the_number_wanted(tmp_path: Path) -> None:
    for number in range(5):
        save(tmp_path / "clip" / str(number) / "a.png", picture(number))
    assert gathered(tmp_path / "clip", tmp_path / "all") == 5
    assert gathered(tmp_path / "clip", tmp_path / "few", Harvest(most=3)) == 3


def test_copies_and_near_copies_are_taken_once_over_all_sources(tmp_path: Path) -> None:
    save(tmp_path / "one" / "a.png", picture(0))
    save(tmp_path / "one" / "b.jpg", picture(0))
    save(tmp_path / "two" / "c.png", picture(0, (480, 600)))
    harvest = Harvest()
    assert gathered(tmp_path / "one", tmp_path / "out", harvest) == 1
    assert gathered(tmp_path / "two", tmp_path / "out", harvest) == 0


def test_what_is_measured_on_stays_apart_from_what_is_trained_on(tmp_path: Path) -> None:
    save(tmp_path / "one" / "a.png", picture(0))
    save(tmp_path / "two" / "same.jpg", picture(0, (480, 600)))
    save(tmp_path / "two" / "other.png", picture(1))
    assert gathered(tmp_path / "one", tmp_path / "train") == 1
    harvest = Harvest()
    harvest.stay_apart_from(tmp_path / "train")
    assert gathered(tmp_path / "two", tmp_path / "test", harvest) == 1


def test_small_ones_broken_ones_and_those_named_for_an_ecg_are_left_out(tmp_path: Path) -> None:
    save(tmp_path / "x" / "icon.png", picture(0, (64, 64)))
    save(tmp_path / "x" / "heartbeat.png", picture(1))
    (tmp_path / "x" / "torn.png").write_bytes(b"\x89PNG no more")
    (tmp_path / "x" / "torn.pdf").write_bytes(b"%PDF no more")
    (tmp_path / "x" / "torn.dcm").write_bytes(b"no scan")
    assert gathered(tmp_path / "x", tmp_path / "out") == 0


def test_pages_of_a_document_are_pictures(tmp_path: Path) -> None:
    pytest.importorskip("pypdfium2", reason="reads PDFs")
    (tmp_path / "doc").mkdir()
    pages = [Image.fromarray(picture(seed, (600, 400))) for seed in (1, 2)]
    pages[0].save(tmp_path / "doc" / "manual.pdf", save_all=True, append_images=pages[1:])
    assert gathered(tmp_path / "doc", tmp_path / "out") == 2


def test_what_is_transparent_lies_on_white(tmp_path: Path) -> None:
    clear = np.zeros((300, 300, 4), np.uint8)
    clear[100:200, 100:200] = (200, 30, 30, 255)
    save(tmp_path / "clear" / "a.png", clear)
    assert gathered(tmp_path / "clear", tmp_path / "out") == 1
    (file,) = (tmp_path / "out" / "clear").iterdir()
    pixels = np.asarray(Image.open(file))
    assert pixels[0, 0].tolist() == [255, 255, 255]


def test_a_fingerprint_stays_as_it_is_when_the_picture_is_scaled() -> None:
    assert np.sum(fingerprint(picture(3)) != fingerprint(picture(3, (720, 900)))) <= 6
    assert np.sum(fingerprint(picture(3)) != fingerprint(picture(4))) > 60
