"""Keeps the README's tables equal to what the code and the measurements say: python -m scripts.readme."""

from pathlib import Path
from typing import Any

from model_registry.entry import FRAMEWORK_TITLES
from model_registry.registry import Registry, read_registry
from web.settings import ROOT, settings_table

README = ROOT / "README.md"


def models_table(models: Path) -> str:
    """The shipped models and their held-out figures, a row each, as Markdown."""
    rows = [
        "| key | framework | accuracy | macro-F1 | AUC | recall of infarctions | weights |",
        "|---|---|---|---|---|---|---|",
    ]
    registry = read_registry(models)
    return "\n".join([*rows, *(_row(registry, key) for key in registry)])


def filled(text: str, models: Path) -> str:
    """The README's text with both tables as they are now."""
    for name, table in (("models", models_table(models)), ("settings", settings_table())):
        head, start, rest = text.partition(f"<!-- {name} -->\n")
        _, end, tail = rest.partition(f"<!-- /{name} -->")
        text = f"{head}{start}{table}\n{end}{tail}"
    return text


def _row(registry: Registry, key: str) -> str:
    entry = registry[key]
    size = sum(one.weights.path.stat().st_size for one in registry.networks(key))
    figures: dict[str, Any] = (entry.metrics or {})["cross_validation"]
    infarctions = figures["per_class"]["myocardial_infarction"]
    cells = [
        f"[`{entry.key}`](models/{entry.key}/README.md)",
        FRAMEWORK_TITLES[entry.framework],
        *(_with_interval(figures, name) for name in ("accuracy", "macro_f1", "auc")),
        f"{round(infarctions['recall'] * infarctions['n'])} of {infarctions['n']}",
        f"{size / 1e6:.0f} MB",
    ]
    return f"| {' | '.join(cells)} |"


def _with_interval(figures: dict[str, Any], name: str) -> str:
    low, high = figures[f"{name}_interval"]
    return f"{figures[name]:.3f} ({low:.3f} - {high:.3f})"


if __name__ == "__main__":
    README.write_text(filled(README.read_text(encoding="utf-8"), ROOT / "models"), encoding="utf-8")
