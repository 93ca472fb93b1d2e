"""The public set comes whole, checked, sorted and without its copies; or nothing does, with a reason."""

import csv
import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from twelvelead.datasets.fetch import unpack
from twelvelead.datasets.fetch.download import FetchError
from twelvelead.datasets.fetch.ecg12 import class_of, fetch_public_set

MI_FOLDER = "ECG Images of Myocardial Infarction Patients (240x12=2880)"


class FakeSource:
    """A source with Mendeley's answers: folders, the files in each, and what lies behind each file."""

    def __init__(self) -> None:
        self.folders: dict[str, str] = {}
        self.files: dict[str, list[dict[str, Any]]] = {"root": []}
        self.bodies: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.url = ""
        self.busy = False

    def add(self, name: str, body: bytes, folder: str = "root") -> dict[str, Any]:
        """Lists one file; its record, which a test may spoil."""
        number = f"file-{len(self.bodies)}"
        self.bodies[f"/{number}"] = body
        details = {
            "sha256_hash": hashlib.sha256(body).hexdigest(),
            "size": len(body),
            "download_url": f"{self.url}/{number}",
        }
        record = {"id": number, "filename": name, "size": len(body), "content_details": details}
        self.files.setdefault(folder, []).append(record)
        return record

    def answer(self, path: str) -> bytes | None:
        place, _, query = path.partition("?")
        self.asked.append(place)
        if self.busy:
            return b"<html>busy</html>"
        if place.endswith("/gwbz3fsgp8/folders/2"):
            return json.dumps([{"id": i, "name": n} for i, n in self.folders.items()]).encode()
        if place.endswith("/gwbz3fsgp8/files"):
            folder = dict(pair.split("=") for pair in query.split("&"))["folder_id"]
            return json.dumps(self.files.get(folder, [])).encode()
        return self.bodies.get(place)


@contextmanager
def served(source: FakeSource) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = source.answer(self.path)
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        source.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield
        server.shutdown()
        thread.join()


@pytest.fixture
def source() -> Iterator[FakeSource]:
    fake = FakeSource()
    with served(fake):
        yield fake


