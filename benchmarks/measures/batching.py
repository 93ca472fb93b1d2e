"""Whether batches would help: the network alone, a page at a time and eight at once."""

from benchmarks.measures.speed import Bench, run_bare
from benchmarks.results.values import Measurement
from twelvelead.inference.resources.machine import cores

NETWORK = "network alone"


def measure_batching(bench: Bench) -> None:
    """per_second_batch of one process on all cores, at batches of 1 and of 8."""
    for number in range(bench.plan.heavy_rounds):
        print(f"batches, round {number + 1}", flush=True)
        found = run_bare(bench, "--batch", "--threads", str(cores()))
        for size, rate in ((1, found["one"]), (8, found["eight"])):
            bench.measurements.add(Measurement(NETWORK, "per_second_batch", rate, number, size))
