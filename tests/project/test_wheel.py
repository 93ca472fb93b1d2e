"""An installed wheel serves pages by itself: nothing of it is taken from the checkout."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.models.fake_framework import make_fake_model
from tests.support.project import ROOT
from tests.support.web.live import ask, connect, free_port, wait_for

SHIPPED = ("ecg", "model_registry", "static", "templates", "twelvelead")
BESIDE = ("LICENSE", "README.md", "pyproject.toml", "setup.py")
ELSEWHERE = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is built, so that the checkout stays as it is."""
    folder = tmp_path_factory.mktemp("source")
    for name in SHIPPED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in BESIDE:
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(source: Path) -> Path:
    options = ("--no-deps", "--no-build-isolation", "--wheel-dir", str(source / "dist"))
    subprocess.run([*PIP, "wheel", *options, str(source)], check=True, env=ELSEWHERE)
    (found,) = (source / "dist").glob("*.whl")
    return found


@pytest.fixture(scope="module")
def home(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has the wheel, and of all other packages only where they lie."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home)
    python = home / "bin" / "python"
    target = sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)})
    Path(target, "others.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    install = [*PIP, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, env=ELSEWHERE)
    return home


@contextmanager
def served(home: Path, models: Path) -> Iterator[str]:
    """The address of the installed server."""
    port = free_port()
    program = str(home / "bin" / "twelvelead")
    command = [program, "serve", "--models", str(models), "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, cwd=models.parent, env=ELSEWHERE) as server:
        try:
            wait_for(lambda: server.poll() is not None or is_there(address))
            assert server.poll() is None, "it ended"
            yield address
        finally:
            server.terminate()


def is_there(address: str) -> bool:
    connection = connect(address)
    try:
        connection.connect()
    except ConnectionRefusedError:
        return False
    finally:
        connection.close()
    return True


def test_it_puts_three_packages_at_the_top_and_all_that_they_show(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert {name.partition("/")[0] for name in names} == {"ecg", "model_registry", "twelvelead"}
    for folder in SHIPPED:
        inside = f"twelvelead/{folder}" if folder in ("static", "templates") else folder
        wanted = {
            f"{inside}/{file.relative_to(ROOT / folder)}"
            for file in (ROOT / folder).rglob("*")
            if file.is_file() and "__pycache__" not in file.parts
        }
        assert wanted <= names, f"{folder} is not whole"


def test_it_is_served_a_page_with_models_of_its_own(home: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    make_fake_model(models, "mine")
    with served(home, models) as address:
        page = ask(address, "/")
        style = ask(address, "/static/style.css")
        listed = ask(address, "/api/v1/models").json["models"]
    assert (page.status, style.status) == (200, 200)
    assert 'value="mine"' in page.text
    assert [one["key"] for one in listed] == ["mine"]


def test_nothing_is_taken_from_the_checkout(home: Path, tmp_path: Path) -> None:
    script = (
        "import pkgutil, importlib, sys, ecg, model_registry, twelvelead.app, twelvelead.cli.train\n"
        "print(*{m.__file__ for m in sys.modules.values() if getattr(m, '__file__', None)}, sep='\\n')"
    )
    command = [str(home / "bin" / "python"), "-c", script]
    told = subprocess.run(
        command, cwd=tmp_path, env=ELSEWHERE, capture_output=True, text=True, check=True
    ).stdout
    ours = [ROOT / name for name in SHIPPED]
    files = [Path(line) for line in told.splitlines()]
    assert any(file.is_relative_to(home) for file in files)
    assert not [file for file in files if any(file.is_relative_to(folder) for folder in ours)]


def test_a_source_archive_holds_the_same(source: Path) -> None:
    build = "from setuptools.build_meta import build_sdist; print(build_sdist('dist'))"
    subprocess.run(
        [sys.executable, "-c", build], cwd=source, check=True, env=ELSEWHERE, capture_output=True
    )
    (archive,) = (source / "dist").glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    for folder in SHIPPED:
        files = {str(file.relative_to(source)) for file in (source / folder).rglob("*.*")}
        assert {file for file in files if not Path(source, file).is_dir()} <= names
