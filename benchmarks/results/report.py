"""What a run leaves: results.json, README.md and the picture, each written in full or not at all."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from benchmarks.measures.memory import ASKS
from benchmarks.measures.speed import LOAD_COST
from benchmarks.results.facts import Facts
from benchmarks.results.picture import draw_picture
from benchmarks.results.plan import CLIENTS, BenchPlan
from benchmarks.results.rows import comparisons
from benchmarks.results.tables import MeasuredRow, make_row, outcome, table
from benchmarks.results.values import Measurements

TEMPLATE = Path(__file__).with_name("readme.md.jinja")
RESULTS, README, PICTURE = "results.json", "README.md", "results.svg"


@dataclass(frozen=True)
class Run:
    """One run of the benchmark. models: keys of those that were loaded together; kilobytes: of the page."""

    plan: BenchPlan
    facts: Facts
    measurements: Measurements
    models: tuple[str, ...]
    kilobytes: int
    quick: bool = False

    @property
    def rows(self) -> list[MeasuredRow]:
        """The table's."""
        return [
            make_row(one, self.measurements) for one in comparisons(self.plan, len(self.models))
        ]


def write_report(run: Run, folder: Path) -> list[Path]:
    """Writes the three files into `folder`. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    results = json.dumps(as_json(run), indent=1, allow_nan=False) + "\n"
    return [
        _write(folder / RESULTS, results),
        draw_picture(run.measurements, folder / PICTURE),
        _write(folder / README, readme(run)),
    ]


def readme(run: Run) -> str:
    """The page for people."""
    environment = Environment(  # noqa: S701 - Markdown
        undefined=StrictUndefined, keep_trailing_newline=True
    )
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    costs = [one.value for one in run.measurements.values if one.figure == LOAD_COST]
    return template.render(
        facts=run.facts,
        plan=run.plan,
        quick=run.quick,
        table=table(run.rows),
        picture=PICTURE,
        cost=max(costs, default=0.0),
        clients=CLIENTS,
        kilobytes=run.kilobytes,
        models=run.models,
        asks=ASKS,
    )


def as_json(run: Run) -> dict[str, Any]:
    """All that was measured, and the table's rows."""
    return {
        "facts": run.facts.as_json(),
        "quick": run.quick,
        "plan": asdict(run.plan),
        "models": list(run.models),
        "rows": [_row(row) for row in run.rows],
        "missing": run.measurements.missing,
        "samples": [asdict(one) for one in run.measurements.values],
    }


def _row(row: MeasuredRow) -> dict[str, Any]:
    told = asdict(row)
    comparison: dict[str, Any] = told.pop("comparison")
    return comparison | told | {"outcome": outcome(row)}


def _write(file: Path, text: str) -> Path:
    part = file.with_name(f"{file.name}.part")
    part.write_text(text, encoding="utf-8")
    return part.replace(file)
