"""Imports run one way: app -> web -> inference -> model_registry -> ecg; only runners import a framework."""

import ast
from pathlib import Path

import pytest

from tests.tiny_models import run_python

ROOT = Path(__file__).parent.parent

ASKING = ("cli_output", "cli_parser", "cli_signals")
COMMANDS = ("cli_beats", "cli_compile", "cli_predict", "cli_serve", "cli_training")

# package -> what of ours it may import
ARROWS = {
    "ecg": set[str](),
    "model_registry": {"ecg"},
    "inference": {"model_registry", "ecg"},
    "training": {"inference", "model_registry", "ecg"},
    "web": {"inference", "model_registry", "ecg"},
    "app": {"web", "inference", "model_registry", "ecg"},
    "cli_output": {"model_registry", "ecg"},
    "cli_data": {"training"},
    "cli_parser": {"cli_data", "cli_output", "ecg"},
    "cli_compile": {"training", "inference", "model_registry"},
    "cli_signals": {"cli_parser", "web", "inference", "ecg"},
    "cli_predict": {*ASKING, "inference", "model_registry", "ecg"},
    "cli_beats": {*ASKING, "inference", "model_registry", "ecg"},
    "cli_training": {"cli_output", "cli_parser", "training", "inference", "model_registry", "ecg"},
    "cli_serve": {"cli_compile", "cli_output", "cli_parser", "web", "inference", "model_registry"},
    "cli": {*COMMANDS, *ASKING, "model_registry", "ecg"},
}
FRAMEWORKS = {"tensorflow", "keras", "tf_keras", "torch", "torchvision", "onnxruntime"}
RUNNERS = {  # the modules that run them
    "keras_files",
    "keras_models",
    "onnx_export",
    "onnx_models",
    "pytorch_models",
    "tapped",
    "torchvision_import",
}


def modules(package: str) -> list[Path]:
    """The files of a package, or the one file of a module."""
    alone = ROOT / f"{package}.py"
    return [alone] if alone.is_file() else sorted((ROOT / package).rglob("*.py"))


def imports(source: str) -> set[str]:
    """The first names of all that a file imports, inside functions and for types too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
            assert node.level == 0, "import by full name: the arrows are read from it"
    return {name.split(".")[0] for name in found}


def test_it_reads_imports_wherever_they_stand() -> None:
    source = (
        "import a.b\nfrom c.d import e\ndef f():\n    from g import h\nif 0:\n    import i as j"
    )
    assert imports(source) == {"a", "c", "g", "i"}


@pytest.mark.parametrize("package", ARROWS)
def test_imports_run_one_way(package: str) -> None:
    files = modules(package)
    assert files, f"{package} is not there"
    for file in files:
        ours = imports(file.read_text("utf-8")) & set(ARROWS) - {package}
        assert ours <= ARROWS[package], f"{file.relative_to(ROOT)} may not import {ours}"


@pytest.mark.parametrize("package", sorted(set(ARROWS) - {"training"}))
def test_only_the_runners_import_a_framework(package: str) -> None:
    for file in modules(package):
        if package == "inference" and file.stem in RUNNERS:
            continue
        found = imports(file.read_text("utf-8")) & FRAMEWORKS
        assert not found, f"{file.relative_to(ROOT)} imports {found}"


def test_models_are_data_only() -> None:
    assert not list((ROOT / "models").rglob("*.py"))


def test_no_package_but_these_is_shipped() -> None:
    here = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert here - {"tests", "scripts", "benchmarks"} <= set(ARROWS), (
        "a new package needs its arrows here"
    )


def test_starting_the_app_imports_no_framework() -> None:
    start = f"import sys, app; app.create_app(); print(sorted({FRAMEWORKS!r} & set(sys.modules)))"
    assert run_python("-c", start).splitlines()[-1] == "[]"
