"""A real server under sixteen pictures of 25 megapixels at once: its memory is that of a few, not of all."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from tests.support.models.fake_framework import make_fake_model
from tests.support.pages.drawn_pages import encode
from tests.support.web.live import ask, connect
from tests.support.web.web_fakes import FAKE, PAGE, PATIENCE, large_form, served
from twelvelead.inference.resources.memory import ALLOCATION

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not Path("/proc/self/clear_refs").exists(), reason="memory is read in /proc"
    ),
]

CLIENTS = 16
MOST = (
    250_000_000  # bytes that a server of one run may grow by; sixteen decoded pictures are 1.6 GB
)
LARGE = encode(Image.new("RGBA", (5000, 5000), (255, 255, 255, 200)))


class Watched(NamedTuple):
    """A live server, the process in it that answers, and the address of a large page of its data."""

    address: str
    worker: Path
    picture: str

    def highest(self) -> int:
        """Bytes of memory that it has had resident at most."""
        lines = (self.worker / "status").read_text("ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

    def forget(self) -> int:
        """Begins to measure anew; bytes that it has resident."""
        (self.worker / "clear_refs").write_text("5", encoding="ascii")
        return self.highest()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    for name, value in ALLOCATION.items():
        monkeypatch.setenv(name, value)
    make_fake_model(tmp_path / "models")
    (tmp_path / "data" / "normal").mkdir(parents=True)
    (tmp_path / "data" / "normal" / "large.png").write_bytes(LARGE)
    data = tmp_path / "data"
    with served(
        tmp_path / "models", FAKE, runs=1, data_dir=data, deadline=PATIENCE, log="off"
    ) as live:
        page = ask(live.address, "/browse").text
        picture = page.split('src="/pictures/')[1].split("/thumbnail")[0]
        home = Path("/proc", str(live.process.pid), "task", str(live.process.pid), "children")
        (worker,) = home.read_text("ascii").split()
        yield Watched(live.address, Path("/proc", worker), f"/pictures/{picture}")


def status(server: Watched, path: str, number: int) -> int:
    """That of one request; each picture differs from the others in its last bytes."""
    if not path.startswith("/pictures"):
        return ask(server.address, path, large_form(LARGE + number.to_bytes(4, "big"))).status
    connection = connect(server.address)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


@pytest.mark.parametrize("path", ["/api/v1/frame", "/api/v1/traces", "picture", "thumbnail"])
def test_sixteen_large_pictures_at_once_take_little_more_than_one(
    server: Watched, path: str
) -> None:
    path = {"picture": server.picture, "thumbnail": f"{server.picture}/thumbnail"}.get(path, path)
    assert ask(server.address, "/api/v1/frame", large_form(PAGE)).status == 200
    before = server.forget()
    with ThreadPoolExecutor(CLIENTS) as clients:
        asked = clients.map(lambda number: status(server, path, number), range(CLIENTS))
        told = Counter(asked)
    assert set(told) == {422 if path.endswith("traces") else 200}

    assert server.highest() - before < MOST
