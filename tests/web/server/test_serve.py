"""gunicorn_conf and `twelvelead serve`: live servers, over real HTTP."""

import json
import os
import re
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.models.fake_framework import logged, make_fake_model
from tests.support.models.tiny_models import KERAS_LABELS
from tests.support.project import ROOT
from tests.support.web.live import ALL, PREDICTIONS, ask, free_port
from tests.support.web.web_fakes import FAKE, PAGE, PATIENCE, large_form, served, tags


def serve_once(**environment: str) -> subprocess.CompletedProcess[str]:
    """`twelvelead serve` with these variables, where it can't start."""
    return subprocess.run(
        [sys.executable, "-m", "twelvelead", "serve"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_it_works(tmp_path: Path) -> None:
    make_fake_model(tmp_path)
    port = free_port()
    command = ("-m", "twelvelead", "serve", "--port", str(port))
    with served(tmp_path, command=command) as server:
        assert server.address == f"http://127.0.0.1:{port}"
        assert ask(server.address, "/livez").json["status"] == "ok"
        assert "Tiny keras model" in ask(server.address, "/").text


def test_the_registry_that_is_named_is_served(tmp_path: Path) -> None:
    make_fake_model(tmp_path / "named", "mine")
    (tmp_path / "other").mkdir()
    more = ("--models", str(tmp_path / "named"), "--port", str(free_port()))
    with served(tmp_path / "other", command=("-m", "twelvelead", "serve", *more)) as server:
        models = ask(server.address, "/api/v1/models").json["models"]
    assert [model["key"] for model in models] == ["mine"]


def test_a_taken_port_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = serve_once(PORT=port)
    assert done.returncode == 1
    (sentence,) = done.stderr.splitlines()
    assert f"Port {port}" in sentence
    assert "choose another one" in sentence


@pytest.mark.parametrize(
    ("name", "value"), [("THREADS", "many"), ("MODEL_DIR", "x"), ("MODELS_DIR", "/nowhere/at/all")]
)
def test_a_wrong_setting_is_one_sentence_and_no_traceback(name: str, value: str) -> None:
    done = serve_once(PORT=str(free_port()), **{f"TWELVELEAD_{name}": value})
    assert done.returncode != 0
    told = done.stderr + done.stdout
    assert "Traceback" not in told
    assert told.count(f"TWELVELEAD_{name}") == 1


def test_a_wrong_model_to_warm_is_one_sentence_and_no_traceback(tmp_path: Path) -> None:
    done = serve_once(
        PORT=str(free_port()), TWELVELEAD_MODELS_DIR=str(tmp_path), TWELVELEAD_WARM="none_such"
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert done.stderr.count("TWELVELEAD_WARM") == 1


def test_a_broken_model_is_told_at_start_and_the_others_are_served(tmp_path: Path) -> None:
    make_fake_model(tmp_path, "good")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "model.toml").write_text("title = 1\n", encoding="utf-8")
    with served(tmp_path, FAKE) as server:
        found = ask(server.address, PREDICTIONS, large_form(PAGE, ALL))
        said = "".join(server.end())
    assert [one["model"] for one in found.json["predictions"]] == ["good"]
    assert "The model bad is unavailable: bad/model.toml" in said


@pytest.mark.parametrize(
    ("host", "warned"),
    [("127.0.0.1", False), ("localhost", False), ("0.0.0.0", True)],  # noqa: S104 - it is what is warned of
)
def test_who_serves_more_than_this_machine_is_warned_in_one_sentence(
    tmp_path: Path, host: str, warned: bool
) -> None:
    make_fake_model(tmp_path)
    command = ("-m", "twelvelead", "serve", "--host", host, "--port", str(free_port()))
    with served(tmp_path, command=command) as server:
        said = "".join(server.end())
    assert ("plain `serve` is for this machine" in said) is warned
    assert said.count("Warning: ") == warned


def test_a_hundred_first_requests_at_once_load_a_model_once(tmp_path: Path) -> None:
    home = make_fake_model(tmp_path)
    form = large_form(PAGE, ALL)
    settings: dict[str, Any] = {"admitted": 100, "answers_kept": 0, "deadline": PATIENCE}
    with served(tmp_path, FAKE, **settings) as server, ThreadPoolExecutor(100) as pool:
        found = list(pool.map(lambda _: ask(server.address, PREDICTIONS, form), range(100)))
    assert {one.status for one in found} == {200}
    assert {one.json["predictions"][0]["label"] for one in found} == {"abnormal_heartbeat"}
    assert (logged(home, "load"), logged(home, "run")) == (1, 100)


def test_the_server_goes_on_after_what_is_no_page(tmp_path: Path) -> None:
    make_fake_model(tmp_path)
    with served(tmp_path, FAKE) as server:
        for data, status in ((b"", 422), (b"text", 415), (bytes(10_000_001), 413), (PAGE, 200)):
            assert ask(server.address, PREDICTIONS, large_form(data, ALL)).status == status


def test_page_api_and_command_give_the_same_probabilities(models_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.png"
    file.write_bytes(PAGE)
    with served(models_dir) as server:
        told = ask(server.address, PREDICTIONS, large_form(PAGE, ALL))
        page = ask(server.address, "/", large_form(PAGE, ALL))
    command = [
        sys.executable,
        "-m",
        "twelvelead",
        "predict",
        "--json",
        "--models",
        str(models_dir),
        str(file),
    ]
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True, check=True)
    shown = [float(one["width"]) for one in tags(page.text, "rect") if one.get("class") == "fill"]
    shares = re.findall(r"([0-9.]+)&thinsp;%", page.text)
    assert [f"{width:.1f}" for width in shown] == shares
    asked, answered = told.json["predictions"], json.loads(done.stdout)["predictions"]
    assert [one["model"] for one in asked] == ["tiny_keras", "tiny_torch"]
    for place, (one, other) in enumerate(zip(asked, answered, strict=True)):
        assert other["probabilities"] == pytest.approx(one["probabilities"], abs=1e-6)
        widths = shown[4 * place : 4 * place + 4]
        expected = sorted(100 * p for p in one["probabilities"].values())
        assert sorted(widths) == pytest.approx(expected, abs=0.0051)
        assert set(one["probabilities"]) == set(KERAS_LABELS)
