"""More clients than it has room for: what Twelvelead still answers, how fast it refuses, how it recovers."""

import threading
import time
from http.client import HTTPException
from typing import Self

from benchmarks.errors import NotMeasured
from benchmarks.measures.load import Load, middle_ms, percentile_ms, send
from benchmarks.measures.speed import Bench, load_for, warm
from benchmarks.results.values import Measurement
from benchmarks.setups.servers import Running
from benchmarks.setups.systems import TWELVELEAD, twelvelead

CLIENTS = 64
EVERY = 0.1  # s between two looks at /livez
PERCENT = 95  # of refusals and of looks that a figure covers
RECOVERY = 2.0  # s after the last request of the overload
PEAK = (2, 4, 8, 16)  # numbers of clients, the best of which is the peak
LOOKS = 20  # requests one at a time, before the overload and after it


class HealthProbe:
    """Asks /livez again and again beside the load; `seconds` of each answer, `failures` counted."""

    def __init__(self, running: Running) -> None:
        self.seconds: list[float] = []
        self.failures = 0
        self._running = running
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(EVERY):
            started = time.perf_counter()
            try:
                status, _ = self._running.ask("/livez")
            except (OSError, HTTPException):
                status = 0
            if status == 200:
                self.seconds.append(time.perf_counter() - started)
            else:
                self.failures += 1


def measure_overload(bench: Bench) -> None:
    """peak and goodput, livez_ms and livez_worst_ms, refused_ms and refused (share), before_ms, after_ms."""
    system = twelvelead(bench.page)
    for number in range(bench.plan.heavy_rounds):
        print(f"overload by {CLIENTS} clients, round {number + 1}", flush=True)
        with bench.measurements.noting("overload"), bench.serving(system) as running:
            warm(running)
            seconds = bench.plan.seconds
            rates = [load_for(running, seconds, clients).per_second for clients in PEAK]
            found = {"before_ms": alone(running), "peak": max(rates)}
            with HealthProbe(running) as probe:
                load = load_for(running, seconds, CLIENTS)
            time.sleep(RECOVERY)
            found |= {"after_ms": alone(running)} | told(load, probe)
            for figure, value in found.items():
                bench.measurements.add(Measurement(TWELVELEAD, figure, value, number))


def told(load: Load, probe: HealthProbe) -> dict[str, float]:
    """The figures of one overload. Raises NotMeasured where /livez or a request got no answer."""
    if probe.failures:
        raise NotMeasured(f"/livez failed {probe.failures} times under overload")
    lost = load.sent - len(load.times(200)) - len(load.times(503))
    if lost:
        raise NotMeasured(f"{lost} of {load.sent} requests got neither an answer nor a refusal")
    found = {
        "goodput": load.per_second,
        "refused": len(load.times(503)) / load.sent,
        "livez_ms": percentile_ms(probe.seconds, PERCENT),
        "livez_worst_ms": 1000 * max(probe.seconds),
    }
    if load.times(503):
        found["refused_ms"] = percentile_ms(load.times(503), PERCENT)
    return found


def alone(running: Running) -> float:
    """The median of a request at a time, in milliseconds."""
    return middle_ms(send(running.address, running.system.body, LOOKS, 1).demand_all().times(200))
