"""ecg.page.library: a folder as strangers' archives leave it is read, with odd names, links and things."""

import os
import socket
from pathlib import Path

import pytest

from ecg.errors import FileTooLarge
from ecg.page.library import Picture, UnknownPicture, read_library
from ecg.page.page import MAX_BYTES

NAMES = [
    b"Jos\xe9.png",  # Latin-1
    b"two\nlines.png",
    b"\xff\xfe.png",
    "Grüße \u202e.png".encode(),
    b"%2e%2e'\"<b>.png",
    b"a" * 250 + b".png",
    b" .png",
]


def make(folder: Path, name: bytes) -> Path:
    """An empty file of this name in a folder of normal pages."""
    inside = folder / "normal"
    inside.mkdir(exist_ok=True)
    path = inside / os.fsdecode(name)
    path.touch()
    return path


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_of_any_name_is_served(tmp_path: Path, name: bytes) -> None:
    path = make(tmp_path, name)
    path.write_bytes(b"a picture")
    library = read_library(tmp_path)

    assert [p.label for p in library.pictures] == ["normal"]
    assert library.find(library.pictures[0].id).read() == b"a picture"


def test_names_that_differ_in_odd_bytes_have_ids_of_their_own(tmp_path: Path) -> None:
    for name in NAMES:
        make(tmp_path, name)

    assert len({p.id for p in read_library(tmp_path).pictures}) == len(NAMES)


def test_the_id_of_an_ordinary_name_never_changes(tmp_path: Path) -> None:
    make(tmp_path, b"a.png")

    assert read_library(tmp_path).pictures[0].id == "a22cda359c6dbfa8aff82039c5edc302"


def test_what_is_no_file_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, b"a.png")
    inside = tmp_path / "normal"
    os.mkfifo(inside / "pipe.png")
    (inside / "folder.png").mkdir()
    (inside / "circle.png").symlink_to("circle.png")
    (inside / "around").symlink_to(tmp_path)
    (inside / "nowhere.png").symlink_to("gone.png")
    (inside / "device.png").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as door:
        monkeypatch.chdir(inside)  # the name of a socket is short
        door.bind("door.png")
        found = [p.path.name for p in read_library(tmp_path).pictures]

    assert found == ["a.png"]


def test_a_link_to_a_picture_inside_is_kept_and_one_that_leads_out_is_not(tmp_path: Path) -> None:
    inside = tmp_path / "data"
    inside.mkdir()
    path = make(inside, b"a.png")
    (inside / "again.png").symlink_to(path)
    (tmp_path / "secret.png").touch()
    (inside / "out.png").symlink_to(tmp_path / "secret.png")

    assert [p.path.name for p in read_library(inside).pictures] == ["again.png", "a.png"]


def test_a_folder_that_is_deeper_than_any_path_is_left_out(tmp_path: Path) -> None:
    make(tmp_path, b"a.png")
    deep = os.open(tmp_path, os.O_RDONLY)
    try:
        for _ in range(25):
            os.mkdir("a" * 200, dir_fd=deep)
            below = os.open("a" * 200, os.O_RDONLY, dir_fd=deep)
            os.close(deep)
            deep = below
        os.close(os.open("b.png", os.O_CREAT, dir_fd=deep))
    finally:
        os.close(deep)

    assert [p.path.name for p in read_library(tmp_path).pictures] == ["a.png"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_that_may_not_be_listed_is_left_out(tmp_path: Path) -> None:
    make(tmp_path, b"a.png")
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "b.png").touch()
    closed.chmod(0)
    found = [p.path.name for p in read_library(tmp_path).pictures]
    closed.chmod(0o700)

    assert found == ["a.png"]


def picture(path: Path) -> Picture:
    return Picture("0" * 32, path, None, None)


def test_a_huge_file_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.touch()
    os.truncate(path, 1 << 40)

    with pytest.raises(FileTooLarge, match=r"1,099,511,627,776 bytes; at most 10,000,000"):
        picture(path).read()


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(bytes(MAX_BYTES))

    assert len(picture(path).read()) == MAX_BYTES


def test_a_pipe_in_the_place_of_a_picture_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")

    with pytest.raises(UnknownPicture, match="gone"):
        picture(tmp_path / "a.png").read()


def test_a_device_in_the_place_of_a_picture_is_not_read() -> None:
    with pytest.raises(UnknownPicture, match="gone"):
        picture(Path("/dev/zero")).read()
