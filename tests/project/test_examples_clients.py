"""The clients in `examples/` against a live server: what they print is what the API answers."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.models.beat_models import make_fake_beat_model, simulated_csv
from tests.support.models.fake_framework import make_fake_model
from tests.support.project import ROOT
from tests.support.web.live import ALL, PREDICTIONS, ask
from tests.support.web.web_fakes import FAKE, PAGE, PATIENCE, large_form, served

EXAMPLES = ROOT / "examples"
PYTHON = (sys.executable, str(EXAMPLES / "python_client.py"))
VARYING = ("timings_ms",)  # from one answer to the next


class Site(NamedTuple):
    """A live server, and files to ask it about."""

    address: str
    page: Path
    table: Path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    make_fake_model(folder / "models", "pages")
    make_fake_beat_model(folder / "models", "beat_signal_cnn")
    page, table = folder / "page.png", folder / "heart.csv"
    page.write_bytes(PAGE)
    table.write_bytes(simulated_csv(seed=4))
    with served(folder / "models", FAKE, deadline=110) as server:
        yield Site(server.address, page, table)


@pytest.fixture(scope="module")
def rscript() -> str:
    """R with the package that the client needs."""
    found = shutil.which("Rscript")
    if found is None:
        pytest.skip("needs R: Rscript is not here")
    if run(found, "-e", "library(httr2)").returncode:
        pytest.skip("needs the R package httr2")
    return found


def run(*command: object) -> subprocess.CompletedProcess[str]:
    asked = [str(word) for word in command]
    return subprocess.run(asked, capture_output=True, text=True, timeout=PATIENCE, check=False)


def steady(value: Any) -> Any:
    """An answer without what differs each time."""
    if isinstance(value, dict):
        return {key: steady(one) for key, one in value.items() if key not in VARYING}
    return [steady(one) for one in value] if isinstance(value, list) else value


def api(site: Site) -> dict[str, Any]:
    """What the API answers to the same three questions."""
    signal = large_form(site.table.read_bytes())
    return {
        "models": ask(site.address, "/api/v1/models").json,
        "page": ask(site.address, PREDICTIONS, large_form(PAGE, ALL)).json,
        "signal": ask(site.address, "/api/v1/signals/predictions", signal).json,
    }


def test_it_works(site: Site) -> None:
    done = run(*PYTHON, site.address, "--page", site.page, "--signal", site.table)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "2 models"
    assert "page    pages                abnormal_heartbeat 0.600 (accepted)" in lines
    assert "signal  beat_signal_cnn      40 beats: N 32, S 0, V 8, F 0, Q 0" in lines
    assert lines[-1].startswith("For education and research.")


def test_the_python_client_gives_what_the_api_answers(site: Site) -> None:
    told = api(site)  # first, so that all models are loaded
    done = run(*PYTHON, site.address, "--json", "--page", site.page, "--signal", site.table)
    found = json.loads(done.stdout)
    assert steady(found["page"]) == steady(told["page"])
    assert steady(found["signal"]) == steady(told["signal"])
    assert found["models"] == ask(site.address, "/api/v1/models").json


def test_the_python_client_can_ask_for_one_thing_alone(site: Site) -> None:
    done = run(*PYTHON, site.address, "--json")
    assert list(json.loads(done.stdout)) == ["models"]


def test_the_python_client_tells_a_refusal(site: Site) -> None:
    done = run(*PYTHON, site.address, "--signal", site.table, "--lead", "V9")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("4")
    assert "it has II" in done.stderr


def test_the_python_client_tells_where_nobody_answers() -> None:
    done = run(*PYTHON, "http://127.0.0.1:9")
    assert done.returncode == 1
    assert "http://127.0.0.1:9 can't be reached" in done.stderr


def test_the_r_client_gives_what_the_api_answers(site: Site, rscript: str) -> None:
    told = api(site)
    client = EXAMPLES / "r_client.R"
    done = run(rscript, client, site.address, site.page, site.table, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert steady(found["page"]) == steady(told["page"])
    assert steady(found["signal"]) == steady(told["signal"])


def test_the_r_client_prints_the_same_table(site: Site, rscript: str) -> None:
    files = (site.page, site.table)
    done = run(rscript, EXAMPLES / "r_client.R", site.address, *files)
    python = run(*PYTHON, site.address, "--page", site.page, "--signal", site.table)
    assert done.stdout.splitlines() == python.stdout.splitlines()


def test_the_r_client_tells_a_refusal(site: Site, rscript: str) -> None:
    done = run(rscript, EXAMPLES / "r_client.R", site.address, site.page, site.page)
    assert done.returncode == 1
    assert "HTTP 4" in done.stderr
