"""Keeps the README's tables equal to what the code and the measurements say: python -m scripts.readme."""

from pathlib import Path
from typing import Any

from model_registry.entry import FRAMEWORK_TITLES
from model_registry.registry import Registry, read_registry
from twelvelead.project import CHECKOUT
from twelvelead.web.server.settings import settings_table

README = CHECKOUT / "README.md"


def models_table(models: Path) -> str:
    """The shipped models of pages and their held-out figures, a row each, as Markdown."""
    rows = [
        "| key | framework | accuracy | macro-F1 | AUC | recall of infarctions | weights |",
        "|---|---|---|---|---|---|---|",
    ]
    registry = read_registry(models)
    pages = [key for key in registry if registry[key].task.subject == "page"]
    return "\n".join([*rows, *(_row(registry, key) for key in pages)])


def beats_table(models: Path) -> str:
    """The shipped models of beats, the same; F1 of each class, where there are beats of it."""
    rows = [
        "| key | framework | accuracy | macro-F1 | F1 by class | weights |",
        "|---|---|---|---|---|---|",
    ]
    registry = read_registry(models)
    beats = [key for key in registry if registry[key].task.subject == "beat"]
    return "\n".join([*rows, *(_beat_row(registry, key) for key in beats)])


def filled(text: str, models: Path) -> str:
    """The README's text with its tables as they are now."""
    tables = {
        "models": models_table(models),
        "beats": beats_table(models),
        "settings": settings_table(),
    }
    for name, table in tables.items():
        head, start, rest = text.partition(f"<!-- {name} -->\n")
        _, end, tail = rest.partition(f"<!-- /{name} -->")
        text = f"{head}{start}{table}\n{end}{tail}"
    return text


def _row(registry: Registry, key: str) -> str:
    entry = registry[key]
    figures: dict[str, Any] = (entry.metrics or {})["cross_validation"]
    infarctions = figures["per_class"]["myocardial_infarction"]
    cells = [
        f"[`{entry.key}`](models/{entry.key}/README.md)",
        FRAMEWORK_TITLES[entry.framework],
        *(_with_interval(figures, name) for name in ("accuracy", "macro_f1", "auc")),
        f"{round(infarctions['recall'] * infarctions['n'])} of {infarctions['n']}",
        _megabytes(registry, key),
    ]
    return f"| {' | '.join(cells)} |"


def _beat_row(registry: Registry, key: str) -> str:
    entry = registry[key]
    figures: dict[str, Any] = (entry.metrics or {})["cross_validation"]
    told = [f"{label} {row['f1']:.2f}" for label, row in figures["per_class"].items() if row["n"]]
    cells = [
        f"[`{entry.key}`](models/{entry.key}/README.md)",
        FRAMEWORK_TITLES[entry.framework],
        *(_with_interval(figures, name) for name in ("accuracy", "macro_f1")),
        ", ".join(told).replace("_", " "),
        _megabytes(registry, key),
    ]
    return f"| {' | '.join(cells)} |"


def _megabytes(registry: Registry, key: str) -> str:
    size = sum(one.weights.path.stat().st_size for one in registry.networks(key))
    return f"{size / 1e6:.0f} MB" if size >= 1e6 else f"{size / 1e6:.1f} MB"


def _with_interval(figures: dict[str, Any], name: str) -> str:
    low, high = figures[f"{name}_interval"]
    return f"{figures[name]:.3f} ({low:.3f} - {high:.3f})"


if __name__ == "__main__":
    README.write_text(
        filled(README.read_text(encoding="utf-8"), CHECKOUT / "models"), encoding="utf-8"
    )
