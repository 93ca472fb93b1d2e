"""training.gate: from folders of pictures to a network that ships and runs."""

import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.pages.drawn_copies import jpeg, put
from tests.support.pages.drawn_others import NO_ECGS, ecg_paper
from tests.support.pages.drawn_pages import draw_page
from twelvelead.datasets.pages import DataError
from twelvelead.inference.gate.channels import LONG, SHORT
from twelvelead.inference.gate.kinds import KINDS
from twelvelead.inference.gate.network import SeeingNetwork, read_record
from twelvelead.training.gate import __main__ as command
from twelvelead.training.gate.fit import SHARES, GateCourse, drawn_shares, lots
from twelvelead.training.gate.pictures import Pictures, find_source
from twelvelead.training.gate.variants import LOOSE, STRICT, plain, vary


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Eight pages, two sheets of empty paper, four pictures of no ECG and a file that is none."""
    root = tmp_path_factory.mktemp("pictures")
    for seed in range(8):
        put(root / "page" / f"{seed}.jpg", jpeg(draw_page((640, 448), seed=seed)))
    for box in (6, 9):
        put(root / "empty" / f"{box}.jpg", jpeg(ecg_paper((600, 400), box)))
    for number, draw in enumerate(NO_ECGS.values()):
        put(root / "none" / f"{number}.jpg", jpeg(draw()))
    put(root / "none" / "torn.jpg", b"torn")
    return {kind: root / kind for kind in ("page", "empty", "none")}


@pytest.fixture
def pictures(folders: dict[str, Path], tmp_path: Path) -> Pictures:
    found = Pictures(tmp_path / "small")
    for kind in ("page", "empty", "none"):
        found.add(find_source(folders[kind], kind, 100, 0))
    return found


def test_a_source_is_read_without_what_is_no_picture(pictures: Pictures) -> None:
    assert pictures.sources == ["page", "empty", "none"]
    assert np.bincount(pictures.source).tolist() == [8, 2, len(NO_ECGS)]


def test_what_is_small_already_is_not_read_again(folders: dict[str, Path], tmp_path: Path) -> None:
    source = find_source(folders["empty"], "empty", 100, 0)
    Pictures(tmp_path).add(source)
    kept = sorted(tmp_path.iterdir())
    for file in kept:
        file.write_bytes(b"")
    assert Pictures(tmp_path).add(source) == 0
    assert sorted(tmp_path.iterdir()) == kept


def test_a_list_names_the_files_of_a_source(folders: dict[str, Path], tmp_path: Path) -> None:
    listed = sorted(folders["page"].iterdir())[:3]
    lines = tmp_path / "hospital.txt"
    lines.write_text("\n".join(map(str, listed)), encoding="utf-8")
    source = find_source(lines, "page", 100, 0)
    assert source.name == "hospital"
    assert sorted(source.files) == listed


def test_a_folder_without_pictures_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no pictures"):
        find_source(tmp_path, "page", 10, 0)


def test_kinds_are_drawn_by_their_shares_however_many_pictures_there_are(
    pictures: Pictures,
) -> None:
    shares, kinds = drawn_shares(pictures), np.asarray(pictures.kinds)
    page, none = (shares[kinds == KINDS.index(kind)].sum() for kind in ("page", "none"))
    assert shares.sum() == pytest.approx(1)
    assert page / none == pytest.approx(SHARES["page"] / SHARES["none"])


def test_batches_are_the_same_again_from_the_same_seed(pictures: Pictures) -> None:
    course = GateCourse(batch=4)
    first, again = (next(lots(pictures, course)) for _ in range(2))
    assert np.array_equal(first.pictures, again.pictures)
    assert first.kinds.tolist() == again.kinds.tolist()
    other = next(lots(pictures, GateCourse(batch=4, seed=1)))
    assert not np.array_equal(first.pictures, other.pictures)


def test_variants_differ_and_keep_the_form_that_the_network_reads(pictures: Pictures) -> None:
    chance, rgb = np.random.default_rng(0), pictures.rgb(0)
    seen = [vary(rgb, chance, freedom) for freedom in (STRICT, LOOSE) * 10]
    assert {one.shape[1:] for one in seen} <= {(SHORT, LONG), (LONG, SHORT)}
    assert len({one.tobytes() for one in (*seen, plain(rgb))}) == 21


def test_one_source_of_ecgs_is_too_few_to_leave_one_out(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = ["--out", str(tmp_path / "out"), "--work", str(tmp_path / "work")]
    monkeypatch.setattr(sys, "argv", ["gate", "--page", str(folders["page"]), *places])
    with pytest.raises(DataError, match="at least two sources of ECGs"):
        command.main()


@pytest.mark.slow
def test_a_run_ships_a_network_that_the_gate_loads(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [word for kind in ("empty", "none") for word in (f"--{kind}", str(folders[kind]))]
    files = sorted(folders["page"].iterdir())
    for name, some in (("one", files[:4]), ("two", files[4:])):
        (tmp_path / f"{name}.txt").write_text("\n".join(map(str, some)), encoding="utf-8")
        words += ["--page", str(tmp_path / f"{name}.txt")]
    places = ["--out", str(tmp_path / "out"), "--work", str(tmp_path / "work")]
    monkeypatch.setattr(sys, "argv", ["gate", *words, *places, "--pictures", "96"])
    command.main()
    told = read_record(tmp_path / "out")
    assert told["trained_on"] == {"one": 4, "two": 4, "empty": 2, "none": 4}
    network = SeeingNetwork(tmp_path / "out")
    seen = network(plain(np.full((300, 400, 3), 255, np.uint8)))
    assert sum(seen.kinds.values()) == pytest.approx(1)
