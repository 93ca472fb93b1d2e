"""The MIT-BIH records come whole and checked, or nothing does, with a reason."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from twelvelead.cli import main as cli
from twelvelead.datasets.fetch import mitdb as module
from twelvelead.datasets.fetch.download import FetchError
from twelvelead.datasets.fetch.mitdb import LICENCE, SUMS, fetch_mitdb

RECORDS = [str(number) for number in range(100, 148)]


class FakeSource:
    """A folder of PhysioNet: the files, and what was asked for."""

    def __init__(self) -> None:
        self.files = {"RECORDS": "\n".join(RECORDS).encode(), "ANNOTATORS": b"atr\treference"}
        for name in RECORDS:
            for suffix in ("hea", "dat", "atr"):
                self.files[f"{name}.{suffix}"] = f"{name} {suffix}".encode()
        self.files["mitdbdir/intro.htm"] = b"a book"
        self.asked: list[str] = []
        self.url = ""
        self.sums = self.told_sums()

    def told_sums(self) -> bytes:
        lines = [f"{hashlib.sha256(body).hexdigest()} {n}\n" for n, body in self.files.items()]
        return "".join(lines).encode()

    def answer(self, name: str) -> bytes | None:
        self.asked.append(name)
        return self.sums if name == SUMS else self.files.get(name)


@pytest.fixture
def source() -> Iterator[FakeSource]:
    fake = FakeSource()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = fake.answer(self.path.removeprefix("/"))
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        fake.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield fake
        server.shutdown()
        thread.join()


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*")}


def test_it_brings_the_records_and_leaves_the_rest(source: FakeSource, tmp_path: Path) -> None:
    fetch_mitdb(tmp_path / "set", source=source.url)

    wanted = {name for name in source.files if "/" not in name} | {SUMS}
    assert names_in(tmp_path / "set") == wanted
    assert (tmp_path / "set" / "117.dat").read_bytes() == b"117 dat"


def test_a_second_run_asks_for_nothing(source: FakeSource, tmp_path: Path) -> None:
    fetch_mitdb(tmp_path, source=source.url)
    source.asked.clear()

    fetch_mitdb(tmp_path, source=source.url)

    assert source.asked == []


@pytest.mark.parametrize("damage", [None, b"other bytes"])
def test_what_got_lost_or_damaged_is_brought_again(
    source: FakeSource, tmp_path: Path, damage: bytes | None
) -> None:
    fetch_mitdb(tmp_path, source=source.url)
    file = tmp_path / "101.atr"
    file.unlink()
    if damage:
        file.write_bytes(damage)
    source.asked.clear()

    fetch_mitdb(tmp_path, source=source.url)

    assert file.read_bytes() == b"101 atr"
    assert source.asked == [SUMS, "101.atr"]


def test_a_stopped_run_goes_on_where_it_stopped(source: FakeSource, tmp_path: Path) -> None:
    lost = source.files.pop("120.dat")
    with pytest.raises(FetchError, match=r"120\.dat answered 404"):
        fetch_mitdb(tmp_path, source=source.url)
    assert SUMS not in names_in(tmp_path), "it isn't complete"
    source.files["120.dat"] = lost
    source.asked.clear()

    fetch_mitdb(tmp_path, source=source.url)

    assert "100.dat" not in source.asked
    assert (tmp_path / "120.dat").read_bytes() == lost


def test_another_sum_is_refused_and_the_file_is_not_there(
    source: FakeSource, tmp_path: Path
) -> None:
    source.files["103.dat"] = b"something else"

    with pytest.raises(FetchError, match=r"103\.dat came with another sha256"):
        fetch_mitdb(tmp_path, source=source.url)

    assert not [name for name in names_in(tmp_path) if name.startswith("103.dat")]
    assert not list(tmp_path.glob("*.part"))


def test_a_file_that_is_too_long_is_cut_off(
    source: FakeSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_FILE", 6)

    with pytest.raises(FetchError, match="longer than the 6 bytes"):
        fetch_mitdb(tmp_path, source=source.url)


def test_a_list_without_the_records_is_refused(source: FakeSource, tmp_path: Path) -> None:
    source.sums = b"<html>busy</html>"

    with pytest.raises(FetchError, match="doesn't list 48 records"):
        fetch_mitdb(tmp_path, source=source.url)

    assert names_in(tmp_path) == set()


def test_a_name_that_leads_out_is_left_out(source: FakeSource, tmp_path: Path) -> None:
    source.sums += f"{'0' * 64} ../200.dat\n".encode()

    fetch_mitdb(tmp_path / "set", source=source.url)

    assert not (tmp_path / "200.dat").exists()
    assert not any("200" in name for name in source.asked)


def test_a_source_that_is_not_there_is_named_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"^127\.0\.0\.1:9 can't be reached"):
        fetch_mitdb(tmp_path, source="http://127.0.0.1:9")


def test_a_folder_that_cannot_be_written_is_told(source: FakeSource, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(FetchError, match="can't be written"):
        fetch_mitdb(tmp_path / "file" / "set", source=source.url)


def test_the_command_tells_the_licence_and_brings_the_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    targets: list[Path] = []
    monkeypatch.setattr("twelvelead.cli.data.fetch_mitdb", targets.append)

    assert cli.main(["data", "fetch", "mitdb", "--to", str(tmp_path)]) == 0
    assert cli.main(["data", "fetch", "mitdb"]) == 0

    assert targets == [tmp_path, Path("data/mitdb")]
    assert LICENCE in capsys.readouterr().out


def test_the_command_tells_a_failure_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(target: Path) -> None:
        raise FetchError(f"{target.name} is not to be had.")

    monkeypatch.setattr("twelvelead.cli.data.fetch_mitdb", refuse)

    assert cli.main(["data", "fetch", "mitdb", "--to", str(tmp_path / "x")]) == 1
    assert capsys.readouterr().err == "twelvelead: x is not to be had.\n"
