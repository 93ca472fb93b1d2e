"""`python -m benchmarks.run`: measures Twelvelead against its peers and writes benchmarks/README.md."""

import argparse
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.measures import batching, growth, images, memory, overload
from benchmarks.measures.load import find_tool
from benchmarks.measures.speed import Bench, measure_speed
from benchmarks.results.facts import read_facts
from benchmarks.results.plan import FULL, QUICK
from benchmarks.results.report import Run, write_report
from benchmarks.results.tables import table
from benchmarks.results.values import Measurements
from benchmarks.setups.pages import draw_page
from benchmarks.setups.servers import BenchSystem
from benchmarks.setups.systems import (
    PEERS,
    ROOT,
    TWELVELEAD,
    check_settings,
    make_peer,
    networks,
    twelvelead,
)
from model_registry.errors import RegistryError

HERE = Path(__file__).parent
BUILD = ROOT / "build" / "bench"
SPEED = "speed"
PARTS: dict[str, Callable[[Bench], None]] = {
    "memory": memory.measure_memory,
    "entries": growth.measure_entries,
    "pages": growth.measure_pages,
    "clients": growth.measure_clients,
    "overload": overload.measure_overload,
    "batching": batching.measure_batching,
    "images": images.measure_images,
}
NAMES = {"".join(name.lower().split()): name for name in PEERS}  # as they are typed


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, writes, prints the table; 1 with a sentence on stderr where nothing can be measured."""
    options = _parser().parse_args(arguments)
    try:
        run = measure(options)
    except (BenchmarkError, RegistryError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("benchmarks: stopped; nothing was written.", file=sys.stderr)
        return 130
    folder = options.to or (BUILD / "partial" if options.quick or options.only else HERE)
    written = write_report(run, folder)
    print(table(run.rows))
    print(f"Written: {', '.join(file.name for file in written)} in {folder}")
    return 0


def measure(options: argparse.Namespace) -> Run:
    """All parts that are asked for. Raises BenchmarkError where they can't be measured."""
    if platform.system() != "Linux":
        raise BenchmarkError("This needs Linux, which tells how much memory a process shares.")
    check_settings()
    find_tool()
    models = networks()
    plan = QUICK if options.quick else FULL
    if options.rounds:
        heavy = min(options.rounds, plan.heavy_rounds)
        plan = replace(plan, rounds=options.rounds, heavy_rounds=heavy)
    page = draw_page(BUILD)
    bench = Bench(plan, BUILD, page, Measurements())
    systems = choose_systems(bench, options.only)
    facts = read_facts(BUILD)
    if wanted(SPEED, options.only) or len(systems) > 1:
        measure_speed(bench, systems)
    for name, part in PARTS.items():
        if wanted(name, options.only):
            part(bench)
    kilobytes = page.stat().st_size // 1000
    return Run(plan, facts, bench.measurements, tuple(models), kilobytes, options.quick)


def choose_systems(bench: Bench, only: Sequence[str]) -> dict[str, BenchSystem]:
    """Twelvelead and the peers that are asked for, installed; what can't be is noted."""
    systems = {TWELVELEAD: twelvelead(bench.page)}
    named = [NAMES[name] for name in only if name in NAMES]
    for name in named or (PEERS if wanted(SPEED, only) else ()):
        with bench.measurements.noting(name):
            systems[name] = make_peer(name, bench.page, bench.build)
    return systems


def wanted(part: str, only: Sequence[str]) -> bool:
    """Whether a part is to be measured."""
    return not only or part in only


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    known = [SPEED, *PARTS, *NAMES]
    parser.add_argument("--quick", action="store_true", help="only show that all of it works")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=known,
        default=[],
        metavar="NAME",
        help=f"parts, or peers for a speed run with them alone: {', '.join(known)}",
    )
    parser.add_argument("--rounds", type=_rounds, default=0, help="5 in a full run")
    parser.add_argument("--to", type=Path, metavar="DIR", help="where the results are written")
    return parser


def _rounds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"rounds are a number from 1 to 100, not {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
