"""The image is small, runs as nobody, starts gunicorn, and agrees with fly.toml and gunicorn.conf.py."""

import json
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from gunicorn.workers.gthread import ThreadWorker

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")


def instructions() -> list[tuple[str, str]]:
    """(instruction, the rest) of each line of the Dockerfile, continuation lines joined."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE).replace("\\\n", " ")
    pairs = (line.strip().partition(" ") for line in text.splitlines() if line.strip())
    return [(word, rest.strip()) for word, _, rest in pairs]


def last_stage() -> list[tuple[str, str]]:
    every = instructions()
    begin = max(place for place, (word, _) in enumerate(every) if word == "FROM")
    return every[begin:]


def told(word: str) -> list[str]:
    return [rest for name, rest in last_stage() if name == word]


def fly() -> dict[str, Any]:
    return tomllib.loads((ROOT / "fly.toml").read_text("utf-8"))


@pytest.fixture
def gunicorn(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.delenv("HOST", raising=False)
    monkeypatch.delenv("PORT", raising=False)
    return runpy.run_path(str(ROOT / "gunicorn.conf.py"))


def seconds(text: str) -> int:
    assert text.endswith("s"), text
    return int(text[:-1])


def test_hadolint_finds_nothing() -> None:
    beside = Path(sys.executable).with_name("hadolint")
    linter = str(beside) if beside.is_file() else shutil.which("hadolint")
    if linter is None:
        pytest.skip("hadolint has no build for this machine")
    done = subprocess.run(
        [linter, ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_it_is_built_in_one_stage_and_served_from_another() -> None:
    froms = [rest for word, rest in instructions() if word == "FROM"]
    assert len(froms) == 2
    assert froms[0].endswith("AS build")
    assert "--from=build /venv /venv" in told("COPY")


def test_the_image_runs_as_a_numbered_user_that_is_not_root() -> None:
    (user,) = told("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_gunicorn_is_the_first_process_and_gets_the_signals() -> None:
    (command,) = told("CMD")
    assert json.loads(command) == ["gunicorn", "--config", "gunicorn.conf.py", "app:create_app()"]


def test_the_health_check_asks_livez() -> None:
    (check,) = told("HEALTHCHECK")
    command = json.loads(check.partition("CMD")[2])
    assert command[0] == "python"
    assert "/livez" in command[-1]


def test_the_ports_agree() -> None:
    environment = " ".join(told("ENV"))
    assert "PORT=8080" in environment
    assert "HOST=0.0.0.0" in environment
    assert told("EXPOSE") == ["8080"]
    assert fly()["http_service"]["internal_port"] == 8080
    assert fly()["env"]["PORT"] == "8080"


def test_it_holds_no_secret() -> None:
    for text in (DOCKERFILE, (ROOT / "fly.toml").read_text("utf-8")):
        assert not re.search(r"secret|password|token|api_?key", text, re.IGNORECASE)


def test_only_what_serves_goes_into_the_image() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*", "everything is left out first"
    named = {rule[1:] for rule in rules if rule.startswith("!")}
    assert named == {
        *("app.py", "ecg", "gunicorn.conf.py", "inference", "LICENSE", "model_registry", "models"),
        *("requirements.lock", "static", "templates", "web"),
    }


def test_the_lock_holds_torch_without_cuda() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / lock).read_text("utf-8")
        assert re.search(r"^torch==2\.13\.0$", text, re.MULTILINE)
        assert not re.search(r"^(nvidia|cuda|triton)", text, re.MULTILINE)


def test_both_locks_name_the_same_versions() -> None:
    served, developed = (
        set((ROOT / lock).read_text("utf-8").splitlines())
        for lock in ("requirements.lock", "requirements-dev.lock")
    )
    assert served <= developed


def test_fly_waits_longer_than_gunicorn_before_it_kills(gunicorn: dict[str, Any]) -> None:
    assert fly()["kill_signal"] == "SIGTERM"
    assert seconds(fly()["kill_timeout"]) > gunicorn["graceful_timeout"]


def test_fly_asks_readyz_and_gives_it_time_to_start() -> None:
    (check,) = fly()["http_service"]["checks"]
    assert check["path"] == "/readyz"
    assert seconds(check["grace_period"]) >= 30


def test_fly_serves_https_only() -> None:
    assert fly()["http_service"]["force_https"] is True


def test_gunicorn_serves_this_machine_only_unless_told(gunicorn: dict[str, Any]) -> None:
    assert gunicorn["bind"] == "127.0.0.1:8080"


def test_gunicorn_runs_one_process_of_threads(gunicorn: dict[str, Any]) -> None:
    assert gunicorn["workers"] == 1
    assert issubclass(gunicorn["worker_class"], ThreadWorker)
    assert gunicorn["preload_app"] is False


def test_gunicorn_opens_no_control_socket_and_logs_no_visits(gunicorn: dict[str, Any]) -> None:
    assert gunicorn["control_socket_disable"] is True
    assert gunicorn["accesslog"] is None


def test_gunicorn_knows_every_setting(gunicorn: dict[str, Any]) -> None:
    from gunicorn.config import Config

    known = Config()
    settings = {key: value for key, value in gunicorn.items() if key in known.settings}
    for key, value in settings.items():
        known.set(key, value)
    assert {"bind", "control_socket_disable", "graceful_timeout", "threads"} <= set(settings)
