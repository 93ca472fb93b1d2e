"""What it costs Twelvelead when more models are registered, more pages served, more clients ask."""

import shutil
from pathlib import Path

from benchmarks.errors import NotMeasured
from benchmarks.measures.load import send
from benchmarks.measures.speed import Bench, load_for, warm
from benchmarks.results.plan import CLIENTS
from benchmarks.results.values import Measurement
from benchmarks.setups.systems import MODEL, MODELS, TWELVELEAD, twelvelead

COPIED = "small_cnn"  # the model that further entries are copies of


def measure_entries(bench: Bench) -> None:
    """first_answer_entries (s), memory_entries (MB), per_second_entries at each number of entries."""
    registries = {n: make_registry(bench.build, n) for n in bench.plan.entries}
    for number in range(bench.plan.heavy_rounds):
        for count, folder in registries.items():
            print(f"{count} registered models, round {number + 1}", flush=True)
            system = twelvelead(bench.page, registry=folder)
            with bench.measurements.noting("entries"), bench.serving(system) as running:
                warm(running)
                found = {
                    "first_answer_entries": running.first_answer,
                    "memory_entries": running.memory(),
                    "per_second_entries": load_for(running, bench.plan.seconds, CLIENTS)
                    .demand_all()
                    .per_second,
                }
                _keep(bench, found, (number, count))


def make_registry(build: Path, count: int) -> Path:
    """A models folder with MODEL and, in folders of other names, the same small model again and again."""
    folder = build / f"registry-{count}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MODEL).symlink_to(MODELS / MODEL, target_is_directory=True)
    for number in range(1, count):
        (folder / f"{COPIED}_{number:04}").symlink_to(MODELS / COPIED, target_is_directory=True)
    return folder


def measure_pages(bench: Bench) -> None:
    """memory_pages (MB) and per_second_pages after a few and after many pages, of one server."""
    few, many = bench.plan.pages
    system = twelvelead(bench.page)
    print(f"{many} pages served", flush=True)
    with bench.measurements.noting("pages"), bench.serving(system) as running:
        served = 0
        for count in (few, many):
            served += send(running.address, system.body, count - served, CLIENTS).demand_all().sent
            memory = running.memory()
            look = load_for(running, bench.plan.seconds, CLIENTS).demand_all()
            served += look.sent
            found = {"memory_pages": memory, "per_second_pages": look.per_second}
            _keep(bench, found, (0, count))


def measure_clients(bench: Bench) -> None:
    """per_second_clients (pages answered) and memory_clients (MB) at each number of clients."""
    system = twelvelead(bench.page)
    for number in range(bench.plan.heavy_rounds):
        print(f"1 to {max(bench.plan.clients)} clients, round {number + 1}", flush=True)
        with bench.measurements.noting("clients"), bench.serving(system) as running:
            warm(running)
            for clients in bench.plan.clients:
                load = load_for(running, bench.plan.seconds, clients)
                if not load.times(200):
                    raise NotMeasured(f"no page was answered with {clients} clients")
                found = {"per_second_clients": load.per_second, "memory_clients": running.memory()}
                _keep(bench, found, (number, clients))


def _keep(bench: Bench, found: dict[str, float], place: tuple[int, int]) -> None:
    """place: the round, and what the figures depend on."""
    for figure, value in found.items():
        bench.measurements.add(Measurement(TWELVELEAD, figure, value, place[0], place[1]))
