"""Which figures are set beside each other, and what they should keep to."""

from benchmarks.results.plan import CLIENTS, BenchPlan
from benchmarks.results.tables import PlannedRow, Side, Target
from benchmarks.setups.systems import BARE, BENTOML, FLASK, LITSERVE, MLSERVER, TWELVELEAD

FLAT = Target("<=", 1.1)  # what "does not grow" means
SAME = Target(">=", 0.9)
AT_ONCE = f"pages/s at {CLIENTS} clients"
SERVERS = (LITSERVE, BENTOML, MLSERVER)


def comparisons(plan: BenchPlan, models: int) -> list[PlannedRow]:
    """All rows, in order. models: how many are loaded where all are."""
    return [*_speed(), *_all_models(models), *_images(), *_growth(plan), *_overload(), *_batching()]


def _speed() -> list[PlannedRow]:
    alone = PlannedRow(
        what="one request at a time, median",
        unit="ms",
        ours=Side(TWELVELEAD, "p50_ms"),
        part="speed",
        other=Side(BARE, "p50_ms"),
        against="bare loop in one process",
        target=Target("<=", 1.25),
    )
    against = {
        BARE: ("bare loop, a process a core", Target(">=", 0.85)),
        FLASK: ("Flask demo, `model.predict` of Keras", Target(">=", 6.0)),
    } | {name: (name, Target(">=", 1.5)) for name in SERVERS}
    ours = Side(TWELVELEAD, "per_second")
    return [alone] + [
        PlannedRow(AT_ONCE, "/s", ours, "speed", Side(name, "per_second"), told, target)
        for name, (told, target) in against.items()
    ]


def _all_models(models: int) -> list[PlannedRow]:
    def beside(what: str, unit: str, figure: str) -> PlannedRow:
        ours, other = Side(TWELVELEAD, figure), Side(FLASK, figure)
        against = f"Flask demo with the same {models} models"
        if figure == "first_answer":
            against = "Flask demo with one model"
        return PlannedRow(what, unit, ours, "memory_all", other, against)

    kept = beside(f"memory with {models} models loaded", "MB", "memory_all")
    started = beside(f"start to first answer, {models} models registered", "s", "first_answer_all")
    one = beside("start to first answer, the demo with one model only", "s", "first_answer")
    return [_with(kept, Target("<=", 0.35)), _with(started, Target("<=", 0.3)), one]


def _images() -> list[PlannedRow]:
    slim, full = Side("slim", "image_mb"), Side("full", "image_mb")
    what, part = "slim image with models, uncompressed", "image_mb"
    return [
        PlannedRow(what, "MB", slim, part, full, "full image", Target("<=", 0.25)),
        PlannedRow(what, "MB", slim, part, target=Target("<=", 700)),
    ]


def _growth(plan: BenchPlan) -> list[PlannedRow]:
    few, many = plan.entries[0], plan.entries[-1]
    first, last = plan.pages
    least, most = min(plan.clients), max(plan.clients)
    told = {
        "entries": (f"{few} to {many} registered models", few, many),
        "pages": (f"{first} to {last} pages served", first, last),
        "clients": (f"{least} to {most} clients", least, most),
    }
    figures = {
        "first_answer_entries": ("start to first answer", "s", FLAT),
        "memory_entries": ("memory", "MB", FLAT),
        "per_second_entries": (AT_ONCE, "/s", SAME),
        "memory_pages": ("memory", "MB", FLAT),
        "per_second_pages": (AT_ONCE, "/s", SAME),
        "memory_clients": ("memory", "MB", FLAT),
    }
    rows = []
    for figure, (what, unit, target) in figures.items():
        part = figure.rpartition("_")[2]
        span, start, end = told[part]
        ours, other = Side(TWELVELEAD, figure, end), Side(TWELVELEAD, figure, start)
        against = f"itself at {start}"
        rows.append(PlannedRow(f"{what}, {span}", unit, ours, part, other, against, target))
    at_most = Side(TWELVELEAD, "per_second_clients", most)
    usual = Side(TWELVELEAD, "per_second_clients", CLIENTS)
    what = f"pages/s, {most} clients"
    return [
        *rows,
        PlannedRow(what, "/s", at_most, "clients", usual, f"itself at {CLIENTS} clients", SAME),
    ]


def _overload() -> list[PlannedRow]:
    def own(what: str, unit: str, figure: str, target: Target | None = None) -> PlannedRow:
        return PlannedRow(what, unit, Side(TWELVELEAD, figure), "overload", target=target)

    good = own("overload by 64 clients: pages answered", "/s", "goodput")
    after = own("2 s after the overload: median of one request at a time", "ms", "after_ms")
    return [
        _beside(good, "peak", "its best with fewer clients", Target(">=", 0.8)),
        own("overload: `/livez`, 95 of 100 within", "ms", "livez_ms", Target("<=", 50)),
        own("overload: `/livez`, worst", "ms", "livez_worst_ms"),
        own("overload: refusals (503), 95 of 100 within", "ms", "refused_ms", Target("<=", 100)),
        own("overload: requests refused", "%", "refused"),
        _beside(after, "before_ms", "itself before", Target("<=", 1.25)),
    ]


def _batching() -> list[PlannedRow]:
    one, eight = (Side("network alone", "per_second_batch", size) for size in (1, 8))
    what = "network alone, batches of 8"
    return [PlannedRow(what, "/s", eight, "batching", one, "batches of 1")]


def _with(row: PlannedRow, target: Target) -> PlannedRow:
    return PlannedRow(row.what, row.unit, row.ours, row.part, row.other, row.against, target)


def _beside(row: PlannedRow, figure: str, against: str, target: Target) -> PlannedRow:
    other = Side(TWELVELEAD, figure)
    return PlannedRow(row.what, row.unit, row.ours, row.part, other, against, target)
