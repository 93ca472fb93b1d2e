"""Figures as lines for people; those on beats with tables of classes, records, and what is taken for what."""

from typing import Any

FEW = 30  # beats of a class below which its figures say little


def figures_text(figures: dict[str, Any]) -> str:
    """What `twelvelead evaluate` prints."""
    return _record_text(figures) if "per_record" in figures else _picture_text(figures)


def _picture_text(figures: dict[str, Any]) -> str:
    lines = []
    for name, value in figures.items():
        if isinstance(value, float):
            lines.append(f"{name:<18} {value:.3f}")
        elif isinstance(value, int | str):
            lines.append(f"{name:<18} {value}")
    for label, row in figures["per_class"].items():
        ratios = f"recall {row['recall']:.3f} precision {row['precision']:.3f}"
        lines.append(f"{label:<22} n {row['n']:<4} {ratios}")
    lines += _abstentions(figures)
    if figures.get("seen_in_training"):
        lines.append(
            "These pages were trained on: the figures tell memory, not skill. See --out-of-fold."
        )
    return "\n".join(lines)


def _record_text(figures: dict[str, Any]) -> str:
    lines = [figures["protocol"], *_main(figures), "", *_classes(figures)]
    lines += ["", *_confusion(figures), "", *_records(figures)]
    unread = figures.get("unread", {})
    if unread.get("beats"):
        codes = ", ".join(f"{code} {count}" for code, count in unread["reasons"].items())
        lines += ["", f"{unread['beats']} of these beats get no label when served ({codes});"]
        lines[-1] += f" accuracy of the others {unread['rest'].get('accuracy', float('nan')):.3f}"
    told = _abstentions(figures)
    lines += ["", *told] if told else []
    if "missed" in figures:
        lines += ["", f"{figures['missed']} marked beats were not found; {figures['extra']} places"]
        lines[-1] += " were found where none was marked. Neither is in the figures above."
    return "\n".join(lines)


def _abstentions(figures: dict[str, Any]) -> list[str]:
    """How many answers count, and how many of those, and of all, are right."""
    told = figures.get("abstentions")
    if told is None:
        return []
    left_out, as_wrong = told["left_out"], told["as_wrong"]
    right = f", {left_out['share']:.3f} of those right" if left_out["of"] else ""
    told_of_all = f"{as_wrong['share']:.3f} of all are accepted and right"
    return [f"{told['accepted']} of {told['n']} answers accepted{right}; {told_of_all}"]


def few_words(figures: dict[str, Any]) -> list[str]:
    """A sentence on each class that is nearly absent."""
    return [
        f"{label} is nearly absent here ({row['n']} beats): its figures say nothing."
        if row["n"]
        else f"{label} is absent here."
        for label, row in figures["per_class"].items()
        if row["n"] < FEW
    ]


def _main(figures: dict[str, Any]) -> list[str]:
    lines = [f"{figures['n']} beats of {figures['records']} records"]
    words = {
        "accuracy": "accuracy",
        "balanced_accuracy": "balanced accuracy",
        "macro_f1_nsvf": "macro-F1 over N S V F",
        "macro_f1": "macro-F1 over all",
    }
    for name, title in words.items():
        if name in figures:
            lines.append(f"{title:<22} {figures[name]:.3f}  {_interval(figures, name)}")
    return [*lines, "(95 % intervals: resamples of patients)"]


def _interval(figures: dict[str, Any], name: str) -> str:
    low, high = figures[f"{name}_interval"]
    return f"{low:.3f} - {high:.3f}"


def _classes(figures: dict[str, Any]) -> list[str]:
    width = max(5, *(len(label) for label in figures["labels"]))
    lines = [f"{'class':<{width}}  {'beats':>6}  {'Se':>6}  {'+P':>6}  {'F1':>6}  95 % of F1"]
    for label, row in figures["per_class"].items():
        shares = "  ".join(f"{row[name]:6.3f}" for name in ("recall", "precision", "f1"))
        low, high = row["f1_interval"]
        lines.append(f"{label:<{width}}  {row['n']:>6}  {shares}  {low:.3f} - {high:.3f}")
    return [*lines, *few_words(figures)]


def _confusion(figures: dict[str, Any]) -> list[str]:
    labels = figures["labels"]
    width = max(7, *(len(label) + 2 for label in labels))
    lines = [
        "truth by row, answer by column",
        " " * width + "".join(f"{x:>{width}}" for x in labels),
    ]
    for label, row in zip(labels, figures["confusion"], strict=True):
        lines.append(f"{label:<{width}}" + "".join(f"{count:>{width}}" for count in row))
    return lines


def _records(figures: dict[str, Any]) -> list[str]:
    rows = figures["per_record"]
    shown = [label for label in ("S", "V") if all(label in row for row in rows.values())]
    if not shown:
        return []
    head = "".join(f"{label:>10}{'found':>8}{'false':>8}" for label in shown)
    lines = [f"{'record':<8}{'beats':>7}{head}"]
    for name, row in rows.items():
        cells = "".join(f"{row[c]['n']:>10}{row[c]['found']:>8}{row[c]['false']:>8}" for c in shown)
        lines.append(f"{name:<8}{row['n']:>7}{cells}")
    return lines
