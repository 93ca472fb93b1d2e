"""One page at a time and eight at once: Twelvelead, the bare loop and the peers, in turn, again and again."""

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchmarkError, NotMeasured
from benchmarks.measures.load import Load, middle_ms, send
from benchmarks.results.plan import CLIENTS, BenchPlan
from benchmarks.results.values import Measurement, Measurements
from benchmarks.setups.servers import BenchSystem, Running, serving
from benchmarks.setups.systems import BARE, MODEL, MODELS
from tests.support.project import ROOT
from twelvelead.inference.resources.machine import cores

WARM = 2 * CLIENTS  # requests before the clock starts
LOAD_COST = "load_cost"


@dataclass(frozen=True)
class Bench:
    """What every part of the benchmark works with. build: where it keeps its files."""

    plan: BenchPlan
    build: Path
    page: Path
    measurements: Measurements

    def serving(self, system: BenchSystem) -> AbstractContextManager[Running]:
        """A context in which a system runs."""
        return serving(system, self.build, self.plan.patience)


def measure_speed(bench: Bench, systems: Mapping[str, BenchSystem]) -> None:
    """p50_ms and per_second of each, first_answer of those that serve. One that fails is left out then."""
    label = measure_bare(bench, 0)
    for number in range(bench.plan.rounds):
        print(f"speed, round {number + 1} of {bench.plan.rounds}", flush=True)
        if number:
            measure_bare(bench, number)
        for name, system in systems.items():
            if name not in bench.measurements.missing:
                with bench.measurements.noting(name):
                    measure_server(bench, system, (number, label))


def measure_bare(bench: Bench, number: int) -> str:
    """Measures the bare loop in one process and in one a core; the page's label."""
    alone = run_bare(bench, "--processes", "1")
    full = run_bare(bench, "--processes", str(cores()))
    bench.measurements.add(Measurement(BARE, "p50_ms", alone["p50_ms"], number))
    bench.measurements.add(Measurement(BARE, "per_second", full["per_second"], number))
    return str(alone["label"])


def run_bare(bench: Bench, *options: str) -> dict[str, Any]:
    """What `benchmarks.measures.bare` measured, in a process of its own. Raises BenchmarkError."""
    given = [str(MODELS / MODEL), str(bench.page), "--seconds", str(bench.plan.seconds), *options]
    command = [sys.executable, "-m", "benchmarks.measures.bare", *given]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkError(f"The bare loop failed: {done.stderr.strip().splitlines()[-1]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure_server(bench: Bench, system: BenchSystem, place: tuple[int, str]) -> None:
    """One round of one system. place: the round and the label that it must give. Raises NotMeasured."""
    number, label = place
    with bench.serving(system) as running:
        check_label(running, label)
        warm(running)
        alone = send(running.address, system.body, bench.plan.serial, 1).demand_all()
        full = load_for(running, bench.plan.seconds, CLIENTS).demand_all()
    measured = {
        "first_answer": running.first_answer,
        "p50_ms": middle_ms(alone.times(200)),
        "per_second": full.per_second,
        LOAD_COST: full.cost / full.seconds,
    }
    for figure, value in measured.items():
        bench.measurements.add(Measurement(system.name, figure, value, number))


def check_label(running: Running, label: str) -> None:
    """Raises NotMeasured where a system sees something else in the page than the bare loop does."""
    if running.label != label:
        raise NotMeasured(f"{running.system.name} answers {running.label}, the bare loop {label}")


def warm(running: Running) -> None:
    """Some requests that don't count. Raises NotMeasured where one fails."""
    send(running.address, running.system.body, WARM, CLIENTS).demand_all()


def load_for(running: Running, seconds: float, clients: int) -> Load:
    """As many requests as take about `seconds`, by a short look at how many a second it answers."""
    look = send(running.address, running.system.body, 4 * clients, clients)
    rate = len(look.answers) / look.seconds if look.seconds else 1.0
    return send(running.address, running.system.body, round(rate * seconds), clients)
