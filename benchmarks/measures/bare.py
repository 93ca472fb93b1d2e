"""The bare loop: decode, prepare, run, in one process or one a core, without any server. The ceiling.

`python -m benchmarks.measures.bare MODEL_FOLDER PAGE --seconds 10 --processes 2` prints JSON. The command
runs in a process of its own, so that nothing else is loaded in it.
"""

import argparse
import json
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.measures.classify import Classifier

WARM = 5  # pages before the clock starts
BATCH = 8
_barrier: Barrier | None = None


def main() -> None:
    """Prints what was measured."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path, help="a compiled model's folder")
    parser.add_argument("page", type=Path)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1, help="compute threads of each process")
    parser.add_argument(
        "--batch", action="store_true", help="run the network alone, batches of 1 and 8"
    )
    options = parser.parse_args()
    measure = measure_batches if options.batch else measure_pages
    print(json.dumps(measure(options)))


def measure_pages(options: argparse.Namespace) -> dict[str, Any]:
    """label, p50_ms of one page, per_second of all processes together."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(options.processes)
    with ProcessPoolExecutor(options.processes, context, _keep, (barrier,)) as pool:
        loops = [pool.submit(loop, options) for _ in range(options.processes)]
        found = [one.result() for one in loops]
    times = [seconds for _, some in found for seconds in some]
    return {
        "label": found[0][0],
        "p50_ms": 1000 * median(times),
        "per_second": sum(len(some) / sum(some) for _, some in found),
    }


def loop(options: argparse.Namespace) -> tuple[str, list[float]]:
    """The label, and the seconds of each page that one process worked on."""
    classifier, data = Classifier(options.folder, options.threads), options.page.read_bytes()
    for _ in range(WARM):
        label = classifier.answer(data)["label"]
    if _barrier is not None:
        _barrier.wait()
    times: list[float] = []
    end = time.perf_counter() + options.seconds
    while (started := time.perf_counter()) < end:
        classifier.answer(data)
        times.append(time.perf_counter() - started)
    return label, times


def measure_batches(options: argparse.Namespace) -> dict[str, Any]:
    """one, eight: pages per second of the network alone, on all threads, in batches of 1 and of 8."""
    classifier = Classifier(options.folder, options.threads)
    one = np.zeros((1, *classifier.entry.preprocessing.shape), np.float32)
    rates = {}
    for name, batch in (("one", one), ("eight", one.repeat(BATCH, axis=0))):
        classifier.run(batch)
        done, started = 0, time.perf_counter()
        while time.perf_counter() - started < options.seconds:
            classifier.run(batch)
            done += len(batch)
        rates[name] = done / (time.perf_counter() - started)
    return rates


def _keep(barrier: Barrier) -> None:
    """Gives a process of the pool the barrier at which all of them start together."""
    global _barrier  # noqa: PLW0603 - an initializer has no other way
    _barrier = barrier


if __name__ == "__main__":
    main()