def picture(shade: int) -> bytes:
    opened = io.BytesIO()
    Image.new("L", (16, 8), shade).save(opened, "PNG")
    return opened.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    opened = io.BytesIO()
    with zipfile.ZipFile(opened, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return opened.getvalue()


def pictures_in(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_it_brings_and_sorts_the_set(source: FakeSource, tmp_path: Path) -> None:
    source.folders["f1"] = "Normal Person ECG Images (284x12=3408)"
    source.add("Normal(1).png", picture(1), folder="f1")
    source.add(f"{MI_FOLDER}.zip", zipped({f"{MI_FOLDER}/MI(1).png": picture(2)}))
    source.add("PMI(7).png", picture(3))
    source.add("readme.txt", b"words")

    fetch_public_set(tmp_path / "set", source=source.url)

    assert pictures_in(tmp_path / "set") == [
        "history_of_mi/PMI(7).png",
        "manifest.csv",
        "myocardial_infarction/MI(1).png",
        "normal/Normal(1).png",
    ]
    assert (tmp_path / "set/normal/Normal(1).png").read_bytes() == picture(1)


def test_a_copy_is_dropped_and_counted(source: FakeSource, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        source.add(f"HB({number}).png", picture(9))

    fetch_public_set(tmp_path, source=source.url)

    with (tmp_path / "manifest.csv").open(encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    digest = hashlib.sha256(picture(9)).hexdigest()
    kept = {"file": "abnormal_heartbeat/HB(1).png", "class": "abnormal_heartbeat"}
    assert rows == [{**kept, "sha256": digest, "copies": "3"}]
    assert len(pictures_in(tmp_path)) == 2


def test_two_pictures_of_one_name_are_both_kept(source: FakeSource, tmp_path: Path) -> None:
    source.add("MI.zip", zipped({"a/MI(1).png": picture(1), "b/MI(1).png": picture(2)}))

    fetch_public_set(tmp_path, source=source.url)

    assert len(list((tmp_path / "myocardial_infarction").iterdir())) == 2


def test_a_second_run_asks_for_nothing(source: FakeSource, tmp_path: Path) -> None:
    source.add("MI(1).png", picture(1))
    fetch_public_set(tmp_path, source=source.url)
    source.asked.clear()

    fetch_public_set(tmp_path, source=source.url)

    assert source.asked == []


def test_a_picture_that_got_lost_is_brought_again(source: FakeSource, tmp_path: Path) -> None:
    source.add("MI(1).png", picture(1))
    fetch_public_set(tmp_path, source=source.url)
    (tmp_path / "myocardial_infarction/MI(1).png").unlink()

    fetch_public_set(tmp_path, source=source.url)

    assert (tmp_path / "myocardial_infarction/MI(1).png").read_bytes() == picture(1)


def test_another_sha256_is_refused_and_nothing_is_left(source: FakeSource, tmp_path: Path) -> None:
    record = source.add("MI(1).png", picture(1))
    record["content_details"]["sha256_hash"] = "0" * 64

    with pytest.raises(FetchError, match=r"another sha256 than its source tells"):
        fetch_public_set(tmp_path, source=source.url)

    assert pictures_in(tmp_path) == []


def test_a_stopped_run_goes_on_where_it_stopped(source: FakeSource, tmp_path: Path) -> None:
    source.add("MI(1).png", picture(1))
    lost = source.add("MI(2).png", picture(2))
    body = source.bodies.pop(f"/{lost['id']}")
    with pytest.raises(FetchError, match="answered 404"):
        fetch_public_set(tmp_path, source=source.url)
    source.bodies[f"/{lost['id']}"] = body
    source.asked.clear()

    fetch_public_set(tmp_path, source=source.url)

    assert "/file-0" not in source.asked
    assert len(list((tmp_path / "myocardial_infarction").iterdir())) == 2


def test_a_download_longer_than_told_is_cut_off(source: FakeSource, tmp_path: Path) -> None:
    record = source.add("MI(1).png", picture(1))
    record["content_details"]["size"] = 5

    with pytest.raises(FetchError, match="longer than the 5 bytes"):
        fetch_public_set(tmp_path, source=source.url)

    assert pictures_in(tmp_path) == []


def test_a_source_that_is_not_there_is_named_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"^127\.0\.0\.1:9 can't be reached"):
        fetch_public_set(tmp_path, source="http://127.0.0.1:9")


def test_an_answer_that_is_no_list_is_refused(source: FakeSource, tmp_path: Path) -> None:
    source.busy = True

    with pytest.raises(FetchError, match="answered with no JSON: bring the set by hand"):
        fetch_public_set(tmp_path, source=source.url)


@pytest.mark.parametrize("key", ["sha256_hash", "size", "download_url"])
def test_a_record_that_lacks_something_is_refused(
    source: FakeSource, tmp_path: Path, key: str
) -> None:
    record = source.add("MI(1).png", picture(1))
    del record["content_details"][key]

    with pytest.raises(FetchError, match=key):
        fetch_public_set(tmp_path, source=source.url)


def test_only_https_is_fetched_from(source: FakeSource, tmp_path: Path) -> None:
    record = source.add("MI(1).png", picture(1))
    record["content_details"]["download_url"] = "file:///etc/hostname"

    with pytest.raises(FetchError, match="only https"):
        fetch_public_set(tmp_path, source=source.url)


def test_one_picture_in_two_classes_is_refused(source: FakeSource, tmp_path: Path) -> None:
    source.add("MI(1).png", picture(1))
    source.add("HB(1).png", picture(1))

    with pytest.raises(FetchError, match="one picture in two classes"):
        fetch_public_set(tmp_path, source=source.url)

    assert not (tmp_path / "manifest.csv").exists()


def test_a_picture_of_no_class_is_refused(source: FakeSource, tmp_path: Path) -> None:
    source.add("scan.png", picture(1))

    with pytest.raises(FetchError, match="nothing tells the class"):
        fetch_public_set(tmp_path, source=source.url)


@pytest.mark.parametrize(
    "name", ["../MI(1).png", "/MI(1).png", "a\\..\\..\\MI(1).png", "C:/MI.png"]
)
def test_a_zip_that_leads_out_of_itself_is_refused(
    source: FakeSource, tmp_path: Path, name: str
) -> None:
    source.add("MI.zip", zipped({name: picture(1)}))

    with pytest.raises(FetchError, match="a path that leads out of it"):
        fetch_public_set(tmp_path / "set", source=source.url)

    assert not list(tmp_path.rglob("*.png"))


def test_a_zip_of_too_much_is_refused(
    source: FakeSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "MAX_PICTURE", 10)
    source.add("MI.zip", zipped({"MI(1).png": picture(1)}))

    with pytest.raises(FetchError, match="a picture of more than"):
        fetch_public_set(tmp_path, source=source.url)


def test_a_broken_zip_is_refused(source: FakeSource, tmp_path: Path) -> None:
    source.add("MI.zip", zipped({"MI(1).png": picture(1)})[:40])

    with pytest.raises(FetchError, match="no whole zip"):
        fetch_public_set(tmp_path, source=source.url)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        (MI_FOLDER, "myocardial_infarction"),
        ("ECG Images of Patient that have History of MI (172x12=2064)", "history_of_mi"),
        ("ECG Images of Patient that have abnormal heartbeat (233x12=2796)", "abnormal_heartbeat"),
        ("Normal Person ECG Images (284x12=3408)", "normal"),
        ("PMI(3).jpg", "history_of_mi"),
        ("Abnormal things", None),
    ],
)
def test_the_class_is_told_by_the_name(name: str, label: str | None) -> None:
    assert class_of(name) == label
