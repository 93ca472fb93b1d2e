"""Dockerfile, nginx.conf.template, fly.toml and gunicorn's settings: each as it should be, and agreed."""

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

from container import supervise
from tests.support.project import ROOT
from twelvelead.inference.resources.machine import Machine
from twelvelead.web.server.capacity import capacity_of
from twelvelead.web.server.settings import Settings

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
TEMPLATE = (ROOT / "container" / "nginx.conf.template").read_text("utf-8")
UPLOADS = (ROOT / "container" / "uploads.lua").read_text("utf-8")
LOCKS = ("requirements-slim.lock", "requirements.lock", "requirements-dev.lock")


def instructions() -> list[tuple[str, str]]:
    """(instruction, the rest) of each line of the Dockerfile, continuation lines joined."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE).replace("\\\n", " ")
    pairs = (line.strip().partition(" ") for line in text.splitlines() if line.strip())
    return [(word, rest.strip()) for word, _, rest in pairs]


def stages() -> dict[str, list[tuple[str, str]]]:
    """The instructions of each stage by its name, FROM first."""
    found: dict[str, list[tuple[str, str]]] = {}
    name = ""
    for word, rest in instructions():
        if word == "FROM":
            name = rest.split()[-1]
            found[name] = []
        if name:
            found[name].append((word, rest))
    return found


def told(word: str, stage: str = "server") -> list[str]:
    return [rest for name, rest in stages()[stage] if name == word]


def fly() -> dict[str, Any]:
    return tomllib.loads((ROOT / "fly.toml").read_text("utf-8"))


def nginx(name: str) -> list[str]:
    """The values of a directive, wherever it stands."""
    return re.findall(rf"^\s*{name}\s+([^;\n]+);", TEMPLATE, re.MULTILINE)


def nginx_seconds(name: str) -> int:
    (text,) = nginx(name)
    return seconds(text)


@pytest.fixture
def gunicorn(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.delenv("HOST", raising=False)
    monkeypatch.delenv("PORT", raising=False)
    return runpy.run_path(str(ROOT / "twelvelead/web/server/gunicorn_conf.py"))


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


def test_slim_is_what_is_built_where_nobody_says() -> None:
    building = ["slim-packages", "full-packages", "app", "slim-app", "server"]
    assert list(stages()) == [*building, "full", "slim"]
    assert fly()["build"] == {"dockerfile": "Dockerfile", "build-target": "slim"}


@pytest.mark.parametrize(("stage", "app"), [("slim", "slim-app"), ("full", "app")])
def test_what_builds_stays_behind(stage: str, app: str) -> None:
    assert told("FROM", stage) == [f"server AS {stage}"]
    assert told("COPY", stage) == [
        f"--from={stage}-packages /venv /venv",
        f"--from={app} /app /app",
    ]
    assert not told("RUN", stage)


def test_the_models_are_compiled_where_the_frameworks_are() -> None:
    assert told("FROM", "app") == ["full-packages AS app"]
    assert any("-m twelvelead compile --all" in run for run in told("RUN", "app"))


def test_the_slim_packages_have_no_framework_and_no_compiler() -> None:
    text = (ROOT / "requirements-slim.lock").read_text("utf-8")
    names = {line.partition("==")[0] for line in text.splitlines()}
    assert {"flask", "gunicorn", "onnxruntime"} <= names
    assert not names & {"tensorflow", "tensorflow-cpu", "keras", "torch", "torchvision"}
    assert not names & {"h5py", "safetensors", "onnx", "onnxscript"}


def test_the_image_runs_as_a_numbered_user_that_is_not_root() -> None:
    (user,) = told("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_tini_is_the_first_process_and_the_supervisor_gets_the_signals() -> None:
    assert json.loads(told("ENTRYPOINT")[0]) == ["tini", "-s", "--"]
    command = ["python", "container/supervise.py", "app:create_app()"]
    assert json.loads(told("CMD")[0]) == command
    assert (ROOT / "container" / "supervise.py").is_file()
    assert any("libnginx-mod-http-lua libnginx-mod-stream nginx tini" in run for run in told("RUN"))


def test_the_health_check_asks_livez() -> None:
    (check,) = told("HEALTHCHECK")
    command = json.loads(check.partition("CMD")[2])
    assert command[0] == "python"
    assert "/livez" in command[-1]


def test_the_ports_agree() -> None:
    environment = " ".join(told("ENV"))
    assert "PORT=8080" in environment
    assert "HOST=0.0.0.0" in environment
    inside = "unix:${RUN_DIR}/http.sock proxy_protocol"
    assert nginx("listen") == ["${HOST}:${PORT} backlog=1024", inside]
    assert told("EXPOSE") == ["8080"]
    assert fly()["http_service"]["internal_port"] == 8080
    assert fly()["env"]["PORT"] == "8080"


def test_nothing_is_written_outside_of_one_folder_in_memory() -> None:
    assert "RUN_DIR=/dev/shm/twelvelead" in " ".join(told("ENV"))
    assert nginx("client_body_temp_path") == [f"${{RUN_DIR}}/{supervise.BODIES}"]
    places = [place for name in ("pid", r"\w+_temp_path") for place in nginx(name)]
    assert len(places) == 6
    assert all(place.startswith("${RUN_DIR}/") for place in places)
    assert nginx("server") == ["unix:${RUN_DIR}/app.sock max_fails=0"]


def test_nginx_keeps_no_addresses_and_tells_no_version() -> None:
    assert nginx("access_log") == ["off"]
    assert nginx("error_log") == ["stderr crit"]
    assert nginx("server_tokens") == ["off"]


def test_nginx_takes_a_request_in_full_before_the_app_hears_of_it() -> None:
    assert nginx("proxy_request_buffering") == ["on"]
    for name in ("client_header_timeout", "client_body_timeout", "send_timeout"):
        assert 5 <= nginx_seconds(name) <= 30
    assert nginx("keepalive_timeout") == ["30s", "0", "0"], "after a refusal it hangs up"


def test_everybody_waits_longer_than_who_stands_behind(gunicorn: dict[str, Any]) -> None:
    ending = supervise.UPLOADS + gunicorn["graceful_timeout"]
    assert gunicorn["graceful_timeout"] < supervise.ENDING
    assert nginx_seconds("proxy_read_timeout") > Settings().deadline
    assert nginx_seconds("worker_shutdown_timeout") >= ending + supervise.SENDING
    assert fly()["kill_signal"] == "SIGTERM"
    assert seconds(fly()["kill_timeout"]) > ending + supervise.SENDING


def test_each_holds_more_requests_than_who_stands_behind(
    tmp_path: Path, gunicorn: dict[str, Any]
) -> None:
    limits = fly()["http_service"]["concurrency"]
    machine = Machine(cores=2, memory=1_000_000_000)  # as the one that fly.toml asks for
    capacity = capacity_of(Settings.from_environment(fly()["env"]), machine)
    most = {kind: int(one) for kind, one in re.findall(r"(\w+) = \{ most = (\d+)", UPLOADS)}
    each = {k: int(n) for k, n in re.findall(r"(\w+) = \{ most = \d+, each = (\d+)", UPLOADS)}
    connections = int(supervise.derive(tmp_path)["CONNECTIONS"])
    assert limits["type"] == "requests"
    assert capacity.admitted <= limits["soft_limit"] < limits["hard_limit"] < most["page"]
    assert capacity.admitted < each["page"] < most["page"]
    assert capacity.recordings <= each["recording"] < most["recording"] < gunicorn["threads"]
    assert most["answer"] < gunicorn["SPARE"], "slow readers leave threads for others"
    assert 4 * sum(most.values()) < connections
    one_client = int(supervise.derive(tmp_path)["EACH"])
    assert 4 * each["page"] < one_client < connections // 4


def test_it_holds_no_secret() -> None:
    for text in (DOCKERFILE, TEMPLATE, (ROOT / "fly.toml").read_text("utf-8")):
        plain = text.replace("server_tokens", "")
        assert not re.search(r"secret|password|token|api_?key", plain, re.IGNORECASE)


def test_only_what_serves_or_compiles_goes_into_the_build() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*", "everything is left out first"
    named = {rule[1:] for rule in rules if rule.startswith("!")}
    assert named == {
        *("app.py", "container", "ecg", "LICENSE"),
        *("model_registry", "models", "static", "templates", "twelvelead"),
        *("requirements.lock", "requirements-slim.lock"),
    }


def test_the_locks_hold_torch_without_cuda() -> None:
    for lock in LOCKS[1:]:
        text = (ROOT / lock).read_text("utf-8")
        assert re.search(r"^torch==2\.13\.0$", text, re.MULTILINE)
        assert not re.search(r"^(nvidia|cuda|triton)", text, re.MULTILINE)


def test_the_locks_name_the_same_versions() -> None:
    slim, full, developed = (set((ROOT / lock).read_text("utf-8").splitlines()) for lock in LOCKS)
    assert slim < full < developed


def test_fly_asks_readyz_and_gives_a_slow_disk_time_to_start() -> None:
    (check,) = fly()["http_service"]["checks"]
    assert check["path"] == "/readyz"
    assert seconds(check["grace_period"]) >= 60


def test_onnx_runtime_tells_its_makers_nothing() -> None:
    assert "ORT_DISABLE_TELEMETRY=1" in " ".join(told("ENV"))


def test_fly_reads_the_metrics() -> None:
    assert fly()["metrics"] == {"port": 8080, "path": "/metrics"}


def test_fly_serves_https_only_and_stops_what_nobody_asks() -> None:
    service = fly()["http_service"]
    assert service["force_https"] is True
    assert (service["auto_stop_machines"], service["auto_start_machines"]) == ("stop", True)
    assert fly()["vm"] == [{"size": "shared-cpu-2x", "memory": "1gb"}]


def test_fly_sets_only_what_the_app_knows() -> None:
    Settings.from_environment(fly()["env"])


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
