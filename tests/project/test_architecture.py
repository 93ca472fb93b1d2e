"""Imports run one way, rooms stay small, and only runners import a framework."""

import ast
from pathlib import Path

import pytest

from tests.support.project import ROOT

MOST = 15  # modules in a folder: what one can still look over

SUBJECT = {"ecg"}
REGISTRY = {"model_registry", *SUBJECT}
INFERENCE = {"twelvelead.inference", *REGISTRY}
DATASETS = {"twelvelead.datasets", *REGISTRY}
MEASURING = {"twelvelead.evaluation", "twelvelead.audit"}
WEB = {"twelvelead.web", "twelvelead.project", *INFERENCE}
MAKING = {"twelvelead.training", *MEASURING, *DATASETS}

# room -> what of ours it may import
ARROWS = {
    "ecg": set[str](),
    "model_registry": SUBJECT,
    "twelvelead.project": set[str](),
    "twelvelead.inference": REGISTRY,
    "twelvelead.datasets": REGISTRY,
    "twelvelead.audit": DATASETS,
    "twelvelead.evaluation": DATASETS | INFERENCE,
    "twelvelead.training": MEASURING | DATASETS | INFERENCE | {"twelvelead.project"},
    "twelvelead.web": WEB - {"twelvelead.web"},
    "twelvelead.app": WEB,
    "twelvelead.cli": WEB | MAKING,
    "twelvelead.__main__": {"twelvelead.cli"},
    "app": {"twelvelead.app"},
}
FRAMEWORKS = {"tensorflow", "keras", "tf_keras", "torch", "torchvision", "onnxruntime"}
RUNNERS = {  # the modules that run them
    "keras_files",
    "keras_models",
    "network",
    "onnx_export",
    "onnx_models",
    "pytorch_models",
    "tapped",
    "torchvision_import",
}


def modules(room: str) -> list[Path]:
    """The files of a room, or the one file of a module."""
    path = ROOT.joinpath(*room.split("."))
    alone = path.with_suffix(".py")
    return [alone] if alone.is_file() else sorted(path.rglob("*.py"))


def imports(source: str) -> set[str]:
    """The full names of all that a file imports, inside functions and for types too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "import by full name: the arrows are read from it"
            module = node.module or ""
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return found


def rooms(source: str) -> set[str]:
    """The rooms that a file imports from."""
    return {
        room
        for name in imports(source)
        for room in ARROWS
        if name == room or name.startswith(f"{room}.")
    }


def test_it_reads_imports_wherever_they_stand() -> None:
    source = (
        "import a.b\nfrom c.d import e\ndef f():\n    from g import h\nif 0:\n    import i as j"
    )
    assert imports(source) == {"a.b", "c.d.e", "g.h", "i"}


def test_a_room_is_found_by_its_full_name() -> None:
    source = "from twelvelead import web\nfrom ecg.beats import r_peaks\nimport ecgfoo"
    assert rooms(source) == {"twelvelead.web", "ecg"}


@pytest.mark.parametrize("room", ARROWS)
def test_imports_run_one_way(room: str) -> None:
    files = modules(room)
    assert files, f"{room} is not there"
    for file in files:
        found = rooms(file.read_text("utf-8")) - {room}
        assert found <= ARROWS[room], f"{file.relative_to(ROOT)} may not import {found}"


@pytest.mark.parametrize("room", sorted(set(ARROWS) - {"twelvelead.training"}))
def test_only_the_runners_import_a_framework(room: str) -> None:
    for file in modules(room):
        if room == "twelvelead.inference" and file.stem in RUNNERS:
            continue
        found = {name.split(".")[0] for name in imports(file.read_text("utf-8"))} & FRAMEWORKS
        assert not found, f"{file.relative_to(ROOT)} imports {found}"


def test_no_folder_holds_more_modules_than_one_can_look_over() -> None:
    count: dict[Path, int] = {}
    for file in ROOT.rglob("*.py"):
        inside = file.relative_to(ROOT)
        if not inside.parts[0].startswith(".") and inside.parts[0] not in {"build", "runs"}:
            count[inside.parent] = count.get(inside.parent, 0) + (file.name != "__init__.py")
    assert {str(folder): many for folder, many in count.items() if many > MOST} == {}


def test_models_are_data_only() -> None:
    assert not list((ROOT / "models").rglob("*.py"))


def test_every_room_has_its_arrows() -> None:
    top = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert top - {"tests", "scripts", "benchmarks"} == {"ecg", "model_registry", "twelvelead"}
    inside = {path.stem for path in (ROOT / "twelvelead").glob("*.py")} - {"__init__"}
    inside |= {path.parent.name for path in (ROOT / "twelvelead").glob("*/__init__.py")}
    assert {f"twelvelead.{name}" for name in inside} <= set(ARROWS), "a new room needs its arrows"


def test_no_two_classes_have_one_name() -> None:
    places: dict[str, list[str]] = {}
    for top in ("ecg", "model_registry", "twelvelead", "benchmarks", "scripts"):
        for file in sorted((ROOT / top).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.ClassDef):
                    places.setdefault(node.name, []).append(str(file.relative_to(ROOT)))
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_no_modules_import_each_other() -> None:
    names = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts): file
        for room in ("ecg", "model_registry", "twelvelead")
        for file in modules(room)
        if file.name != "__init__.py"
    }
    left = {}
    for name, file in names.items():
        told = imports(file.read_text("utf-8"))
        parents = {one.rpartition(".")[0] for one in told}  # of what is taken out of a module
        left[name] = (told | parents) & set(names)
    while free := {name for name, wanted in left.items() if not wanted & set(left) - {name}}:
        left = {name: wanted for name, wanted in left.items() if name not in free}
    assert sorted(left) == [], "these import each other, or what does"
