"""The tiny models of both frameworks, compiled, made once a run."""

import shutil
from pathlib import Path

import pytest

from ecg.page.page import Page, read_page
from model_registry.entry import ModelEntry
from model_registry.read_entry import read_entry
from tests.support.made_once import made_once
from tests.support.pages.drawn_pages import draw_page, encode
from twelvelead.inference.compilation.compile import compile_model
from twelvelead.inference.compilation.compiled import NAME


def pages(count: int = 3) -> list[Page]:
    """Small drawn pages, no two alike."""
    return [read_page(encode(draw_page((600, 420), seed=seed))) for seed in range(count)]


@pytest.fixture(scope="session")
def compiled_dir(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`tiny_keras` and `tiny_torch` with their compiled forms; copy it before changing anything."""

    def make(folder: Path) -> None:
        shutil.copytree(models_dir, folder, dirs_exist_ok=True)
        for key in ("tiny_keras", "tiny_torch"):
            compile_model(entry_of(folder, key), pages())

    return made_once(tmp_path_factory, "compiled_models", make)


@pytest.fixture
def compiled(compiled_dir: Path, tmp_path: Path) -> Path:
    """A copy of them to change."""
    return Path(shutil.copytree(compiled_dir, tmp_path / "models"))


def entry_of(folder: Path, key: str) -> ModelEntry:
    """The entry of one of them."""
    return read_entry(folder / key / "model.toml")


def export_as(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Has each export give the ONNX file FOLDER/KEY/compiled.onnx, where a real one takes many seconds."""

    def export(entry: ModelEntry, target: Path) -> str:
        shutil.copy(folder / entry.key / NAME, target)
        return "torch 2"

    patch.setattr("twelvelead.inference.compilation.compile.export", export)
