"""The tables of docs/calibration.md, from what models were measured: python -m .. models"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from model_registry.registry import read_registry

Metrics = Mapping[str, Any]


def tables(models: Path) -> Iterator[str]:
    """Each table in Markdown, the best model first: those of pages, then two of models of beats."""
    entries = read_registry(models).values()
    for subject, wanted in (("page", ROWS), ("beat", dict(list(ROWS.items())[:2]))):
        known = {one.key: dict(one.metrics or {}) for one in entries if one.task.subject == subject}
        measured = {key: one for key, one in known.items() if "after" in one.get("calibration", {})}
        ranked = sorted(measured, key=lambda key: known[key]["calibration"]["after"]["log_loss"])
        for heading, row in wanted.items():
            lines = [line for key in ranked for line in row(key, measured[key])]
            columns = heading.count("|") - 1
            yield "\n".join([heading, "|" + "---|" * columns, *lines])


def _scores(key: str, metrics: Metrics) -> list[str]:
    found = metrics["calibration"]
    before, after = found["before"], found["after"]
    cells = (
        f"{before[name]:.{digits}f} | {after[name]:.{digits}f}"
        for name, digits in (("ece", 3), ("brier", 3), ("log_loss", 3))
    )
    return [f"| `{key}` | {found['temperature']:.3f} | {' | '.join(cells)} |"]


def _decisions(key: str, metrics: Metrics) -> list[str]:
    found = metrics["calibration"]
    if not found["accepts"]:
        return [f"| `{key}` | never | | | 0.0 % | - | 0.0 % |"]
    shares = (found["aim"], found["accepted_share"], found["accepted_right"])
    cells = (f"{100 * one:.1f} %" for one in (*shares, found["three_ways"]["as_wrong"]["share"]))
    never = ", ".join(f"`{label}`" for label in found["never"])
    return [f"| `{key}` | {found['accept_from']:.3f} | {never} | {' | '.join(cells)} |"]


def _sets(key: str, metrics: Metrics) -> list[str]:
    sets = metrics["calibration"]["sets"]
    if sets is None:
        return []
    cells = (
        f"{row['coverage']:.3f} ({row['size']:.2f})"
        for _, row in sorted(sets["per_class"].items(), key=lambda item: -item[1]["n"])
    )
    return [
        f"| `{key}` | {' | '.join(cells)} | {sets['size']:.2f} | {100 * sets['single']:.0f} % |"
    ]


def _risks(key: str, metrics: Metrics) -> list[str]:
    curve = metrics["cross_validation"]["risk_coverage"]
    cells = (
        f"{100 * next(row['risk'] for row in curve['table'][::-1] if row['coverage'] >= at):.1f} %"
        for at in (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.3)
    )
    return [f"| `{key}` | {curve['aurc']:.4f} | {' | '.join(cells)} |"]


def _three_by_two(key: str, metrics: Metrics) -> list[str]:
    found = metrics["calibration"]
    if not found["accepts"]:
        return []
    return [
        f"| `{key}` | `{label}` | {_pair(row['named'])} | {_pair(row['uncertain'])} | "
        f"{_pair(row['named_otherwise'])} | {row['sensitivity']['share']:.3f} | "
        f"{row['specificity']['share']:.3f} |"
        for label, row in found["three_ways"]["intention_to_diagnose"].items()
    ]


def _pair(counts: list[int]) -> str:
    return f"{counts[0]} / {counts[1]}"


ROWS: Mapping[str, Callable[[str, Metrics], list[str]]] = {
    "| model | temperature | ECE before | after | Brier before | after | log loss before | after |": (
        _scores
    ),
    "| model | accepted from | but never | asked for | accepted | of those right | right of all |": (
        _decisions
    ),
    "| model | abnormal heartbeat | normal | old infarction | infarction | classes a set | of one |": (
        _sets
    ),
    "| model | AURC | all | 90 % | 80 % | 70 % | 60 % | 50 % | 30 % |": _risks,
    "| model | class | so named | uncertain | named otherwise | sensitivity | specificity |": (
        _three_by_two
    ),
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("models", type=Path, help="folder of models")
    print("\n\n".join(tables(parser.parse_args().models)))
