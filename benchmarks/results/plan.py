"""How much is measured: the full run, and the quick one that only shows that all of it works."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BenchPlan:
    """Counts of a run.

    rounds: how often the systems are measured in turn. heavy_rounds: the same for what takes longer
    (six models, growth, overload). serial: requests one at a time. seconds: of throughput at a number
    of clients. entries, clients: what growth is measured over. pages: served before the first and the
    last look. patience: seconds for a system's first answer.
    """

    rounds: int = 5
    heavy_rounds: int = 3
    serial: int = 60
    seconds: float = 10.0
    entries: tuple[int, ...] = (10, 100, 1000)
    pages: tuple[int, int] = (100, 10_000)
    clients: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    patience: float = 180.0


FULL = BenchPlan()
QUICK = BenchPlan(
    rounds=1,
    heavy_rounds=1,
    serial=5,
    seconds=1.0,
    entries=(2, 4),
    pages=(5, 20),
    clients=(1, 8, 64),
)
CLIENTS = 8  # at which throughput is compared
