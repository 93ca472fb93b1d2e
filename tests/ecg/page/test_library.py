"""ecg.page.library: labelled pictures by opaque ids, from folders named in many ways."""

import re
from pathlib import Path

import pytest

from ecg.page.folder_names import DEFAULT_FOLDERS, folders_of, plain_name
from ecg.page.library import Library, UnknownPicture, read_library
from ecg.simulate.twelve_leads import FINDINGS
from ecg.tasks import BEAT_AAMI_5, BEAT_INFARCTION, BEAT_SIX, CARDIAC_PAGE_4, Task
from tests.support.project import ROOT

LABELS = set(CARDIAC_PAGE_4.labels)
PUBLIC = {
    "Normal Person ECG Images (284x12=3408)": "normal",
    "ECG Images of Patient that have abnormal heartbeat (233x12=2796)": "abnormal_heartbeat",
    "ECG Images of Patient that have abnormal heart beats (546)": "abnormal_heartbeat",
    "ECG Images of Myocardial Infarction Patients (240x12=2880)": "myocardial_infarction",
    "ECG Images of Patient that have History of MI (172x12=2064)": "history_of_mi",
}


def put(root: Path, *names: str) -> Path:
    """Empty files of these names under root; root."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def told(library: Library) -> list[tuple[str, str | None, str | None]]:
    """File name, label and split of each picture."""
    return [(p.path.name, p.label, p.split) for p in library.pictures]


def test_it_works(tmp_path: Path) -> None:
    library = read_library(put(tmp_path, "normal/b.png", "normal/a.jpg", "history_of_mi/c.webp"))
    assert told(library) == [
        ("c.webp", "history_of_mi", None),
        ("a.jpg", "normal", None),
        ("b.png", "normal", None),
    ]
    assert library.labels == ("history_of_mi", "normal")
    assert library.splits == ()
    assert library.find(library.pictures[1].id) == library.pictures[1]


@pytest.mark.parametrize(("folder", "label"), PUBLIC.items())
def test_the_public_sets_folders_are_known(tmp_path: Path, folder: str, label: str) -> None:
    library = read_library(put(tmp_path, f"train/{folder}/Normal(1).jpg"))
    assert told(library) == [("Normal(1).jpg", label, "train")]


@pytest.mark.parametrize(
    ("folder", "split"),
    [("train", "train"), ("Training", "train"), ("TEST", "test"), ("validation", "val")],
)
def test_splits_are_known_in_many_spellings(tmp_path: Path, folder: str, split: str) -> None:
    assert read_library(put(tmp_path, f"{folder}/mi/a.png")).splits == (split,)


def test_a_split_may_stand_inside_a_class(tmp_path: Path) -> None:
    assert told(read_library(put(tmp_path, "normal/test/a.png"))) == [("a.png", "normal", "test")]


def test_the_nearest_folder_decides(tmp_path: Path) -> None:
    assert read_library(put(tmp_path, "normal/mi/a.png")).labels == ("myocardial_infarction",)


def test_folders_may_be_mapped_by_a_table(tmp_path: Path) -> None:
    library = read_library(put(tmp_path, "Gesund/a.png"), folder_labels={"gesund": "normal"})
    assert library.labels == ("normal",)


def test_a_folder_that_tells_nothing_gives_no_label(tmp_path: Path) -> None:
    assert told(read_library(put(tmp_path, "a.png", "x/b.png"))) == [
        ("a.png", None, None),
        ("b.png", None, None),
    ]


def test_other_files_are_left_out(tmp_path: Path) -> None:
    library = read_library(put(tmp_path, "a.txt", "b.svg", "Thumbs.db", "c.png.zip", "D.JPEG"))
    assert [p.path.name for p in library.pictures] == ["D.JPEG"]


def test_links_that_lead_out_are_left_out(tmp_path: Path) -> None:
    put(tmp_path, "outside/secret.png", "inside/normal/a.png")
    (tmp_path / "inside" / "normal" / "file.png").symlink_to(tmp_path / "outside" / "secret.png")
    (tmp_path / "inside" / "folder").symlink_to(tmp_path / "outside")
    (tmp_path / "inside" / "nowhere.png").symlink_to(tmp_path / "none.png")
    assert [p.path.name for p in read_library(tmp_path / "inside").pictures] == ["a.png"]


def test_ids_are_128_bits_that_tell_no_name(tmp_path: Path) -> None:
    library = read_library(put(tmp_path, *(f"normal/Smith {n}.png" for n in range(20))))
    ids = {p.id for p in library.pictures}
    assert len(ids) == 20
    assert all(re.fullmatch(r"[0-9a-f]{32}", one) for one in ids)


def test_ids_stay_when_pictures_come_and_the_folder_moves(tmp_path: Path) -> None:
    before = read_library(put(tmp_path / "a", "normal/x.png")).pictures[0].id
    after = read_library(put(tmp_path / "b", "normal/x.png", "normal/w.png"))
    assert after.find(before).path.name == "x.png"


@pytest.mark.parametrize("wanted", ["", "0" * 32, "normal/a.png", "../a.png", "a.png", "%"])
def test_an_unknown_id_is_refused_without_echo(tmp_path: Path, wanted: str) -> None:
    library = read_library(put(tmp_path, "normal/a.png"))
    with pytest.raises(UnknownPicture, match=r"^There is no such sample\.$"):
        library.find(wanted)


def test_pictures_are_chosen_by_label_and_split(tmp_path: Path) -> None:
    library = read_library(
        put(tmp_path, "train/mi/a.png", "test/mi/b.png", "test/normal/c.png", "d.png")
    )

    def names(label: str | None, split: str | None) -> str:
        return "".join(p.path.stem for p in library.select(label, split))

    assert names(None, None) == "dbca"
    assert names("myocardial_infarction", None) == "ba"
    assert names(None, "test") == "bc"
    assert names("normal", "test") == "c"
    assert names("normal", "train") == names("other", None) == ""


def test_a_folder_that_is_none_gives_an_empty_library(tmp_path: Path) -> None:
    assert read_library(tmp_path / "none").pictures == ()


def test_names_are_compared_without_case_marks_and_counts() -> None:
    assert plain_name("History-of_MI (172x12=2064)") == "historyofmi"


def test_the_shipped_samples_are_at_least_four_a_class_and_all_simulated() -> None:
    samples = ROOT / "static" / "samples"
    library = read_library(samples, simulated=True)
    assert set(library.labels) == LABELS
    assert all(len(library.select(label)) >= 4 for label in LABELS)
    assert all(picture.simulated for picture in library.pictures)
    assert len(library.pictures) >= len(FINDINGS)


@pytest.mark.parametrize(
    ("folder", "label"),
    [
        ("Left Bundle Branch Block", "left_bundle_branch_block"),
        ("Normal", "normal"),
        ("Premature Atrial Contraction", "atrial_premature"),
        ("Premature Ventricular Contractions", "ventricular_premature"),
        ("Right Bundle Branch Block", "right_bundle_branch_block"),
        ("Ventricular Fibrillation", "ventricular_flutter"),
    ],
)
def test_the_folders_of_the_six_class_set_of_beats_are_known(
    tmp_path: Path, folder: str, label: str
) -> None:
    table = folders_of(tuple(BEAT_SIX.labels))
    assert told(read_library(put(tmp_path, f"train/{folder}/1.png"), folder_labels=table)) == [
        ("1.png", label, "train")
    ]


@pytest.mark.parametrize("label", BEAT_AAMI_5.labels)
def test_the_folders_of_the_five_class_set_of_beats_are_known(tmp_path: Path, label: str) -> None:
    table = folders_of(tuple(BEAT_AAMI_5.labels))
    assert read_library(put(tmp_path, f"{label}/1.png"), folder_labels=table).labels == (label,)


def test_beats_of_six_kinds_have_labels_of_five_but_for_flutter(tmp_path: Path) -> None:
    names = ("Right Bundle Branch Block/1.png", "Ventricular Fibrillation/1.png")
    table = folders_of(tuple(BEAT_AAMI_5.labels))
    library = read_library(put(tmp_path, *names), folder_labels=table)
    assert [p.label for p in library.pictures] == ["N", None]


@pytest.mark.parametrize("task", [CARDIAC_PAGE_4, BEAT_INFARCTION])
def test_other_tasks_use_the_folders_of_pages(task: Task) -> None:
    assert folders_of(tuple(task.labels)) is DEFAULT_FOLDERS
