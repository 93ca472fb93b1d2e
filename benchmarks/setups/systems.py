"""The systems that are compared, and how each is started: Twelvelead, the usual demo, three servers."""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.errors import BenchmarkError, NotMeasured
from benchmarks.setups.pages import write_form, write_inference
from benchmarks.setups.peers import HERE, install
from benchmarks.setups.servers import HOST, BenchSystem, free_port
from model_registry.entry import ModelEntry
from model_registry.registry import read_registry
from twelvelead.inference.compilation.compiled import freshness
from twelvelead.inference.resources.machine import cores
from twelvelead.web.server.settings import TABLE

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "models"
MODEL = "mobilenetv2"
FRAMEWORK_FREE = "onnxruntime"  # with which the name of a compiled model's runtime begins
# What else would be measured: answers kept for a page that was asked about before, a native runtime
SETTINGS = {"TWELVELEAD_ANSWERS_KEPT": "0", "TWELVELEAD_RUNTIME": "onnx"}
BARE, TWELVELEAD, FLASK = "bare loop", "Twelvelead", "Flask demo"
LITSERVE, BENTOML, MLSERVER = "LitServe", "BentoML", "MLServer"
PEERS = (FLASK, LITSERVE, BENTOML, MLSERVER)


def check_settings(known: Mapping[str, object] = TABLE) -> None:
    """Raises BenchmarkError where this Twelvelead can't be told what the comparison rests on."""
    for name in SETTINGS:
        if name not in known:
            raise BenchmarkError(f"There is no setting {name}: what is measured would be a cache.")


def networks(folder: Path = MODELS) -> dict[str, bool]:
    """Key of each network of a registry -> whether it is compiled as it is now.

    Raises BenchmarkError where MODEL, which all systems are asked about, isn't.
    """
    entries = [one for one in read_registry(folder).values() if isinstance(one, ModelEntry)]
    found = {entry.key: freshness(entry) == "fresh" for entry in entries}
    if not found.get(MODEL):
        raise BenchmarkError(f"{MODEL} is not compiled: run `twelvelead compile {MODEL}`.")
    return found


def twelvelead(page: Path, keys: Sequence[str] = (MODEL,), registry: Path = MODELS) -> BenchSystem:
    """Twelvelead as `twelvelead serve` starts it, asked for the models `keys` of one page."""

    def command(port: int) -> list[str]:
        where = ["--host", HOST, "--port", str(port)]
        return [sys.executable, "-m", "twelvelead", "serve", *where, "--models", str(registry)]

    body = write_form(page, keys, f"twelvelead-{len(keys)}.body")
    environment = {**SETTINGS, "PYTHONPATH": str(ROOT)}
    return BenchSystem(
        TWELVELEAD, command, ROOT, "/api/v1/predictions", body, read_answer, environment
    )


def flask_demo(page: Path, keys: Sequence[str] = (MODEL,)) -> BenchSystem:
    """The usual Flask demo with the models `keys`, in gunicorn's one sync worker."""

    def command(port: int) -> list[str]:
        return [
            sys.executable,
            "-m",
            "gunicorn",
            "--no-control-socket",
            "--bind",
            f"{HOST}:{port}",
            "app:app",
        ]

    environment = {
        **_paths(),
        "BENCH_MODELS": os.pathsep.join(str(MODELS / key) for key in keys),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    body = write_form(page, [MODEL], "form.body")
    return BenchSystem(FLASK, command, HERE / "flask", "/predict", body, read_label, environment)


def litserve(page: Path, build: Path) -> BenchSystem:
    """LitServe, a worker a core."""
    python = str(install("litserve", build))
    body = write_form(page, [MODEL], "form.body")
    script = str(HERE / "litserve" / "server.py")
    return BenchSystem(
        LITSERVE, lambda _: [python, script], build, "/predict", body, read_label, _paths()
    )


def bentoml(page: Path, build: Path) -> BenchSystem:
    """BentoML, a worker a core."""
    python = install("bentoml", build)

    def command(port: int) -> list[str]:
        program = [str(python.with_name("bentoml")), "serve", "service:PageService"]
        return [*program, "--working-dir", ".", "--host", HOST, "--port", str(port)]

    environment = {**_paths(), "BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": str(build / "home")}
    body = write_form(page, [MODEL], "form.body")
    return BenchSystem(
        BENTOML, command, HERE / "bentoml", "/classify", body, read_label, environment
    )


def mlserver(page: Path, build: Path) -> BenchSystem:
    """MLServer, an inference worker a core."""
    program = str(install("mlserver", build).with_name("mlserver"))

    def ports(port: int) -> dict[str, str]:
        others = {"MLSERVER_GRPC_PORT": free_port(), "MLSERVER_METRICS_PORT": free_port()}
        return {"MLSERVER_HTTP_PORT": str(port)} | {k: str(v) for k, v in others.items()}

    environment = {
        **_paths(),
        "MLSERVER_HOST": HOST,
        "MLSERVER_DEBUG": "false",
        "MLSERVER_PARALLEL_WORKERS": str(cores()),
    }
    return BenchSystem(
        MLSERVER,
        lambda _: [program, "start", "."],
        HERE / "mlserver",
        "/v2/models/page/infer",
        write_inference(page, "inference.body"),
        read_inference,
        environment,
        ports,
    )


def make_peer(name: str, page: Path, build: Path) -> BenchSystem:
    """A peer by its name, installed. Raises NotMeasured where it can't be."""
    makers: dict[str, Callable[[], BenchSystem]] = {
        FLASK: lambda: flask_demo(page),
        LITSERVE: lambda: litserve(page, build),
        BENTOML: lambda: bentoml(page, build),
        MLSERVER: lambda: mlserver(page, build),
    }
    return makers[name]()


def read_answer(text: str) -> str:
    """The likeliest label of Twelvelead's first answer. Raises NotMeasured where another runtime ran."""
    told = json.loads(text)
    for one in told["predictions"]:
        if not one["runtime"].startswith(FRAMEWORK_FREE):
            raise NotMeasured(f"the model {one['model']} ran on {one['runtime']}, not compiled")
    if told["failures"]:
        raise NotMeasured(f"some models failed: {told['failures']}")
    shares: dict[str, float] = told["predictions"][0]["probabilities"]
    return max(shares, key=lambda label: shares[label])


def read_label(text: str) -> str:
    """The label of an answer that all but MLServer give."""
    return str(json.loads(text)["label"])


def read_inference(text: str) -> str:
    """The label of an answer in the V2 protocol."""
    return str(json.loads(text)["outputs"][0]["data"][0])


def _paths() -> dict[str, str]:
    """What every peer is told: where our code and the model are, how many workers it may have."""
    return {
        "PYTHONPATH": str(ROOT),
        "BENCH_MODEL": str(MODELS / MODEL),
        "BENCH_WORKERS": str(cores()),
    }
