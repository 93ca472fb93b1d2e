"""All page models at once: the memory that they take, and the time from the start to the first answer."""

import json
from pathlib import Path

from benchmarks.errors import NotMeasured
from benchmarks.measures.speed import Bench
from benchmarks.results.values import Measurement
from benchmarks.setups.pages import write_form
from benchmarks.setups.servers import Running
from benchmarks.setups.systems import flask_demo, networks, twelvelead

ASKS = 3  # requests to each model before the memory counts
SETTLED, FIRST = "memory_all", "first_answer_all"


def measure_memory(bench: Bench) -> None:
    """memory_all (MB) and first_answer_all (s), of Twelvelead and of the Flask demo with the same models."""
    with bench.measurements.noting(SETTLED):
        keys = all_compiled()
        for number in range(bench.plan.heavy_rounds):
            print(f"memory with {len(keys)} models, round {number + 1}", flush=True)
            for system in (twelvelead(bench.page), flask_demo(bench.page, keys)):
                with bench.serving(system) as running:
                    ask_all(running, bench.page, keys)
                    found = {SETTLED: running.memory(), FIRST: running.first_answer}
                for figure, value in found.items():
                    bench.measurements.add(Measurement(system.name, figure, value, number))


def all_compiled() -> list[str]:
    """Keys of all networks. Raises NotMeasured where one is not compiled: Twelvelead would lack it."""
    found = networks()
    stale = [key for key, fresh in found.items() if not fresh]
    if stale:
        raise NotMeasured(f"not compiled: {', '.join(stale)}; run `twelvelead compile --all`")
    return list(found)


def ask_all(running: Running, page: Path, keys: list[str]) -> None:
    """Asks every model some times, one at a time. Raises NotMeasured where one doesn't answer or stay."""
    for key in keys * ASKS:
        form = write_form(page, [key], f"form-{key}.body")
        status, text = running.ask(body=form)
        if status != 200:
            raise NotMeasured(f"{running.system.name} answers {status} for {key}: {text[:200]}")
        if running.system.path.startswith("/api/"):
            running.system.read(text)
    demand_loaded(running, keys)


def demand_loaded(running: Running, keys: list[str]) -> None:
    """Raises NotMeasured where Twelvelead put a model out again: fewer would be in memory than said."""
    if not running.system.path.startswith("/api/"):
        return
    states = model_states(running)
    gone = [key for key in keys if states.get(key) != "ready"]
    if gone:
        raise NotMeasured(f"no longer in memory: {', '.join(gone)}; raise TWELVELEAD_MODEL_MEMORY")


def model_states(running: Running) -> dict[str, str]:
    """Key -> state, as Twelvelead tells it."""
    _, text = running.ask("/api/v1/models")
    return {one["key"]: one["state"] for one in json.loads(text)["models"]}
