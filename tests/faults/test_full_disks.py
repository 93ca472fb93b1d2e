"""RUN_DIR without room, and a machine on which nothing else can be written."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container.test_supervise import PATH, SUPERVISE, needs_nginx
from tests.faults.machine import PAGES, check_well, running
from tests.support.project import ROOT
from tests.support.web.live import ask
from tests.support.web.web_fakes import large_form

pytestmark = [
    pytest.mark.faults,
    needs_nginx,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a small disk"),
]
LARGE = large_form(bytes(4_000_000), [("model", "small_cnn")])
READ_ONLY = 'for at in / "$@"; do [ "$at" = -- ] && break; mount -o remount,bind,ro "$at"; done'


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A memory disk of 64 MB, as a container has it where nobody says."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["/usr/bin/mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place)]
    if subprocess.run(mount, check=False).returncode:
        pytest.skip("this machine mounts nothing")
    try:
        yield place
    finally:
        subprocess.run(["/usr/bin/umount", "-l", str(place)], check=True)


def fill(place: Path) -> Path:
    """A file that leaves no room."""
    file = place / "full"
    with file.open("wb") as full:
        while True:
            try:
                full.write(bytes(100_000))
                full.flush()
            except OSError:
                return file


def test_a_full_disk_refuses_large_uploads_and_nothing_else(disk: Path) -> None:
    with running(disk / "run") as server:
        full = fill(disk)
        try:
            told = ask(server.address, PAGES, LARGE)
            assert (told.status, told.headers["Retry-After"]) == (503, "2")
            assert told.json["detail"] == "The server is busy. Try it again in a moment."
            for path in ("/", "/signals", "/livez", "/readyz"):
                assert ask(server.address, path).status == 200
        finally:
            full.unlink()
        check_well(server)
        assert ask(server.address, PAGES, LARGE).status == 415


def test_a_disk_without_room_is_one_sentence(disk: Path) -> None:
    fill(disk)
    done = subprocess.run(
        [sys.executable, str(SUPERVISE), "app:create_app()"],
        env={**os.environ, "PATH": PATH, "RUN_DIR": str(disk / "run")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("The server can't start: ")
    assert done.stderr.count("\n") == 1


def test_where_only_run_dir_can_be_written_all_is_answered(disk: Path) -> None:
    script = f'{READ_ONLY}; while [ "$1" != -- ]; do shift; done; shift; exec "$@"'
    mounts = Path("/proc/mounts").read_text("utf-8").split("\n")
    beside = [line.split()[1] for line in mounts if line]
    places = [at for at in beside if at != "/" and ROOT.is_relative_to(at)]
    prefix = ["unshare", "-m", "sh", "-c", script, "sh", *places, "--"]
    with running(disk / "run", prefix) as server:
        check_well(server)
        root = Path(f"/proc/{server.worker(0)}/mountinfo").read_text("utf-8")
        assert any(" / / ro," in line for line in root.splitlines())
