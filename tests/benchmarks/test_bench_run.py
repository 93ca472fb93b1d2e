"""benchmarks.run: what is refused before anything is measured, how pages are sent, and a quick run."""

import json
import shutil
import subprocess
import sys
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest

from benchmarks.errors import BenchmarkError, NotMeasured
from benchmarks.measures.growth import make_registry
from benchmarks.measures.images import image_size
from benchmarks.measures.load import TOOL
from benchmarks.run import main
from benchmarks.setups.pages import Payload, write_form, write_inference
from benchmarks.setups.peers import HERE, INSTALLED
from benchmarks.setups.systems import MODEL, SETTINGS, check_settings, networks, read_answer
from model_registry.registry import read_registry
from tests.support.project import ROOT


def parts_of(body: Payload) -> dict[str, Message]:
    """Name -> part of a multipart body."""
    head = f"Content-Type: {body.content_type}\r\n\r\n".encode()
    parsed = BytesParser().parsebytes(head + body.file.read_bytes())
    found = [part for part in parsed.walk() if not part.is_multipart()]
    return {str(p.get_param("name", header="content-disposition")): p for p in found}


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "page.jpg"
    file.write_bytes(b"\xff\xd8\r\nbytes\x00\xff")
    return file


def test_a_form_holds_the_model_and_the_picture_byte_for_byte(page: Path) -> None:
    parts = parts_of(write_form(page, ["mobilenetv2"], "form.body"))

    assert parts["model"].get_payload() == "mobilenetv2"
    assert parts["file"].get_payload(decode=True) == page.read_bytes()
    assert parts["file"].get_filename() == "page.jpg"


def test_an_inference_request_holds_the_picture_as_base64(page: Path) -> None:
    body = write_inference(page, "inference.body")
    field = json.loads(body.file.read_bytes())["inputs"][0]

    assert field["data"] == ["/9gNCmJ5dGVzAP8="]
    assert field["parameters"] == {"content_type": "base64"}


def test_it_refuses_where_kept_answers_cannot_be_turned_off() -> None:
    with pytest.raises(BenchmarkError, match="TWELVELEAD_ANSWERS_KEPT"):
        check_settings({"TWELVELEAD_RUNTIME": object()})
    check_settings(SETTINGS)


def test_it_refuses_where_the_model_is_not_compiled(models_dir: Path) -> None:
    with pytest.raises(BenchmarkError, match=f"twelvelead compile {MODEL}"):
        networks(models_dir)


def test_an_answer_of_another_runtime_is_not_measured() -> None:
    one = {"model": MODEL, "runtime": "onnxruntime 1.31.1", "probabilities": {"a": 0.2, "b": 0.8}}
    told = {"predictions": [one], "failures": []}

    assert read_answer(json.dumps(told)) == "b"
    one["runtime"] = "tensorflow 2.21.0"
    with pytest.raises(NotMeasured, match=r"ran on tensorflow 2\.21\.0"):
        read_answer(json.dumps(told))


def test_a_grown_registry_holds_as_many_usable_models(tmp_path: Path) -> None:
    registry = read_registry(make_registry(tmp_path, 5))

    assert len(list(registry.values())) == 5
    assert MODEL in registry
    assert not registry.broken


def test_the_size_of_an_image_is_read_in_megabytes() -> None:
    images: list[dict[str, Any]] = [
        {"names": None, "size": "1 GB"},
        {"names": ["localhost/twelvelead:slim"], "size": "612.5 MB"},
        {"names": ["twelvelead:full"], "size": "2.9 GB"},
    ]
    assert image_size(images, "twelvelead:slim") == 612.5
    assert image_size(images, "twelvelead:full") == pytest.approx(2900)
    with pytest.raises(NotMeasured, match=r"buildah build --target slim -t twelvelead:slim"):
        image_size(images[:1], "twelvelead:slim")


@pytest.mark.parametrize("peer", INSTALLED)
def test_every_package_of_a_peer_is_pinned(peer: str) -> None:
    lines = (HERE / peer / "requirements.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]

    assert all("==" in pin for pin in pins)
    assert any(pin.startswith(f"{peer}==") for pin in pins)


@pytest.mark.parametrize("wrong", [["--rounds", "0"], ["--only", "nobody"]])
def test_a_wrong_option_is_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(wrong)
    assert ended.value.code == 2


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which(TOOL), reason="needs hey on the PATH")
def test_a_quick_run_measures_and_writes(tmp_path: Path) -> None:
    compiling = [sys.executable, "-m", "twelvelead", "compile", MODEL]
    subprocess.run(compiling, cwd=ROOT, check=True, capture_output=True)
    command = [sys.executable, "-m", "benchmarks.run", "--quick", "--to", str(tmp_path)]
    parts = ["--only", "flaskdemo", "pages", "batching"]
    done = subprocess.run([*command, *parts], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert told["missing"] == {}
    measured = {(one["system"], one["figure"]) for one in told["samples"]}
    assert {(name, "p50_ms") for name in ("Twelvelead", "bare loop", "Flask demo")} <= measured
    assert ("Twelvelead", "per_second_pages") in measured
    assert "not measured" in (tmp_path / "README.md").read_text("utf-8")
